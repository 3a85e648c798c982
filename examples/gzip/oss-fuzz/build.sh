#!/bin/bash -eu
# OSS-Fuzz's contract: flags and the engine come from outside, the target goes to $OUT.
for unit in adler32 crc32 inffast inflate inftrees zutil; do
  $CC $CFLAGS -c "$SRC/zlib/$unit.c" -o "$WORK/$unit.o"
done
$CC $CFLAGS -I"$SRC/zlib" -c header.c -o "$WORK/header.o"
$CXX $CXXFLAGS "$WORK"/*.o $LIB_FUZZING_ENGINE -o "$OUT/header"
cp "$SRC/header.dict" "$OUT/"
