"""XML of other programs is walked through in flat memory; what is hostile or broken is refused with its line."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.xml.reading import XmlRefusedError
from metadata.xml.walking import DEEPEST, MOST_TEXT, MOST_TOKEN_BYTES, Name, walk


class Heard:
    def __init__(self) -> None:
        self.starts: list[tuple[Name, Mapping[str, str], int]] = []
        self.ends: list[tuple[Name, str]] = []

    def start(self, name: Name, attributes: Mapping[str, str], line: int) -> None:
        self.starts.append((name, attributes, line))

    def end(self, name: Name, text: str) -> None:
        self.ends.append((name, text))


def heard(document: str | bytes) -> Heard:
    visitor = Heard()
    walk(io.BytesIO(document.encode() if isinstance(document, str) else document), visitor)
    return visitor


def test_elements_come_with_namespace_attributes_line_and_own_text() -> None:
    found = heard('<a xmlns="urn:x" xmlns:y="urn:y"\n y:href="1"><y:b>  một <c/>hai </y:b>\n<d/></a>')
    assert found.starts == [
        (("urn:x", "a"), {"href": "1"}, 1),
        (("urn:y", "b"), {}, 2),
        (("urn:x", "c"), {}, 2),
        (("urn:x", "d"), {}, 3),
    ]
    assert found.ends == [(("urn:x", "c"), ""), (("urn:y", "b"), "một hai"), (("urn:x", "d"), ""), (("urn:x", "a"), "")]


def test_an_attribute_without_namespace_goes_before_one_with() -> None:
    assert heard('<a xmlns:x="urn:x" x:type="foreign" type="own"/>').starts[0][1] == {"type": "own"}
    assert heard('<a xmlns:x="urn:x" type="own" x:type="foreign"/>').starts[0][1] == {"type": "own"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252", "windows-1258"])
def test_common_encodings_are_read(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><a>é</a>'
    assert heard(text.encode(encoding)).ends == [(("", "a"), "é")]


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (b"", "no element"),
        (b"  ", "no element"),
        (b"PK\x03\x04", "not well-formed"),
        (b"<a>", "line 1"),
        (b"<a>\n<b></a>", "line 2: mismatched"),
        (b"<!DOCTYPE a><a/>", "DOCTYPE"),
        (b"<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "DOCTYPE"),
        (b"<!DOCTYPE a SYSTEM 'http://example.org/a.dtd'><a/>", "DOCTYPE"),
        (b"<a>&x;</a>", "undefined entity"),
        (b"<a>" * (DEEPEST + 1), f"more than {DEEPEST} elements"),
        (b"<a b='" + b"x" * (MOST_TOKEN_BYTES + (1 << 18)), f"a tag of more than {MOST_TOKEN_BYTES}"),
        (b"<a>" + b"x" * (MOST_TEXT + 1) + b"</a>", f"a text of more than {MOST_TEXT}"),
        (b"<a>" * 3 + b"</a>" * 3 + b"<a/>", "junk"),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', "encoding"),
        (b'<?xml version="1.0" encoding="shift_jis"?><a/>', "encoding"),
        (b"<a>\xff</a>", "not well-formed"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value.replace(" ", "-"),
)
def test_what_is_broken_or_hostile_is_refused_with_its_reason(document: bytes, why: str) -> None:
    with pytest.raises(XmlRefusedError, match=why):
        heard(document)


@given(st.binary(max_size=200) | st.text(alphabet="<>/a='\"&;! -[]?x", max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused(document: bytes) -> None:
    try:
        heard(document)
    except XmlRefusedError as refusal:
        assert str(refusal)  # noqa: PT017 - either way is right, a refusal without words is not


class Endless(io.RawIOBase):
    """A document of a given number of elements that is never in memory as a whole."""

    def __init__(self, elements: int) -> None:
        self._parts: Iterator[bytes] = iter(
            [b"<a>", *(b"<b c='%06d'>text</b>\n" * 1000 % tuple(range(1000)) for _ in range(elements // 1000)), b"</a>"]
        )

    def read(self, size: int = -1) -> bytes:
        return next(self._parts, b"")


def test_memory_does_not_grow_with_the_document() -> None:
    class Counting:
        count = 0

        def start(self, name: Name, attributes: Mapping[str, str], line: int) -> None:
            self.count += 1

        def end(self, name: Name, text: str) -> None:
            pass

    peaks = []
    for elements in (2_000, 20_000):
        document = Endless(elements)
        tracemalloc.start()
        visitor = Counting()
        walk(document, visitor)  # type: ignore[arg-type]  # nothing but `read` is asked of it
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert visitor.count == elements + 1
    assert peaks[1] < peaks[0] + 300_000
