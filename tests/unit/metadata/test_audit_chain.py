"""The chain of the trail as bytes: canonical form, links, headings, heads."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.audit_chain import (
    EMPTY,
    NOTHING,
    ChainDocumentError,
    ChainHead,
    Link,
    SegmentHeading,
    canonical,
    digest_of,
    linked,
)

ROOT = Path(__file__).resolve().parents[3]
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = texts | st.integers(-(2**53), 2**53) | st.lists(texts, max_size=2) | st.dictionaries(texts, texts, max_size=2)
bodies = st.dictionaries(texts, values, max_size=4)


@given(bodies)
def test_lines_are_those_that_the_first_release_sealed(body: dict[str, object]) -> None:
    assert canonical(body) == orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4))
def test_lines_are_utf_8_without_newline_and_come_back_to_the_letter(body: dict[str, str]) -> None:
    line = canonical(body)
    assert b"\n" not in line
    assert json.loads(line.decode()) == body


def test_each_event_names_the_digest_of_the_line_before() -> None:
    head = EMPTY
    lines = []
    for number in range(4):
        body, head = linked({"id": str(number), "at": f"2026-11-28T00:00:0{number}.000Z"}, head)
        lines.append(canonical(body))
    links = [Link.of_line(line) for line in lines]
    assert [link.seq for link in links] == [1, 2, 3, 4]
    assert [link.previous for link in links] == [NOTHING, *(hashlib.sha256(line).hexdigest() for line in lines[:-1])]
    assert (head.seq, head.sha256, head.at) == (4, digest_of(lines[-1]), "2026-11-28T00:00:03.000Z")


def test_heads_and_headings_come_back_from_their_bytes() -> None:
    head = ChainHead(7, "ab" * 32, "2026-11-28T00:00:00.000Z")
    assert ChainHead.of_document(head.document()) == head
    heading = SegmentHeading.over([b"{}", b"[]"], 12)
    assert SegmentHeading.of_line(heading.line()) == heading
    assert (heading.first, heading.last, heading.events) == (12, 13, 2)
    assert SegmentHeading.of_line(b'{"id":"1"}') is None, "a segment of the first form begins with an event"


@given(st.binary(max_size=40) | bodies.map(canonical))
def test_whatever_is_read_as_a_head_a_heading_or_a_link_is_one_or_a_named_error(data: bytes) -> None:
    for read in (ChainHead.of_document, SegmentHeading.of_line, Link.of_line):
        try:
            read(data)
        except ChainDocumentError:
            continue


@pytest.mark.parametrize(
    "document",
    [
        b'{"form":"luutru audit head 1","seq":"x","sha256":"","at":""}',
        b'{"form":"luutru audit head 2","seq":1,"sha256":"","at":""}',
        b"[" * 100_000,
    ],
)
def test_a_document_that_only_looks_like_a_head_is_refused(document: bytes) -> None:
    with pytest.raises(ChainDocumentError):
        ChainHead.of_document(document)


@pytest.mark.parametrize("seq", ['"1"', "true", "1.5", "null"])
def test_a_number_that_is_none_is_no_link(seq: str) -> None:
    with pytest.raises(ChainDocumentError):
        Link.of_line(f'{{"seq":{seq},"previous":"{NOTHING}"}}'.encode())


def test_the_chain_can_be_followed_by_a_bare_python() -> None:
    code = (
        f"import sys; sys.path[:0] = [{str(ROOT)!r}]; import metadata.audit_chain; print(metadata.audit_chain.NOTHING)"
    )
    answer = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == NOTHING
