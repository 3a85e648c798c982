//! A DNS wire-format parser: octets in, canonical text out. The twin of `targets-cpp/dns`.
#![forbid(unsafe_code)]

mod dns;
mod edns;
mod message;
mod name;
mod rdata;
mod rdata_basic;
mod rdata_dnssec;
mod rdata_svcb;
mod table;
mod text;
mod types;
mod wire;

pub use dns::{describe_message, describe_stream};
