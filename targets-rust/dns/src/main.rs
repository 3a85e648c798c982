//! The program: dns message|stream FILE
#![forbid(unsafe_code)]

use std::env;
use std::fs;
use std::io::{self, Write};
use std::process::ExitCode;

const FAILURE: u8 = 2;

fn main() -> ExitCode {
    let args: Vec<_> = env::args_os().skip(1).collect();
    let describe = match args.first().and_then(|target| target.to_str()) {
        Some("message") if args.len() == 2 => dns::describe_message,
        Some("stream") if args.len() == 2 => dns::describe_stream,
        _ => {
            eprintln!("usage: dns message|stream FILE");
            return ExitCode::from(FAILURE);
        }
    };
    let Ok(octets) = fs::read(&args[1]) else {
        eprintln!("dns: cannot read {}", args[1].to_string_lossy());
        return ExitCode::from(FAILURE);
    };
    match io::stdout().write_all(describe(&octets).as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(FAILURE),
    }
}
