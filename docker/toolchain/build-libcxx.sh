#!/bin/sh
# LLVM's C++ standard library, instrumented by MSan. Debian's own is not, and its precompiled parts (std::string,
# std::map's trees, streams) then look uninitialised to MSan: the unpatched twin would be reported.
# Usage: build-libcxx.sh <folder>. The newest version whose source Debian 12 keeps; clang 22 builds it.
set -eu

folder=$1
source=llvm-toolchain-19
for list in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
  [ -f "$list" ] && sed -i -e 's/^Types: deb$/Types: deb deb-src/' -e '/^deb /{p;s/^deb /deb-src /}' "$list"
done
apt-get update
apt-get install -y --no-install-recommends cmake ninja-build xz-utils

work=$(mktemp -d)
cd "$work"
apt-get source --download-only "$source"
tar xf "$source"_*.orig.tar.xz --strip-components=1 --wildcards \
  '*/libcxx/*' '*/libcxxabi/*' '*/runtimes/*' '*/cmake/*' '*/llvm/utils/*'
cmake -G Ninja -S runtimes -B out -DCMAKE_INSTALL_PREFIX="$folder" -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_C_COMPILER=clang -DCMAKE_CXX_COMPILER=clang++ \
  -DCMAKE_C_FLAGS_RELEASE='-O1 -w' -DCMAKE_CXX_FLAGS_RELEASE='-O1 -w' \
  -DLLVM_ENABLE_RUNTIMES='libcxx;libcxxabi' -DLLVM_USE_SANITIZER=MemoryWithOrigins -DLLVM_INCLUDE_TESTS=OFF \
  -DLIBCXX_ENABLE_SHARED=OFF -DLIBCXX_INCLUDE_TESTS=OFF -DLIBCXX_INCLUDE_BENCHMARKS=OFF -DLIBCXX_INSTALL_MODULES=OFF \
  -DLIBCXXABI_ENABLE_SHARED=OFF -DLIBCXXABI_INCLUDE_TESTS=OFF -DLIBCXXABI_USE_LLVM_UNWINDER=OFF > cmake.log
ninja -C out --quiet cxx_static cxxabi_static install-cxx-headers install-cxxabi-headers
mkdir -p "$folder/lib"
cp out/lib/libc++.a out/lib/libc++abi.a "$folder/lib/"
rm -rf "$work"
