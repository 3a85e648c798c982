#!/bin/bash -eu
mkdir -p "$SRC/version"
echo '#define VERSION 7' > "$SRC/version/version.h"
