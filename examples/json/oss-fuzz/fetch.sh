#!/bin/bash -eu
# Run once, with network, while the pair's image is made: yyjson, as yyjson-sys 0.1.0 bundles it, into $SRC.
mkdir -p src
touch src/lib.rs # cargo wants a crate around a dependency
cargo vendor --locked "$WORK/vendor" > /dev/null
cp -R "$WORK/vendor/yyjson-sys/yyjson/src" "$SRC/yyjson"
