#!/bin/sh
# All that sanitizers need rebuilt, side by side: each of the three is a chain that leaves a core idle part of the time.
# Behind it stands the digest of how it was made, a part of the toolchain's fingerprint
# (harness/fuzzpair/backends/toolchain.py).
set -eu
cd /opt/fuzzpair

apt-get update
apt-get install -y --no-install-recommends rust-web-src
./build-std.sh thread "$PWD/sysroot-thread" &
thread=$!
./build-std.sh memory "$PWD/sysroot-memory" &
memory=$!
./build-libcxx.sh "$PWD/libcxx-memory"
wait "$thread"
wait "$memory"

apt-get purge -y rust-web-src
rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb
cat build-*.sh | sha256sum | cut -d' ' -f1 > rebuilt.sha256
