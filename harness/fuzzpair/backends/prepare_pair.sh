#!/bin/sh
# What a user's pair needs from elsewhere, made once and with network: `fetch` fills $SRC, crates are vendored.
#   prepare_pair.sh GIVEN KEPT FETCH|- MANIFEST|-      GIVEN: scripts, manifests, lock files; KEPT: what builds will see
set -eu
given=$1 kept=$2 fetch=$3 manifest=$4
mkdir -p "$kept/src"

if [ "$fetch" != - ]; then
  work=$(mktemp -d)
  cd "$(dirname "$given/$fetch")"
  SRC="$kept/src" WORK="$work" bash -eu "./$(basename "$fetch")"
  rm -rf "$work"
fi

if [ "$manifest" != - ]; then
  cd "$given"
  export CARGO_HOME="${CARGO_HOME:-$(mktemp -d)}"
  root=$(dirname "$(cargo locate-project --workspace --message-format plain --manifest-path "$manifest")")
  locked=--locked
  if [ ! -f "$root/Cargo.lock" ]; then
    locked=
    echo "fuzzpair: $manifest has no Cargo.lock: the newest versions are taken, and kept with this image"
  fi
  cargo vendor $locked --manifest-path "$manifest" "$kept/vendor" > "$kept/cargo-config.toml"
  cp "$root/Cargo.lock" "$kept/Cargo.lock"
fi

# Into every job's key, by the toolchain's fingerprint: what builds see, and the packages that they are compiled with.
cd "$kept"
{
  if command -v dpkg-query > /dev/null; then dpkg-query --show; fi
  find . -type f ! -name contents.sha256 -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum
} | sha256sum | cut -d' ' -f1 > contents.sha256
