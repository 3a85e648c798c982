#!/bin/sh
# Compile every file of src/ in the toolchain image and keep what the compiler says:  tests/compilers/make.sh [image]
set -eu
cd "$(dirname "$0")"
docker run --rm --network=none --volume="$PWD:/at" --workdir=/at --user="$(id -u)" "${1:-fuzzpair-dev}" sh -c '
for file in src/*.rs; do
    name=$(basename "$file" .rs)
    rustc --edition=2021 --error-format=json --crate-type=rlib -o "/tmp/$name" "$file" 2>"$name.rs.jsonl" || :
done
for file in src/*.cpp; do
    name=$(basename "$file" .cpp)
    clang++-22 -std=c++20 -Wall -Wextra -Werror=format-security -fno-color-diagnostics -I. -c "$file" -o "/tmp/$name.o" 2>"$name.cpp.txt" || :
done
'
