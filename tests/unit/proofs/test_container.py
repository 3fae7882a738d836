"""The ZIP of a proof: one layout, in which no byte can be changed unseen."""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.preservation.proofs.container import (
    Container,
    ContainerBrokenError,
    Entry,
    directory,
    local_header,
    write_container,
)


@dataclass(frozen=True)
class Piece:
    name: str
    data: bytes
    told: int | None = None

    @property
    def size(self) -> int:
        return len(self.data) if self.told is None else self.told

    def chunks(self) -> Iterator[bytes]:
        yield from (self.data[at : at + 7] for at in range(0, len(self.data), 7))


PIECES = (Piece("manifest.json", b"{}\n"), Piece("document/rep1/a.pdf", b"%PDF-1.7 " * 20), Piece("empty", b""))


def written(*pieces: Piece) -> bytes:
    out = io.BytesIO()
    write_container(out, pieces)
    return out.getvalue()


def sound(data: bytes) -> bool:
    """Whether the layout holds and every member has its check sum."""
    try:
        container = Container(io.BytesIO(data))
    except ContainerBrokenError:
        return False
    return all(zlib.crc32(b"".join(container.window(e.name).chunks())) == e.crc for e in container.entries)


def test_an_ordinary_reader_of_zip_opens_it() -> None:
    with zipfile.ZipFile(io.BytesIO(written(*PIECES))) as archive:
        assert archive.testzip() is None
        assert [(i.filename, archive.read(i), i.compress_type) for i in archive.infolist()] == [
            (piece.name, piece.data, zipfile.ZIP_STORED) for piece in PIECES
        ]


def test_the_same_members_give_the_same_bytes() -> None:
    assert written(*PIECES) == written(*PIECES)


def test_members_are_read_as_a_whole_and_in_parts() -> None:
    container = Container(io.BytesIO(written(*PIECES)))
    assert container.read("manifest.json", max_bytes=3) == b"{}\n"
    window = container.window("document/rep1/a.pdf")
    assert window.read_at(1, 3) == b"PDF"
    assert window.read_at(window.size - 2, 100) == b"7 "
    assert b"".join(window.chunks(5, 12)) == PIECES[1].data[5:12]
    with pytest.raises(ContainerBrokenError, match="3 bytes"):
        container.read("manifest.json", max_bytes=2)
    with pytest.raises(ContainerBrokenError, match="missing"):
        container.read("other", max_bytes=9)


def test_every_changed_byte_is_seen_wherever_it_stands() -> None:
    whole = written(*PIECES)
    for place in range(len(whole)):
        for bit in (0x01, 0x80):
            changed = bytearray(whole)
            changed[place] ^= bit
            assert not sound(bytes(changed)), place


@given(st.integers(0, len(written(*PIECES))), st.binary(min_size=1, max_size=30))
def test_bytes_added_anywhere_are_seen(place: int, more: bytes) -> None:
    whole = written(*PIECES)
    assert not sound(whole[:place] + more + whole[place:])


@given(st.integers(0, len(written(*PIECES)) - 1))
def test_a_file_that_is_cut_off_is_seen(length: int) -> None:
    assert not sound(written(*PIECES)[:length])


@given(st.binary(max_size=400))
def test_whatever_the_bytes_are_only_the_named_error_comes_out(data: bytes) -> None:
    assert not sound(data)
    assert not sound(data + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 3, 3, len(data), 0, 0))


def made_by_zipfile(change: Callable[[zipfile.ZipFile], None]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        change(archive)
    return out.getvalue()


@pytest.mark.parametrize(
    "name",
    ["../manifest.json", "/etc/passwd", "a/../b", "a//b", "a\\b", ".hidden", "a/.b", "ạ", "a b", "C:x", "a" * 300],
)
def test_names_that_could_leave_a_folder_are_refused_in_both_directions(name: str) -> None:
    with pytest.raises(ContainerBrokenError):
        written(Piece(name, b"x"))
    assert not sound(made_by_zipfile(lambda archive: archive.writestr(name, b"x")))


def test_a_bomb_is_no_proof_and_is_never_unpacked() -> None:
    def bomb(archive: zipfile.ZipFile) -> None:
        archive.writestr("manifest.json", bytes(8 << 20), zipfile.ZIP_DEFLATED)

    assert not sound(made_by_zipfile(bomb))


def test_a_symbolic_link_is_refused() -> None:
    def link(archive: zipfile.ZipFile) -> None:
        info = zipfile.ZipInfo("manifest.json", (1980, 1, 1, 0, 0, 0))
        info.external_attr = 0o120777 << 16
        archive.writestr(info, b"/etc/passwd")

    assert not sound(made_by_zipfile(link))


def test_two_members_of_one_name_or_one_inside_another_are_refused() -> None:
    with pytest.raises(ContainerBrokenError):
        written(Piece("a", b"1"), Piece("A", b"2"))
    for names in (("a", "a"), ("a", "a/b"), ("a", "A")):
        entries = [Entry(name, 1, zlib.crc32(b"x")) for name in names]
        whole = b"".join(local_header(entry) + b"x" for entry in entries) + directory(entries)[0]
        assert not sound(whole)


def test_a_directory_that_tells_ten_gigabytes_is_refused_at_once() -> None:
    entries = [Entry("manifest.json", 10 << 30, 0)]
    tail, _ = directory(entries)
    assert not sound(local_header(entries[0]) + b"x" * 100 + tail)


def test_a_source_that_gives_other_bytes_than_it_told_ends_the_writing() -> None:
    with pytest.raises(ContainerBrokenError, match="4 were told"):
        written(Piece("a", b"123", told=4))


def test_a_member_beyond_four_gibibytes_is_listed_so_that_others_find_it(tmp_path: Path) -> None:
    """Headers only: the bytes between are a hole in the file."""
    entries = [Entry("document/large", (4 << 30) + 5, 7), Entry("behind", 2, zlib.crc32(b"ab"))]
    tail, where = directory(entries)
    path = tmp_path / "large.zip"
    with path.open("wb") as out:
        out.write(local_header(entries[0]))
        out.seek(entries[0].size, os.SEEK_CUR)
        out.write(local_header(entries[1]) + b"ab")
        assert out.tell() == where
        out.write(tail)
    with path.open("rb") as stream:
        container = Container(stream)
        assert container.read("behind", max_bytes=2) == b"ab"
        assert container.size_of("document/large") == entries[0].size
    with zipfile.ZipFile(path) as archive:
        assert archive.read("behind") == b"ab"
        assert archive.getinfo("document/large").file_size == entries[0].size
