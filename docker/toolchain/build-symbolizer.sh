#!/bin/sh
# symbolizer.cpp, linked statically with LLVM's own archives: for a report it takes half the time of the package's
# program, which loads all of LLVM to name ten frames.
# Usage: build-symbolizer.sh <program>
set -eu

program=$1
source=$(dirname "$0")/symbolizer.cpp
work=$(mktemp -d)
cd "$work"
apt-get download llvm-22-dev
# lld takes of the archives what is needed, in any order. What the package depends on is for programs that are linked with more of LLVM.
dpkg-deb --fsys-tarfile llvm-22-dev_*.deb | tar x --wildcards './usr/include/llvm*-22/*' './usr/lib/llvm-22/lib/libLLVM*.a'
clang++ -std=c++20 -O2 -fno-rtti -fno-exceptions -Wall -Wextra -Wconversion \
  -isystem usr/include/llvm-22 -isystem usr/include/llvm-c-22 "$source" -o "$program" \
  -fuse-ld=lld -Wl,--gc-sections -Wl,--strip-all usr/lib/llvm-22/lib/libLLVM*.a -l:libz.so.1 -l:libzstd.so.1
rm -rf "$work"
