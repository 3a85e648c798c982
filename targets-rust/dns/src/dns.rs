//! The two functions of the library: octets in, canonical text out (docs/canonical-text.md).

use std::cmp::min;
use std::sync::{Mutex, MutexGuard};
use std::thread;

use crate::message::{append_message, read_message};
use crate::table::{sightings_in, NameTable};
use crate::text::append_number;
use crate::wire::{reject_text, Octets, ParseError, Reader, RejectKind};

const WORKERS: usize = 3;

/// The messages of a stream, and why it is rejected if its last frame is cut short.
struct Frames<'a> {
    messages: Vec<Octets<'a>>,
    truncated: Option<ParseError>,
}

/// Hands out the messages of a stream to the workers and takes their texts back, in any order.
struct Batch<'a> {
    messages: Vec<Octets<'a>>,
    progress: Mutex<Progress>,
}

struct Progress {
    next: usize,
    texts: Vec<String>,
}

impl<'a> Batch<'a> {
    fn new(messages: Vec<Octets<'a>>) -> Self {
        let texts = vec![String::new(); messages.len()];
        Self {
            messages,
            progress: Mutex::new(Progress { next: 0, texts }),
        }
    }

    /// The index of a message that no worker has taken yet.
    fn take(&self) -> Option<usize> {
        let mut progress = self.lock();
        if progress.next == self.messages.len() {
            return None;
        }
        progress.next += 1;
        Some(progress.next - 1)
    }

    fn message(&self, index: usize) -> Octets<'a> {
        self.messages[index]
    }

    fn finish(&self, index: usize, text: String) {
        self.lock().texts[index] = text;
    }

    fn append_text(&self, out: &mut String) {
        for (i, text) in self.lock().texts.iter().enumerate() {
            out.push_str("message ");
            append_number(i as u64 + 1, out);
            out.push('\n');
            out.push_str(text);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress
            .lock()
            .expect("no worker panicked while it held the batch")
    }
}

fn append_reject(error: ParseError, out: &mut String) {
    out.push_str("reject: ");
    out.push_str(reject_text(error.kind));
    out.push_str(" at ");
    append_number(error.offset as u64, out);
    out.push('\n');
}

// RFC 1035 §4.2.2: two octets of length, then the message.
/// A frame is cut short where its length, or its message, is.
fn read_frame<'a>(reader: &mut Reader<'a>) -> Option<Octets<'a>> {
    let length = reader.u16().ok()?;
    reader.take(usize::from(length)).ok()
}

fn split_frames(stream: Octets) -> Frames {
    let mut frames = Frames {
        messages: Vec::new(),
        truncated: None,
    };
    let mut reader = Reader::new(stream);
    while reader.remaining() > 0 {
        let at = reader.position();
        let Some(message) = read_frame(&mut reader) else {
            frames.truncated = Some(ParseError::new(RejectKind::Truncated, at));
            break;
        };
        frames.messages.push(message);
    }
    frames
}

/// The text of one message; only an accepted message adds to the table.
fn describe_frame(octets: Octets, table: &NameTable) -> String {
    let mut out = String::new();
    match read_message(octets) {
        Ok(message) => {
            append_message(&message, &mut out);
            table.add(sightings_in(&message));
        }
        Err(error) => append_reject(error, &mut out),
    }
    out
}

fn work(batch: &Batch, table: &NameTable) {
    while let Some(index) = batch.take() {
        batch.finish(index, describe_frame(batch.message(index), table));
    }
}

fn run_workers(count: usize, batch: &Batch, table: &NameTable) {
    // Joins at the end of the scope.
    thread::scope(|scope| {
        for _ in 0..count {
            scope.spawn(|| work(batch, table));
        }
    });
}

pub fn describe_message(octets: &[u8]) -> String {
    let mut out = String::new();
    match read_message(octets) {
        Ok(message) => append_message(&message, &mut out),
        Err(error) => append_reject(error, &mut out),
    }
    out
}

pub fn describe_stream(stream: &[u8]) -> String {
    let frames = split_frames(stream);
    let workers = min(WORKERS, frames.messages.len());
    let batch = Batch::new(frames.messages);
    let table = NameTable::new();
    run_workers(workers, &batch, &table);
    let mut out = String::new();
    batch.append_text(&mut out);
    match frames.truncated {
        Some(error) => append_reject(error, &mut out),
        None => table.append_text(&mut out),
    }
    out
}
