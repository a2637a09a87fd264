#!/bin/sh
# What the browser tests need from the system: Chromium, a Chinese font, and LibreOffice to open the slides that are made.
set -eu
missing=""
[ -x /usr/bin/chromium ] || missing="chromium"
fc-list :lang=zh 2>/dev/null | grep -q . || missing="$missing fonts-noto-cjk"
command -v soffice >/dev/null || missing="$missing libreoffice-impress"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    echo "The browser tests need: $missing. Install them (Debian: apt-get install $missing) and run again." >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq fontconfig $missing >/dev/null
