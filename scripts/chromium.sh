#!/usr/bin/env bash
# See to it that a Chromium is here for the browser tests.
set -euo pipefail
command -v chromium >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "==> Installing Debian's chromium for the browser tests"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
else
    echo "The browser tests need chromium. On Debian or Ubuntu: sudo apt-get install chromium" >&2
    exit 1
fi
