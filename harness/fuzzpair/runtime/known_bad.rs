//! A program with one known fault per sanitizer: a build whose sanitizer says nothing here proves nothing elsewhere.

use std::hint::black_box;
use std::mem::MaybeUninit;

static mut SHARED: i32 = 0;

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

// Many times: of two accesses in the same instant each may be over before the other one's is noted, and none is told of.
fn count_up() {
    for _ in 0..10_000 {
        // SAFETY: none, and that is the point.
        unsafe { SHARED += 1 };
    }
}

fn thread_fault() -> i32 {
    let other = std::thread::spawn(count_up);
    count_up();
    other.join().expect("the thread does not panic");
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
