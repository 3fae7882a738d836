"""The log of queries: off unless asked for, without names, bounded, for the service's account alone."""

from __future__ import annotations

import json
import stat
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from search import query_log
from search.query_log import MASK, MAX_QUERY_CHARS, QueryLog, masked


class At:
    """A clock that stands."""

    source = "test"

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now


NOON = At(datetime(2026, 3, 1, 12, 34, 56, tzinfo=UTC))


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines()]


def test_a_line_has_the_hour_the_query_and_what_came_of_it_and_nothing_else(tmp_path: Path) -> None:
    log = QueryLog(tmp_path / "log", NOON)
    log.searched("quyết định 222", 17)
    log.opened("quyết định 222", 3)
    assert lines(tmp_path / "log") == [
        {"hour": "2026-03-01T12:00Z", "query": "quyết định 222", "total": 17},
        {"hour": "2026-03-01T12:00Z", "query": "quyết định 222", "opened": 3},
    ]


def test_the_hour_is_that_of_utc(tmp_path: Path) -> None:
    hanoi = timezone(timedelta(hours=7))
    QueryLog(tmp_path, At(datetime(2026, 3, 1, 5, 30, tzinfo=hanoi))).searched("x", 0)
    assert lines(tmp_path)[0]["hour"] == "2026-02-28T22:00Z"


def test_without_the_setting_nothing_is_kept(tmp_path: Path) -> None:
    QueryLog(None, NOON).searched("quyết định", 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("hồ sơ 012345678901 đất", f"hồ sơ {MASK} đất"),
        ("điện thoại 0912 345 678", f"điện thoại {MASK}"),
        ("+84-912.345.678", MASK),
        ("(024) 3825 1234", f"({MASK}"),
        ("\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19", MASK),
        ("thư của a.b+c@noi-vu.gov.vn gửi", f"thư của {MASK} gửi"),
        ("222/QĐ-TTg năm:2025", "222/QĐ-TTg năm:2025"),
        ("ngày:01/03/2024..15/04/2024", "ngày:01/03/2024..15/04/2024"),
        ("000.00.16", "000.00.16"),
        ("một\ndòng\x1b[31m", "một dòng[31m"),
        ("", ""),
    ],
)
def test_numbers_and_addresses_that_name_a_person_are_masked(typed: str, kept: str) -> None:
    assert masked(typed) == kept


@pytest.mark.parametrize("typed", ["a" * 10_000_000, "@" * 100_000, "1 " * 100_000, "a@" * 50_000, "\ud800"])
def test_whatever_is_typed_is_kept_short(tmp_path: Path, typed: str) -> None:
    assert len(masked(typed)) <= MAX_QUERY_CHARS
    QueryLog(tmp_path, NOON).searched(typed, 0)


def test_only_the_account_of_the_service_may_read_it(tmp_path: Path) -> None:
    QueryLog(tmp_path / "log", NOON).searched("x", 0)
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "log").iterdir()} == {0o600}


def test_it_never_takes_more_than_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_log, "MAX_FILE_BYTES", 500)
    log = QueryLog(tmp_path, NOON)
    for number in range(100):
        log.searched(f"câu {number}", number)
    files = sorted(tmp_path.glob("*.jsonl"))
    assert [path.name for path in files] == ["queries.1.jsonl", "queries.2.jsonl", "queries.3.jsonl", "queries.jsonl"]
    assert all(path.stat().st_size <= 500 for path in files)
    assert lines(tmp_path)[-1]["query"] == "câu 99"


def test_no_line_is_lost_or_torn_when_many_write_at_once(tmp_path: Path) -> None:
    log = QueryLog(tmp_path, NOON)

    def write() -> None:
        for number in range(25):
            log.searched("từ " * 50, number)

    writers = [threading.Thread(target=write) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(lines(tmp_path)) == 200


def test_a_disk_that_refuses_keeps_nobody_from_searching(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a file, not a folder")
    QueryLog(tmp_path / "log", NOON).searched("x", 0)
