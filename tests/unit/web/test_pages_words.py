"""What stands on pages: every word in both languages, scripts of others as they were published, nothing inline."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path

import pytest

from archive.web.rendering import STATIC, marked
from archive.web.words import Words
from ingest.facts import Route
from ingest.pipeline import ORDER
from metadata.findings import Finding
from metadata.messages import catalogue
from metadata.verdicts import Indication

TEMPLATES = STATIC.parent / "templates"
NAMED = re.compile(r'(?:\bt|w\.text)\("([a-z_.]+)"')
VENDOR = STATIC / "vendor"


def test_every_message_that_a_template_names_exists() -> None:
    named = {key for path in TEMPLATES.glob("*.html") for key in NAMED.findall(path.read_text(encoding="utf-8"))}
    assert len(named) > 60
    missing = {key for key in named if not key.endswith((".", "_")) and not catalogue().keys() & {key, f"web.{key}"}}
    assert missing == set()


@pytest.mark.parametrize(
    ("group", "words"), [("verdict", list(Indication)), ("route", list(Route)), ("stage", list(ORDER))]
)
def test_every_fixed_word_has_a_name_for_people(group: str, words: list[str]) -> None:
    for word in words:
        assert f"web.{group}.{word.lower().replace('-', '_')}" in catalogue()


def test_no_template_carries_script_or_style_of_its_own() -> None:
    for path in TEMPLATES.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:|\|safe", text), path.name
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', text), path.name


def test_scripts_of_others_are_byte_for_byte_what_was_published() -> None:
    lock = tomllib.loads((VENDOR / "LOCK.toml").read_text(encoding="utf-8"))
    locked = {file["to"]: file["sha256"] for package in lock.values() for file in package["file"]}
    found = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "LOCK.toml"
    }
    assert found == locked
    assert all({"version", "licence"} <= set(package) for package in lock.values())
    assert sum(path.stat().st_size for path in VENDOR.rglob("*") if path.is_file()) < 3 << 20


def test_a_snippet_shows_its_marks_and_nothing_else_as_tags() -> None:
    assert marked("a <em>b</em> &lt;c&gt;") == "a <mark>b</mark> &lt;c&gt;"
    assert "<script" not in marked("<em><script>alert(1)</script></em>")


def test_values_are_written_as_people_write_them() -> None:
    vi, en = Words("vi"), Words("en")
    assert (vi.day("2021-03-02"), vi.day("2021-03"), vi.day("2021"), vi.day("?")) == (
        "02/03/2021",
        "03/2021",
        "2021",
        "?",
    )
    assert en.day("2021-03-02") == "2021-03-02"
    assert (vi.number(1234567), en.number(1234567)) == ("1.234.567", "1,234,567")
    assert (vi.size(999), vi.size(1536), en.size(1536), vi.size(300 << 20)) == (
        "999 B",
        "1,5 KiB",
        "1.5 KiB",
        "300 MiB",
    )
    assert [vi.instant(at) for at in ("2021-03-02T20:05:09.123Z", "2021-03-02T20:05:00+07:00/..", "2021", "")] == [
        "03/03/2021 03:05",
        "02/03/2021 20:05",
        "2021",
        "",
    ]
    assert vi.label("event", "format identification") == "Nhận dạng định dạng"
    assert vi.label("event", "never heard of") == "never heard of"
    assert vi.field("02-2019", "issued_date") != "issued_date"
    assert vi.field("", "no_such_field") == "no_such_field"


def test_a_field_is_called_as_in_the_table_of_its_kind() -> None:
    names = [Words("vi").field("02-2019", "description", kind) for kind in ("dossier", "document")]
    assert names == ["Chú giải", "Ghi chú"]


def test_findings_stand_by_rule_with_errors_first() -> None:
    found = [Finding(rule=rule, subject="x") for rule in ("SUB-003", "SUB-002", "SUB-003")]
    groups = Words("vi").findings(found)
    assert [(group["rule"], group["error"], group["size"]) for group in groups] == [
        ("SUB-002", True, 1),
        ("SUB-003", False, 2),
    ]


def test_static_files_are_ours_or_locked() -> None:
    assert {path.name for path in Path(STATIC).iterdir()} == {
        "administration.css",
        "app.js",
        "beside.js",
        "compare.js",
        "dark.css",
        "deliveries.css",
        "delivery.js",
        "dropping.js",
        "evidence.css",
        "mark.svg",
        "review.css",
        "review.js",
        "strip.js",
        "style.css",
        "suggest.js",
        "upload.js",
        "vendor",
        "viewer.js",
    }
