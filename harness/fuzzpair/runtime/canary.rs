//! The safe face of `fuzzpair_canary` for a crate that forbids `unsafe`.

extern "C" {
    fn fuzzpair_canary(triggered: i32);
}

/// Counts that the slip was reached and, when `triggered`, keeps the input and ends the process.
pub fn canary(triggered: bool) {
    // SAFETY: the function takes a number, keeps nothing, and may be called from any thread.
    unsafe { fuzzpair_canary(i32::from(triggered)) }
}
