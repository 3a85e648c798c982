// Unsafe Rust under AddressSanitizer: the names come demangled from Rust's v0 scheme.
use std::hint::black_box;

#[inline(never)]
fn use_after_free(n: usize) -> u8 {
    let p = Box::into_raw(Box::new([n as u8; 16]));
    drop(unsafe { Box::from_raw(p) });
    unsafe { black_box(p).cast::<u8>().add(n).read_volatile() }
}
#[inline(never)]
fn heap_over_write(n: usize) {
    let mut octets = vec![0u8; n];
    unsafe { black_box(octets.as_mut_ptr()).add(n).write_volatile(1) }
}
#[inline(never)]
fn double_free(n: usize) {
    let p = Box::into_raw(Box::new(n));
    drop(unsafe { Box::from_raw(p) });
    drop(unsafe { Box::from_raw(black_box(p)) });
}
struct Table<T> {
    entries: Vec<T>,
}
impl<T: Copy> Table<T> {
    #[inline(never)]
    fn at(&self, i: usize) -> T {
        unsafe { black_box(self.entries.as_ptr()).add(i).read_volatile() }
    }
}
#[inline(never)]
fn generic_over_read(n: usize) -> u32 {
    Table { entries: vec![1u32; n] }.at(n)
}
#[inline(never)]
fn leak(n: usize) {
    std::mem::forget(black_box(vec![1u8; n * 5]));
}

fn main() {
    let n: usize = black_box(7);
    match std::env::args().nth(1).unwrap_or_default().as_str() {
        "use_after_free" => println!("{}", use_after_free(n)),
        "heap_over_write" => heap_over_write(n),
        "double_free" => double_free(n),
        "generic_over_read" => println!("{}", generic_over_read(n)),
        "leak" => leak(n),
        _ => std::process::exit(2),
    }
}
