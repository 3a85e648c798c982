// Every way in which safe and unsafe Rust stops by itself; the argument picks one, the input is never constant.
#![allow(unconditional_recursion, invalid_value, deref_nullptr)]
use std::cell::RefCell;
use std::hint::black_box;

#[inline(never)]
fn index_past_slice(n: usize) -> u8 {
    let octets = vec![1u8; 3];
    octets[n]
}
#[inline(never)]
fn range_past_slice(n: usize) -> usize {
    let octets = vec![1u8; 3];
    octets[1..n].len()
}
#[inline(never)]
fn range_backwards(n: usize) -> usize {
    let octets = vec![1u8; 9];
    octets[n..2].len()
}
#[inline(never)]
fn unwrap_none(n: usize) -> usize {
    "abc".find(char::from(b'x' + (n as u8 & 1))).unwrap()
}
#[inline(never)]
fn unwrap_err(n: usize) -> u32 {
    format!("{n}x").parse::<u32>().unwrap()
}
#[inline(never)]
fn expect_none(n: usize) -> u8 {
    [1u8, 2].get(n).copied().expect("the table has every type")
}
#[inline(never)]
fn add_overflows(n: usize) -> u8 {
    250u8 + n as u8
}
#[inline(never)]
fn subtract_overflows(n: usize) -> usize {
    2 - n
}
#[inline(never)]
fn multiply_overflows(n: usize) -> i32 {
    i32::MAX * n as i32
}
#[inline(never)]
fn negate_overflows(n: usize) -> i32 {
    -(i32::MIN + n as i32 - 7)
}
#[inline(never)]
fn shift_overflows(n: usize) -> u32 {
    1u32 << (n + 30)
}
#[inline(never)]
fn divide_by_zero(n: usize) -> usize {
    9 / (n - 7)
}
#[inline(never)]
fn divide_overflows(n: usize) -> i32 {
    i32::MIN / (n as i32 - 8)
}
#[inline(never)]
fn borrowed_twice(n: usize) -> usize {
    let cell = RefCell::new(n);
    let first = cell.borrow_mut();
    let second = cell.borrow_mut();
    *first + *second
}
#[inline(never)]
fn char_boundary(n: usize) -> usize {
    let text = "ééééé".to_string();
    text[..n].len()
}
#[inline(never)]
fn assert_fails(n: usize) {
    assert_eq!(n, 8, "the count must be eight");
}
#[inline(never)]
fn reaches_unreachable(n: usize) {
    if n == 7 {
        unreachable!("opcode {n}")
    }
}
#[inline(never)]
fn capacity_overflows(n: usize) -> usize {
    Vec::<u64>::with_capacity(usize::MAX / n).capacity()
}
#[inline(never)]
fn allocation_fails(n: usize) -> usize {
    Vec::<u8>::with_capacity((1usize << 46) * n).capacity()
}
#[inline(never)]
fn copy_lengths_differ(n: usize) -> u8 {
    let from = vec![1u8; n];
    let mut to = [0u8; 4];
    to.copy_from_slice(&from);
    to[0]
}
#[inline(never)]
fn recursion(n: usize) -> usize {
    let pad = black_box([n; 64]);
    recursion(n + 1) + pad[3]
}
#[inline(never)]
fn precondition(n: usize) -> u8 {
    let octets = vec![1u8; 3];
    unsafe { *octets.get_unchecked(n) }
}
#[inline(never)]
fn null_pointer(n: usize) -> u8 {
    let p = black_box((n - 7) as *const u8);
    unsafe { *p }
}
#[inline(never)]
fn misaligned(n: usize) -> u32 {
    let words = black_box([n as u32; 4]);
    let p = black_box((words.as_ptr() as usize + 1) as *const u32);
    unsafe { *p }
}
#[allow(dead_code)]
#[derive(Clone, Copy)]
#[repr(u8)]
enum Opcode {
    Query = 0,
    Status = 2,
}
#[inline(never)]
fn invalid_enum(n: usize) -> u8 {
    let opcode: Opcode = unsafe { std::mem::transmute(n as u8) };
    opcode as u8
}
struct Late;
impl Drop for Late {
    fn drop(&mut self) {
        panic!("in drop")
    }
}
#[inline(never)]
fn panic_in_drop(n: usize) {
    let _late = Late;
    panic!("first {n}")
}
extern "C" fn callback(n: usize) {
    panic!("inside a C function {n}")
}
#[inline(never)]
fn cannot_unwind(n: usize) {
    callback(n)
}
#[inline(never)]
fn other_thread(n: usize) -> u8 {
    let worker = std::thread::Builder::new().name("worker".into());
    worker.spawn(move || index_past_slice(n)).unwrap().join().unwrap()
}
#[inline(never)]
fn several_lines(n: usize) {
    panic!("first line {n}\nsecond line\nthird line")
}
#[inline(never)]
fn in_closure(n: usize) -> u8 {
    let octets = vec![1u8; 3];
    let read = |i: usize| octets[i];
    (0..3).map(|i| read(i + n)).sum()
}
#[inline(never)]
fn boxed_payload(n: usize) {
    std::panic::panic_any(n)
}

fn main() {
    let n: usize = black_box(7);
    let name = std::env::args().nth(1).unwrap_or_default();
    match name.as_str() {
        "index_past_slice" => println!("{}", index_past_slice(n)),
        "range_past_slice" => println!("{}", range_past_slice(n)),
        "range_backwards" => println!("{}", range_backwards(n)),
        "unwrap_none" => println!("{}", unwrap_none(n)),
        "unwrap_err" => println!("{}", unwrap_err(n)),
        "expect_none" => println!("{}", expect_none(n)),
        "add_overflows" => println!("{}", add_overflows(n)),
        "subtract_overflows" => println!("{}", subtract_overflows(n)),
        "multiply_overflows" => println!("{}", multiply_overflows(n)),
        "negate_overflows" => println!("{}", negate_overflows(n)),
        "shift_overflows" => println!("{}", shift_overflows(n)),
        "divide_by_zero" => println!("{}", divide_by_zero(n)),
        "divide_overflows" => println!("{}", divide_overflows(n)),
        "borrowed_twice" => println!("{}", borrowed_twice(n)),
        "char_boundary" => println!("{}", char_boundary(n)),
        "assert_fails" => assert_fails(n),
        "reaches_unreachable" => reaches_unreachable(n),
        "capacity_overflows" => println!("{}", capacity_overflows(n)),
        "allocation_fails" => println!("{}", allocation_fails(n)),
        "copy_lengths_differ" => println!("{}", copy_lengths_differ(n)),
        "recursion" => println!("{}", recursion(n)),
        "precondition" => println!("{}", precondition(n)),
        "null_pointer" => println!("{}", null_pointer(n)),
        "misaligned" => println!("{}", misaligned(n)),
        "invalid_enum" => println!("{}", invalid_enum(n)),
        "panic_in_drop" => panic_in_drop(n),
        "cannot_unwind" => cannot_unwind(n),
        "other_thread" => println!("{}", other_thread(n)),
        "several_lines" => several_lines(n),
        "in_closure" => println!("{}", in_closure(n)),
        "boxed_payload" => boxed_payload(n),
        _ => std::process::exit(2),
    }
}
