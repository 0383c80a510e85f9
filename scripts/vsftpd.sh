#!/usr/bin/env bash
# Debian's vsftpd in a folder of its own, for comparison: unpacked, not installed, so that no service of the system starts.
set -euo pipefail
folder=$1
[ -x "$folder/usr/sbin/vsftpd" ] && exit 0
command -v apt-get >/dev/null || { echo "bench-ingest compares with Debian's vsftpd, and there is no apt-get here" >&2; exit 1; }
echo "==> Unpacking Debian's vsftpd"
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
chmod 777 "$work"
cd "$work"
apt-get download -qq vsftpd libwrap0 libcap2 libpam0g 2>/dev/null || { apt-get update -qq; apt-get download -qq vsftpd libwrap0 libcap2 libpam0g; }
for package in *.deb; do dpkg-deb -x "$package" "$folder"; done
