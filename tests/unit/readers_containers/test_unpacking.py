"""A ZIP from the network is looked at before anything of it is written."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ingest.engines.unpacking import unpack
from metadata.findings import Severity
from metadata.rules import rule

LIMITS = {"max_file_bytes": 1 << 20, "max_total_bytes": 4 << 20}


def _zip(path: Path, *members: tuple[zipfile.ZipInfo | str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def _unpack(path: Path, tmp_path: Path, **limits: int) -> dict[str, Any]:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return unpack(scratch=scratch, path=str(path), **(LIMITS | limits))


def _rules(path: Path, tmp_path: Path, **limits: int) -> set[str]:
    answer = _unpack(path, tmp_path, **limits)
    assert "outputs" not in answer
    assert list((tmp_path / "scratch").iterdir()) == []
    return {finding["rule"] for finding in answer["findings"] if rule(finding["rule"]).severity is Severity.ERROR}


def test_members_come_out_byte_for_byte_under_numbers(tmp_path: Path) -> None:
    packed = _zip(tmp_path / "a.zip", ("hồ sơ/một.pdf", b"1"), ("hồ sơ/", b""), ("hai.csv", b"22"))
    answer = _unpack(packed, tmp_path)
    lines = (tmp_path / "scratch" / "members.jsonl").read_text(encoding="ascii").splitlines()
    members = [json.loads(line) for line in lines]
    written = {member["path"]: (tmp_path / "scratch" / member["number"]).read_bytes() for member in members}
    assert set(answer["outputs"]) == {"members.jsonl", *(member["number"] for member in members)}
    assert written == {"hồ sơ/một.pdf": b"1", "hai.csv": b"22"}


@pytest.mark.rule("CON-001")
@pytest.mark.parametrize("how", ["text", "cut", "empty", "flipped"])
def test_what_cannot_be_opened_whole_is_rejected(tmp_path: Path, how: str) -> None:
    data = _zip(tmp_path / "a.zip", ("a", b"hello world" * 50)).read_bytes()
    broken = {"text": b"hello", "cut": data[:-30], "flipped": data[:40] + b"\xff\xff" + data[42:]}
    target = tmp_path / "b.zip"
    if how == "empty":
        _zip(target)
    else:
        target.write_bytes(broken[how])
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    answer = unpack(scratch=scratch, path=str(target), **LIMITS)
    assert [finding["rule"] for finding in answer["findings"]] == ["CON-001"]


@pytest.mark.rule("CON-002")
@pytest.mark.parametrize(
    "name", ["../a", "/etc/passwd", "a/../../b", "C:/a", "a//b", "a/./b", "..\\a", "a\x01b", "x" * 300]
)
def test_a_path_that_leaves_the_delivery_is_rejected(tmp_path: Path, name: str) -> None:
    assert _rules(_zip(tmp_path / "a.zip", (name, b"x")), tmp_path) == {"CON-002"}


@pytest.mark.rule("CON-003")
@pytest.mark.parametrize("kind", [0o120777, 0o010644, 0o020644])
def test_links_and_devices_are_rejected(tmp_path: Path, kind: int) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = kind << 16
    assert _rules(_zip(tmp_path / "a.zip", (link, b"/etc/passwd")), tmp_path) == {"CON-003"}


@pytest.mark.rule("CON-004")
def test_an_encrypted_member_is_rejected(tmp_path: Path) -> None:
    data = bytearray(_zip(tmp_path / "a.zip", ("a", b"x")).read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    (tmp_path / "b.zip").write_bytes(data)
    assert _rules(tmp_path / "b.zip", tmp_path) == {"CON-004"}


@pytest.mark.rule("CON-005")
def test_a_bomb_is_rejected_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = _zip(tmp_path / "a.zip", ("a", bytes(80 << 20)))
    assert _rules(bomb, tmp_path, max_file_bytes=1 << 40, max_total_bytes=1 << 40) == {"CON-005"}


@pytest.mark.rule("CON-005")
def test_a_file_over_the_limit_is_rejected(tmp_path: Path) -> None:
    assert _rules(_zip(tmp_path / "a.zip", ("a", b"x" * 100)), tmp_path, max_file_bytes=99) == {"CON-005"}


@pytest.mark.rule("CON-001")
def test_a_member_that_lies_about_its_size_ends_at_the_lie(tmp_path: Path) -> None:
    data = bytearray(_zip(tmp_path / "a.zip", ("a", b"x" * 5000)).read_bytes())
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", data, data.index(mark) + offset, 10)
    (tmp_path / "b.zip").write_bytes(data)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    answer = unpack(scratch=scratch, path=str(tmp_path / "b.zip"), **LIMITS)
    assert [finding["rule"] for finding in answer["findings"]] == ["CON-001"]


@pytest.mark.rule("CON-006")
@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("names", [("a", "a"), ("a", "a/b"), ("e\u0301", "\u00e9")])
def test_two_files_of_one_path_are_rejected(tmp_path: Path, names: tuple[str, str]) -> None:
    assert _rules(_zip(tmp_path / "a.zip", *((name, b"x") for name in names)), tmp_path) == {"CON-006"}
