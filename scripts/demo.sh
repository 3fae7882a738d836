#!/usr/bin/env bash
# The main job on a sample delivery, with the embedded default: no server, nothing leaves the machine.
# A second run answers the same and doubles nothing. `DEMO_FOLDER` names another folder.
set -euo pipefail
cd "$(dirname "$0")/.."

demo=${DEMO_FOLDER:-$PWD/demo}
export LUUTRU_HOME="$demo/home" LUUTRU_AGENCY="${LUUTRU_AGENCY:-H99.12}" LUUTRU_AGENCY_NAME="${LUUTRU_AGENCY_NAME:-Sở Nội vụ tỉnh Kiên Sơn}"
luutru=.venv/bin/luutru
title() { printf '\n\033[1m── %s\033[0m\n' "$*"; }
run() { printf '\033[2m$ luutru %s\033[0m\n' "$*"; "$luutru" "$@"; }
expect() { # CODE ARGUMENTS…: the command must end with this exit code
    local wanted=$1 got=0
    shift
    run "$@" || got=$?
    [ "$got" -eq "$wanted" ] || { printf 'demo: exit %s instead of %s\n' "$got" "$wanted" >&2; exit 4; }
}

started=$(date +%s)
title "1. Hồ sơ mẫu / a sample delivery: 3 dossiers, 20 documents, 45 pages"
.venv/bin/python -m archive.demo "$demo/delivery"

title "2. Tạo kho / make the home"
run init
run trust add "$demo"/delivery-trust/*

title "3. Kiểm tra trước khi nộp / check before delivering: one dossier has five mistakes"
expect 3 check "$demo/delivery"

title "4. Nộp lưu / hand in: two dossiers are archived, the third is refused with all its findings"
expect 3 ingest "$demo/delivery"

title "5. Tìm / search: by number, without diacritics, in text that only stands in a scan"
run search "222/qd-ubnd"
run search "so hoa tai lieu" --limit 3

title "6. Xem / show the first hit"
first=$("$luutru" search "222/qd-ubnd" --limit 1 --json | .venv/bin/python -c 'import json,sys; hit=json.loads(sys.stdin.readline()); print("{package_id}/{ordinal}".format(**hit))')
run show "$first"

title "7. Lấy ra / export: the original byte for byte, and its PDF/A copy"
rm -rf "$demo/export" && mkdir -p "$demo/export"
run export "$first" --as original -o "$demo/export/original.pdf"
run export "$first" --as pdfa -o "$demo/export/pdfa.pdf"

title "8. Kiểm tra toàn vẹn / fixity: every byte read back"
run fixity check --all

title "9. Người dùng / people: Lan reads and hands in; her password is printed once and changed at her first sign-in"
if ! "$luutru" user list --json | grep -q '"login": "lan"'; then
    run user add lan --name 'Nguyễn Thị Lan'
    run user grant lan archivist --agency "$LUUTRU_AGENCY"
fi

printf '\nXong trong %s giây / done in %s seconds. Kho / home: %s\n' "$(($(date +%s) - started))" "$(($(date +%s) - started))" "$LUUTRU_HOME"
printf 'Xem trên trình duyệt / look in a browser as lan: LUUTRU_HOME=%s .venv/bin/luutru serve\n' "$LUUTRU_HOME"
