#!/bin/sh
# All that sanitizers need rebuilt, side by side: each of them is a chain that leaves a core idle part of the time.
# Works in /work, a volume of its step. Behind it stands the digest of how it was made, a part of the toolchain's fingerprint
# (harness/fuzzpair/backends/toolchain.py).
set -eu
folder=/opt/fuzzpair
export TMPDIR=/work
cd "$TMPDIR"

apt-get update
apt-get download rust-web-src
# A thirteenth of its 46,000 files is std and what std depends on.
dpkg-deb --fsys-tarfile rust-web-src_*.deb | tar x --wildcards './usr/src/rustc-*/library/*'
mkdir -p "$(rustc --print sysroot)/lib/rustlib/src"
ln -s "$PWD"/usr/src/rustc-* "$(rustc --print sysroot)/lib/rustlib/src/rust"

"$folder/build-std.sh" thread "$folder/sysroot-thread" &
thread=$!
"$folder/build-std.sh" memory "$folder/sysroot-memory" &
memory=$!
"$folder/build-libcxx.sh" "$folder/libcxx-memory"
"$folder/build-symbolizer.sh" "$folder/llvm-symbolizer"
wait "$thread"
wait "$memory"

cd "$folder"
cat build-*.sh symbolizer.cpp | sha256sum | cut -d' ' -f1 > rebuilt.sha256
