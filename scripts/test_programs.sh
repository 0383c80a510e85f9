#!/usr/bin/env bash
# See to it that the programs and libraries which tests need are here: a real browser, real FTP clients, promtool, networks, Pango,
# libfaketime.
set -euo pipefail
declare -A package_of=([chromium]=chromium [curl]=curl [lftp]=lftp [tnftp]=tnftp [busybox]=busybox [promtool]=prometheus [ip]=iproute2)
missing=()
for program in "${!package_of[@]}"; do
    command -v "$program" >/dev/null || missing+=("${package_of[$program]}")
done
# PDFs are drawn with Pango.
declare -A library_of=([libpango-1.0-0]=libpango-1.0.so.0 [libpangoft2-1.0-0]=libpangoft2-1.0.so.0 [libharfbuzz-subset0]=libharfbuzz-subset.so.0)
for package in "${!library_of[@]}"; do
    ldconfig -p | grep -q "${library_of[$package]} " || missing+=("$package")
done
# Clocks are put wrong with a library that no program is linked to.
compgen -G "/usr/lib/*/faketime/libfaketimeMT.so.1" >/dev/null || missing+=(libfaketime)
[ ${#missing[@]} = 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "==> Installing from Debian, for the tests: ${missing[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
    echo "The tests need: ${missing[*]}. On Debian or Ubuntu: sudo apt-get install ${missing[*]}" >&2
    exit 1
fi
