#!/usr/bin/env bash
# Bring the browser that the tests of pages want, where none is here: tests/bring_browser.sh PYTHON
#   playwright's own       where it can be downloaded
#   the system's package   where one may install it (root, or sudo without a password)
#   neither                one line; the tests of pages are skipped, and the run says so at its end
set -uo pipefail
python=$1
seconds=300

is_here() {
    [ -n "${CHROMIUM:-}" ] && return
    command -v chromium chromium-browser google-chrome google-chrome-stable chrome >/dev/null && return
    "$python" -c '
import os, sys
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    sys.exit(not os.path.exists(playwright.chromium.executable_path))'
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo --non-interactive "$@"; fi
}

from_system() {
    command -v apt-get >/dev/null && as_root true 2>/dev/null || return 1
    as_root apt-get update -qq && as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq chromium
}

is_here && exit
echo "browser: none here; bringing Chromium for the tests of pages"
timeout "$seconds" "$python" -m playwright install chromium >/dev/null 2>&1 && exit
timeout "$seconds" bash -c "$(declare -f as_root from_system); from_system" >/dev/null 2>&1 && exit
echo "browser: Chromium can be neither downloaded nor installed here: pages are not tested"
