"""Damaged containers: refused with a rule, or what comes out is what went in; never a fault, never half."""

from __future__ import annotations

import io
import json
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ingest.engines.mail_reading import read as read_mail
from ingest.engines.unpacking import unpack
from metadata.rules import rules
from tests.generators.compound import attachment, binary, compound, fixed, text

CONTENTS = tuple(f"nội dung {number} ".encode() * 40 for number in range(3))


def _zip(method: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for number, data in enumerate(CONTENTS):
            archive.writestr(f"Hồ sơ/{number}.txt", data)
    return stream.getvalue()


def _tar(packing: str) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=f"w:{packing}") as archive:  # type: ignore[call-overload]
        for number, data in enumerate(CONTENTS):
            info = tarfile.TarInfo(f"Hồ sơ/{number}.txt")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


ZIPS = tuple(map(_zip, (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)))
TARS = tuple(map(_tar, ("", "gz", "bz2", "xz")))
MESSAGE = (
    b"From: =?utf-8?q?S=E1=BB=9F?= <a@x.vn>\r\nDate: Fri, 01 Mar 2024 09:30:00 +0700\r\nSubject: x\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    b'words\r\n--b\r\nContent-Type: application/pdf; name="a.pdf"\r\n'
    b"Content-Transfer-Encoding: base64\r\n\r\nJVBERg==\r\n--b--\r\n"
)
OUTLOOK = compound(
    {**text(0x0037, "V/v"), **fixed({}), **attachment(0, {**text(0x3707, "a.pdf"), **binary(0x3701, b"%PDF")})}
)


@st.composite
def damaged(draw: st.DrawFn, seeds: tuple[bytes, ...]) -> bytes:
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, len(data) - 1)))
        match draw(st.sampled_from(["byte", "long", "cut", "end", "more"])):
            case "byte":
                data[place : place + 1] = bytes([draw(st.integers(0, 255))])
            case "long":
                data[place : place + 4] = draw(st.sampled_from([b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff"]))
            case "cut":
                del data[place : place + draw(st.integers(1, 60))]
            case "end":
                del data[place:]
            case _:
                data[place:place] = draw(st.binary(min_size=1, max_size=30))
    return bytes(data)


def _unpacked(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """The answer, and what came out where something did."""
    with tempfile.TemporaryDirectory() as folder:
        path, scratch = Path(folder, "x"), Path(folder, "scratch")
        path.write_bytes(data)
        scratch.mkdir()
        answer = unpack(scratch=scratch, path=str(path), max_file_bytes=1 << 22, max_total_bytes=1 << 24)
        if "outputs" not in answer:
            return answer, []
        lines = (scratch / "members.jsonl").read_text(encoding="ascii").splitlines()
        return answer, [(scratch / json.loads(line)["number"]).read_bytes() for line in lines]


@given(damaged(ZIPS))
def test_a_damaged_zip_is_refused_or_gives_what_was_packed(data: bytes) -> None:
    answer, found = _unpacked(data)
    assert all(finding["rule"] in rules() for finding in answer["findings"])
    assert found or answer["findings"]
    assert set(found) <= set(CONTENTS), "the checksum holds for every member"


@given(damaged(TARS))
def test_a_damaged_tar_is_refused_or_gives_whole_members(data: bytes) -> None:
    answer, found = _unpacked(data)
    assert all(finding["rule"] in rules() for finding in answer["findings"])
    assert found or answer["findings"]


@given(damaged((MESSAGE, OUTLOOK)))
def test_a_damaged_mail_is_read_as_far_as_it_goes(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, scratch = Path(folder, "x.eml"), Path(folder, "scratch")
        path.write_bytes(data)
        scratch.mkdir()
        answer = read_mail(scratch=scratch, path=str(path))
    assert answer["problem"] or "headers" in answer
    assert json.dumps(answer)
