#!/bin/sh
# Rust's standard library again, instrumented by one sanitizer, as a sysroot for `rustc --sysroot`.
# TSan and MSan need it: memory that an uninstrumented std writes or locks is reported falsely, or not at all.
# Usage: build-std.sh <thread|memory> <sysroot>. Offline: the sources and what they depend on are in rust-web-src.
set -eu

sanitizer=$1
sysroot=$2
source=$(rustc --print sysroot)/lib/rustlib/src/rust/library
triple=$(rustc -vV | sed -n 's/^host: //p')
work=$(mktemp -d)
cd "$work"

mkdir src .cargo
: > src/lib.rs
printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n' > Cargo.toml
printf '[source.crates-io]\nreplace-with = "vendored"\n[source.vendored]\ndirectory = "%s/vendor"\n' "$source" \
  > .cargo/config.toml

# -Z options on a stable compiler. Level 1 halves the time of the build and keeps every instrumented access.
export RUSTC_BOOTSTRAP=1
export RUSTFLAGS="-Zsanitizer=$sanitizer -Zexternal-clangrt -Cforce-frame-pointers=yes"
export CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_DEBUG=0
cargo build --release --offline --quiet -Zbuild-std=std,panic_abort --target "$triple" --target-dir out

mkdir -p "$sysroot/lib/rustlib/$triple/lib"
rm -f "out/$triple/release/deps/libempty"*
cp "out/$triple/release/deps/"*.rlib "$sysroot/lib/rustlib/$triple/lib/"
rm -rf "$work"
