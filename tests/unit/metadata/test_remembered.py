"""Values are read out of the same bytes once, never more of them are kept than allowed, and nothing stale is given."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from metadata.remembered import Remembered


class Reader:
    """Reads JSON, and counts how often."""

    def __init__(self) -> None:
        self.read: list[bytes] = []

    def __call__(self, data: bytes) -> object:
        self.read.append(data)
        return json.loads(data)


def test_the_same_bytes_are_read_once_and_others_anew() -> None:
    reader = Reader()
    remembered = Remembered(reader, 1000)
    assert remembered(b'{"title": "one"}') is remembered(b'{"title": "one"}')
    assert remembered(b'{"title": "two"}') == {"title": "two"}
    assert reader.read == [b'{"title": "one"}', b'{"title": "two"}']


def test_what_was_asked_for_last_is_kept_up_to_so_many_bytes() -> None:
    reader = Reader()
    remembered = Remembered(reader, 10)
    for data in (b"[1,1]", b"[2,2]", b"[1,1]", b"[3,3]", b"[1,1]"):
        remembered(data)
    assert reader.read == [b"[1,1]", b"[2,2]", b"[3,3]"]
    remembered(b"[2,2]")
    assert reader.read[3:] == [b"[2,2]"]


def test_what_is_larger_than_all_that_may_be_kept_is_read_each_time_and_drives_nothing_out() -> None:
    reader = Reader()
    remembered = Remembered(reader, 10)
    for data in (b"[1]", b'["much too long"]', b'["much too long"]', b"[1]"):
        remembered(data)
    assert reader.read == [b"[1]", b'["much too long"]', b'["much too long"]']


def test_an_error_is_kept_by_nobody() -> None:
    reader = Reader()
    remembered = Remembered(reader, 100)
    for _ in range(2):
        with pytest.raises(ValueError, match="Expecting"):
            remembered(b"broken")
    assert reader.read == [b"broken"] * 2


def test_many_threads_get_what_their_bytes_say() -> None:
    remembered = Remembered(Reader(), 40)
    asked = [f"[{number % 20}]".encode() for number in range(2000)]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(remembered, asked)) == [[number % 20] for number in range(2000)]
