#!/bin/bash -eu
# Written as OSS-Fuzz's are: nothing here knows of fuzzpair.
make clean
make -j"$(nproc)" librecord.a

includes="-Isrc -I$SRC/version"
$CXX $CXXFLAGS -std=c++17 $includes $SRC/record_fuzzer.cc librecord.a $LIB_FUZZING_ENGINE -o $OUT/record_fuzzer
# A target in C alone, linked by the C compiler.
$CC $CFLAGS $includes $SRC/checksum_fuzzer.c librecord.a $LIB_FUZZING_ENGINE -o $OUT/checksum_fuzzer

cp $SRC/*.options $SRC/*.dict $OUT/
mkdir -p $WORK/seeds/deep
printf '\001\004name\000' > $WORK/seeds/one
printf '\002\000\002' > $WORK/seeds/deep/two
(cd $WORK/seeds && zip -q -r $OUT/record_fuzzer_seed_corpus.zip .)
ln -s records.dict /out/a-link.dict
echo "$SANITIZER $FUZZING_ENGINE $FUZZING_LANGUAGE $ARCHITECTURE" > $OUT/built-with.txt
column --version > /dev/null # of an extra package
