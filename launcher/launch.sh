#!/bin/sh
# Finds a Python >= 3.11 and hands over to environment.py, which makes the virtual environment and runs in it.
# usage: launch.sh LOCK ENVIRONMENT PYTHON-ARGUMENT...
set -eu

launcher=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)

# Each candidate is tried, not only looked up: a pyenv shim is on PATH also for versions that are switched off.
for python in python3 python3.14 python3.13 python3.12 python3.11 python; do
    if "$python" -I -S -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        exec "$python" -I "$launcher/environment.py" "$@"
    fi
done

found=$(python3 --version 2>/dev/null) || found='no python3'
cat >&2 <<MESSAGE
fuzzpair needs Python 3.11 or newer; on PATH is $found.
Next step: install one and run this again, for example
  Debian 12, Ubuntu 24.04 or newer:  apt-get install python3 python3-venv
  Fedora:                            dnf install python3
  macOS:                             brew install python
  anywhere, with pyenv:              pyenv install 3.12 && pyenv local 3.12
MESSAGE
exit 3
