#!/bin/bash -eu
# Run once, with network, while the pair's image is made: zlib 1.2.11, as libz-sys 1.1.8 bundles it, into $SRC.
mkdir -p src
touch src/lib.rs # cargo wants a crate around a dependency
cargo vendor --locked "$WORK/vendor" > /dev/null
cp -R "$WORK/vendor/libz-sys/src/zlib" "$SRC/zlib"
