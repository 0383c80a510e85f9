#!/usr/bin/env bash
# Make the virtual environment from the lock: bootstrap.sh PYTHON VENV
set -euo pipefail
python=$1 venv=$2

if ! command -v "$python" >/dev/null; then
    echo "facetally needs Python 3.11: '$python' is not on the PATH (make PYTHON=/path/to/python3.11 names another)." >&2
    exit 1
fi
if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -c '' 2>/dev/null; then
    echo "==> Making a virtual environment in $venv"
    if ! "$python" -m venv --clear "$venv" >/dev/null 2>&1; then
        # Debian keeps ensurepip in a package of its own.
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv >/dev/null
            "$python" -m venv --clear "$venv"
        else
            echo "'$python -m venv' does not work here. On Debian or Ubuntu: sudo apt-get install python3-venv" >&2
            exit 1
        fi
    fi
fi
if [ ! -x "$venv/bin/uv" ]; then
    echo "==> Installing uv, pinned by the lock"
    awk '/^uv==/ {keep = 1} keep {print} keep && !/\\$/ {exit}' requirements.lock >"$venv/uv.lock"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$venv/uv.lock"
fi
echo "==> Installing the packages of requirements.lock (PyTorch with CUDA is 3 GB to download, once)"
# Compiled once, here: otherwise each program that starts first compiles what it imports, and several do at the same time.
"$venv/bin/uv" pip sync --require-hashes --compile-bytecode requirements.lock
"$venv/bin/uv" pip install --quiet --no-deps --no-build-isolation -e .
