#!/usr/bin/env bash
# Installs what luutru needs: Debian packages by apt, locked Python packages in .venv, published schemas.
# Safe to repeat; does nothing when all is there. `--tests` adds what `make test` needs.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly NEEDED=(python3-venv tesseract-ocr tesseract-ocr-vie fonts-liberation2 libmagic1 libreoffice-writer-nogui
    libreoffice-calc-nogui libreoffice-impress-nogui bubblewrap fontconfig)
# libatomic1: the driver of the browser tests is linked to it. libeatmydata1: see the Makefile.
readonly FOR_TESTS=(default-jdk-headless maven clamav-daemon clamav chromium libatomic1 fonts-noto-core util-linux procps xz-utils
    poppler-utils openssl libeatmydata1)
readonly FAULT=4

with_tests=no
[ "${1:-}" = --tests ] && with_tests=yes

say() { printf 'install: %s\n' "$*"; }

missing_packages() {
    local package installed
    installed=$(dpkg-query -W -f '${Status} ${Package} ${Provides}\n')
    for package in "$@"; do
        # Ubuntu 24.04 carries libmagic1 as libmagic1t64; what provides a name counts as the name.
        grep -Eq "^install ok installed.*[ ,](${package}|${package}t64)([ ,:(]|$)" <<<"$installed" ||
            printf '%s\n' "$package"
    done
}

install_packages() {
    local missing privileged=()
    mapfile -t missing < <(missing_packages "$@")
    [ "${#missing[@]}" -eq 0 ] && return
    if [ "$(id -u)" -ne 0 ]; then
        if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
            privileged=(sudo)
        elif command -v sudo >/dev/null && [ -t 0 ]; then
            privileged=(sudo)
        else
            say "these Debian packages are missing, and I may not install them. Run as root, then repeat:"
            printf '\n    apt-get update && apt-get install -y --no-install-recommends %s\n\n' "${missing[*]}"
            exit "$FAULT"
        fi
    fi
    say "installing ${missing[*]}"
    # Servers are started by the tests themselves, in folders of their own; Debian must not start them now.
    local quiet
    quiet=$(mktemp)
    "${privileged[@]}" apt-get -qq update >"$quiet" 2>&1 || { tail -n 5 "$quiet" | sed -E 's#https?://[^ ]+#…#g'; exit "$FAULT"; }
    "${privileged[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -qq install -y --no-install-recommends \
        "${missing[@]}" >"$quiet" 2>&1 || { tail -n 20 "$quiet" | sed -E 's#https?://[^ ]+#…#g'; exit "$FAULT"; }
    rm -f "$quiet"
}

make_environment() { # LOCK
    local stamp=.venv/.installed want
    want=$(cat "$1" pyproject.toml | sha256sum | cut -d' ' -f1)
    # The tests' lock holds the product's too: a folder made for the tests serves both.
    [ -f "$stamp" ] && grep -q "$want" "$stamp" && return
    if ! [ -x .venv/bin/python ]; then
        python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { say "Python 3.11 or newer is needed"; exit "$FAULT"; }
        python3 -m venv .venv
    fi
    say "installing locked Python packages ($1)"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$1"
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
    printf '%s %s\n' "$want" "$1" >>"$stamp"
}

install_packages "${NEEDED[@]}"
if [ "$with_tests" = yes ]; then
    install_packages "${FOR_TESTS[@]}"
    make_environment requirements/test.lock
    # A node for the tests of the second index: 0.9 GB through Maven, once; kept in the user's cache.
    .venv/bin/python tests/servers/elasticsearch/es.py install >/dev/null || {
        say "Elasticsearch for the tests could not be fetched through Maven"
        exit "$FAULT"
    }
    # Judges and providers: built by Maven, pip and npm once, and again where a recipe changed.
    if ! [ -e .cache/prepared ] || [ -n "$(find tests/servers -name target -prune -o -name __pycache__ -prune -o \
        -type f -newer .cache/prepared -print -quit)" ]; then
        say "building what the tests judge with"
        .venv/bin/python -m tests.servers.prepare
    fi
else
    make_environment requirements/luutru.lock
fi
# Worker processes see the checkout read-only and could never keep what they compile.
.venv/bin/python -m compileall -q archive ingest metadata search storage
.venv/bin/python scripts/fetch_schemas.py
