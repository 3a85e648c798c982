//! A program with one known fault per sanitizer: a build whose sanitizer says nothing here proves nothing elsewhere.

use std::hint::black_box;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, Ordering};

static mut SHARED: i32 = 0;
static FIRST: AtomicBool = AtomicBool::new(false);

fn address_fault() -> i32 {
    let block = vec![1_i32; 8];
    let place = block.as_ptr();
    drop(block);
    // SAFETY: none, and that is the point.
    unsafe { *black_box(place).add(1) }
}

fn leak_fault() -> i32 {
    // Many: an old copy of the last pointer may still lie on the stack, where LSan takes it for a use.
    (0..16).map(|count| Box::leak(black_box(Box::new([count; 8])))[black_box(1)]).sum()
}

fn memory_fault() -> i32 {
    let block: Box<MaybeUninit<[i32; 8]>> = Box::new_uninit();
    // SAFETY: none, and that is the point.
    let block = unsafe { black_box(block).assume_init() };
    if block[black_box(3)] == 42 { 1 } else { 0 }
}

// One access each, the second after the first: two in the same instant are missed by chance, and of many TSan forgets
// where the first thread's came from, which silences it. A relaxed flag puts them in order and into no order of TSan's.
fn thread_fault() -> i32 {
    let other = std::thread::spawn(|| {
        // SAFETY: none, and that is the point.
        unsafe { SHARED += 1 };
        FIRST.store(true, Ordering::Relaxed);
    });
    while !FIRST.load(Ordering::Relaxed) {
        std::thread::yield_now();
    }
    // SAFETY: none, and that is the point.
    unsafe { SHARED += 1 };
    other.join().expect("the thread does not panic");
    // SAFETY: no other thread is left.
    unsafe { SHARED }
}

fn main() {
    let answer = match std::env::args().nth(1).as_deref() {
        Some("address") => address_fault(),
        Some("leak") => leak_fault(),
        Some("memory") => memory_fault(),
        Some("thread") => thread_fault(),
        _ => 0,
    };
    println!("{answer}");
}
