#!/bin/bash -eu
# OSS-Fuzz's contract: flags and the engine come from outside, the target goes to $OUT.
$CC $CFLAGS -c "$SRC/yyjson/yyjson.c" -o "$WORK/yyjson.o"
$CC $CFLAGS -I"$SRC/yyjson" -c document.c -o "$WORK/document.o"
$CXX $CXXFLAGS "$WORK"/*.o $LIB_FUZZING_ENGINE -o "$OUT/document"
cp "$SRC/document.dict" "$OUT/"
