"""Packed bytes come back whole or not at all, and a bomb stays small."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.packing import PackedUnreadableError, pack_lines, packed, unpack_lines, unpacked


@given(st.binary(max_size=200))
def test_bytes_come_back(data: bytes) -> None:
    assert unpacked(packed(data), max_bytes=200) == data


@given(st.lists(st.binary(max_size=50).map(lambda line: line.replace(b"\n", b"")), max_size=5))
def test_lines_come_back(lines: list[bytes]) -> None:
    stream = io.BytesIO()
    assert pack_lines(stream, lines) == len(lines)
    assert list(unpack_lines(io.BytesIO(stream.getvalue()), max_line_bytes=50)) == lines


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = packed(b"\0" * (64 << 20))
    assert len(bomb) < 10_000
    with pytest.raises(PackedUnreadableError, match="allowed"):
        unpacked(bomb, max_bytes=1 << 20)
    with pytest.raises(PackedUnreadableError, match="longer"):
        list(unpack_lines(io.BytesIO(bomb), max_line_bytes=1 << 20))


def test_damage_never_gives_other_lines_and_a_cut_is_always_seen() -> None:
    stream = io.BytesIO()
    lines = [f"dòng {number}".encode() for number in range(40)]
    pack_lines(stream, lines)
    whole = stream.getvalue()
    refused = 0
    for place in range(len(whole)):
        for damaged in (whole[:place], whole + whole[: place + 1]):
            with pytest.raises(PackedUnreadableError):
                list(unpack_lines(io.BytesIO(damaged), max_line_bytes=1 << 20))
        flipped = whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :]
        try:
            # A few bits mean nothing (size of the window, ends of tables): then the lines are the same.
            assert list(unpack_lines(io.BytesIO(flipped), max_line_bytes=1 << 20)) == lines
        except PackedUnreadableError:
            refused += 1
    assert refused > len(whole) * 0.9
    one = packed(b"".join(lines))
    for place in range(len(one)):
        with pytest.raises(PackedUnreadableError):
            unpacked(one[:place], max_bytes=1 << 20)
