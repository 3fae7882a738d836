"""The ZIP of an export: read by others as it was meant, however large, in memory that does not grow with it."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.dissemination.zip_stream import NameTakenError, ZipStream

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\x00\\"), min_size=1)


def made(members: dict[str, bytes], folder: Path, limit: int = 0xFFFFFFFF) -> bytes:
    out = io.BytesIO()
    stream = ZipStream(out, folder, limit=limit)
    for name, data in members.items():
        stream.add(name, [data[:3], data[3:]])
    stream.close()
    return out.getvalue()


def read(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        return {info.filename: archive.read(info) for info in archive.infolist()}


@given(members=st.dictionaries(NAMES, st.binary(max_size=50), max_size=8), limit=st.sampled_from([1, 40, 0xFFFFFFFF]))
def test_another_reader_finds_every_member_whatever_the_widths_of_numbers(
    tmp_path_factory: pytest.TempPathFactory, members: dict[str, bytes], limit: int
) -> None:
    """A low limit writes what only files of 4 GiB and more would have: sizes and offsets in 64 bits."""
    folder = tmp_path_factory.getbasetemp()
    data = made(members, folder, limit)
    assert read(data) == members
    assert data == made(members, folder, limit)


def test_more_members_than_16_bits_count_are_all_found(tmp_path: Path) -> None:
    count = 0xFFFF + 2
    out = io.BytesIO()
    stream = ZipStream(out, tmp_path)
    for number in range(count):
        stream.add(f"{number}.txt", [b"x"])
    stream.close()
    with zipfile.ZipFile(out) as archive:
        names = archive.namelist()
        assert len(names) == count
        assert archive.read(names[-1]) == b"x"


def test_a_name_is_taken_once_and_what_was_written_stays_whole(tmp_path: Path) -> None:
    out = io.BytesIO()
    stream = ZipStream(out, tmp_path)
    stream.add("a", [b"1"])
    with pytest.raises(NameTakenError):
        stream.add("a", [b"2"])
    stream.close()
    assert read(out.getvalue()) == {"a": b"1"}


_MEASURED = """
import resource, sys
from pathlib import Path
from archive.dissemination.zip_stream import ZipStream
def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
with open(sys.argv[1], "wb") as out:
    stream = ZipStream(out, Path(sys.argv[1]).parent)
    for number in range(40_000):
        stream.add(f"uuid-5AB23434-1D13-5BFF-840C-0F43ECDBD5CB/representations/rep1/data/{number:07d}.pdf", [b"x"])
        if number == 5_000:
            before = peak()
    stream.close()
print(peak() - before)
"""


def test_memory_does_not_grow_with_the_members(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, str(tmp_path / "a.zip")],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert int(done.stdout) < 10, "35,000 members in a list of Python's own writer take 16 MiB"
