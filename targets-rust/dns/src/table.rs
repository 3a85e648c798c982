//! The table of names and types that several threads fill.

use std::sync::{Mutex, MutexGuard};

use crate::message::Message;
use crate::name::lower_text;
use crate::text::append_number;
use crate::types::append_type;

/// What one message adds to the table. It owns its text: the message may go.
#[derive(Default)]
pub struct Sightings {
    names: Vec<String>,
    types: Vec<u16>,
}

/// The counts of 256 types with the same upper octet, by the lower one.
type TypeWindow = [u64; 256];

/// Counts do not depend on the order in which the threads come.
pub struct NameTable {
    counts: Mutex<Counts>,
}

struct Counts {
    names: Vec<String>, // one for each sighting, unsorted
    // By the upper octet of the type; a window is made when first needed, and few ever are.
    windows: [Option<Box<TypeWindow>>; 256],
}

struct NameCount {
    name: String,
    count: u64,
}

struct TypeCount {
    record_type: u16,
    count: u64,
}

/// Sorts, then makes one entry of each run of equal names.
fn count_names(mut names: Vec<String>) -> Vec<NameCount> {
    names.sort_unstable();
    let mut counts: Vec<NameCount> = Vec::new();
    for name in names {
        match counts.last_mut() {
            Some(last) if last.name == name => last.count += 1,
            _ => counts.push(NameCount { name, count: 1 }),
        }
    }
    counts
}

fn collect_types(upper: usize, window: &TypeWindow, counts: &mut Vec<TypeCount>) {
    for (lower, &count) in window.iter().enumerate() {
        if count == 0 {
            continue;
        }
        counts.push(TypeCount {
            record_type: (upper << 8 | lower) as u16,
            count,
        });
    }
}

fn append_name_counts(counts: &[NameCount], out: &mut String) {
    out.push_str("names ");
    append_number(counts.len() as u64, out);
    out.push('\n');
    for entry in counts {
        out.push_str(&entry.name);
        out.push(' ');
        append_number(entry.count, out);
        out.push('\n');
    }
}

fn append_type_counts(counts: &[TypeCount], out: &mut String) {
    out.push_str("types ");
    append_number(counts.len() as u64, out);
    out.push('\n');
    for entry in counts {
        append_type(entry.record_type, out);
        out.push(' ');
        append_number(entry.count, out);
        out.push('\n');
    }
}

pub fn sightings_in(message: &Message) -> Sightings {
    let mut sightings = Sightings::default();
    for question in &message.questions {
        sightings.names.push(lower_text(&question.name));
    }
    for section in &message.sections {
        for record in section {
            sightings.names.push(lower_text(&record.owner));
            sightings.types.push(record.record_type);
        }
    }
    sightings
}

impl NameTable {
    pub fn new() -> Self {
        let windows = [const { None }; 256];
        Self {
            counts: Mutex::new(Counts {
                names: Vec::new(),
                windows,
            }),
        }
    }

    /// Takes over the names of one message, in one step under the lock.
    pub fn add(&self, sightings: Sightings) {
        let mut counts = self.lock();
        counts.names.extend(sightings.names);
        for record_type in sightings.types {
            counts.count_type(record_type);
        }
    }

    pub fn append_text(&self, out: &mut String) {
        let counts = self.lock();
        append_name_counts(&count_names(counts.names.clone()), out);
        let mut types = Vec::new();
        for (upper, window) in counts.windows.iter().enumerate() {
            if let Some(window) = window {
                collect_types(upper, window, &mut types);
            }
        }
        append_type_counts(&types, out);
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts
            .lock()
            .expect("no worker panicked while it held the table")
    }
}

impl Counts {
    fn count_type(&mut self, record_type: u16) {
        let window = &mut self.windows[usize::from(record_type >> 8)];
        let window = window.get_or_insert_with(|| Box::new([0; 256]));
        window[usize::from(record_type & 0xff)] += 1;
    }
}
