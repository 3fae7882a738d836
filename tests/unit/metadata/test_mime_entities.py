"""Parts of a message by their bytes: what a signature is over, whatever the program that wrote it did."""

from __future__ import annotations

import email
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.mime_entities import (
    MOST_PARTS,
    MimeUnreadableError,
    begins_like_mime,
    decoded_body,
    entity_of,
    with_crlf,
)

SIGNED = (
    b'From: a@x.vn\r\nContent-Type: multipart/signed; boundary="b"\r\n\r\npreamble\r\n--b\r\n'
    b"Content-Type: text/plain\r\n\r\nwords\r\n\r\n--b  \r\nContent-Type: application/pkcs7-signature\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--b--\r\nepilogue"
)


def test_a_part_begins_behind_its_boundary_line_and_ends_before_the_line_end_of_the_next() -> None:
    whole = entity_of(SIGNED)
    first, second = whole.children
    assert SIGNED[first.start : first.end] == b"Content-Type: text/plain\r\n\r\nwords\r\n"
    assert (whole.kind, second.kind, whole.closed) == ("multipart/signed", "application/pkcs7-signature", True)
    assert decoded_body(SIGNED, second) == b"\0\1\2"


def test_unix_line_ends_make_no_difference_but_for_the_bytes() -> None:
    data = SIGNED.replace(b"\r\n", b"\n")
    first = entity_of(data).children[0]
    assert data[first.start : first.end] == b"Content-Type: text/plain\n\nwords\n"
    assert with_crlf(data) == SIGNED


def test_a_boundary_that_begins_like_another_and_one_inside_a_line_are_no_boundary() -> None:
    data = (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=b2\n\n"
        b"--b2\n\nx --b\n--b2--\n--b\n\ny\n--b--\n"
    )
    outer = entity_of(data)
    inner, second = outer.children
    assert [data[one.body : one.end] for one in (*inner.children, second)] == [b"x --b", b"y"]


def test_a_message_that_begins_with_its_boundary_is_read_too() -> None:
    data = b"--goc\r\nContent-Type: text/xml\r\nContent-ID: <a@b>\r\n\r\n<x/>\r\n--goc--\r\n"
    (part,) = entity_of(data).children
    assert (part.kind, part.content_id, data[part.body : part.end]) == ("text/xml", "a@b", b"<x/>")
    assert begins_like_mime(data)
    assert not begins_like_mime(b"<?xml version='1.0'?>")


def test_what_is_cut_off_says_so_and_what_is_endless_is_refused() -> None:
    cut = entity_of(SIGNED[: SIGNED.index(b"--b--")])
    assert (cut.closed, len(cut.children)) == (False, 2)
    many = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n\n" * (MOST_PARTS + 1)
    with pytest.raises(MimeUnreadableError):
        entity_of(many)
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(60))
    with pytest.raises(MimeUnreadableError):
        entity_of(deep)


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "8bit"])
def test_bodies_are_what_the_librarys_parser_makes_of_them(encoding: str) -> None:
    made = EmailMessage()
    made.set_content("Kính gửi = các sở\nHai dòng\n", cte=encoding)
    made.add_attachment(bytes(range(256)), maintype="application", subtype="octet-stream", filename="a.bin")
    data = made.as_bytes()
    theirs = [
        part.get_payload(decode=True) for part in email.message_from_bytes(data).walk() if not part.is_multipart()
    ]
    ours = [decoded_body(data, one) for one in entity_of(data).walk() if not one.children]
    # The library takes the line end before a boundary for the part's, of text that it decodes.
    assert [one.rstrip(b"\n") for one in ours] == [bytes(one).rstrip(b"\n") for one in theirs if isinstance(one, bytes)]


@given(
    st.lists(
        st.sampled_from([b"--b", b"--b--", b"\r\n", b"\n", b"Content-Type: multipart/mixed; boundary=b", b"x", b":"])
    )
)
def test_whatever_the_bytes_are_parts_lie_inside_and_in_order(pieces: list[bytes]) -> None:
    data = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"".join(pieces)
    try:
        whole = entity_of(data)
    except MimeUnreadableError:
        return
    for one in whole.walk():
        assert 0 <= one.start <= one.body <= one.end <= len(data)
        ends = [place for child in one.children for place in (child.start, child.end)]
        assert ends == sorted(ends)
