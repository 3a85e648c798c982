#!/bin/bash -eu
# OSS-Fuzz's contract. `describe.h` is fuzzpair's own (harness/fuzzpair/agree/native): who compares a pair copies it.
$CXX $CXXFLAGS -std=c++20 -I. -I"$SRC" src/words.cpp src/fuzz_word.cpp agree/describe.cpp $LIB_FUZZING_ENGINE -o "$OUT/word"
