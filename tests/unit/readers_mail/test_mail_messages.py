"""Mail read right: charsets that lie, encoded words cut in two, HTML, RTF, Outlook's own files."""

from __future__ import annotations

import base64
import struct
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.engines.inspection import inspect
from ingest.engines.mail_message import Mail, UnreadableMailError, looks_like_mail, read_mail, read_message
from ingest.engines.mail_packed_rtf import unpacked_rtf
from ingest.engines.mail_rendering import rendered
from ingest.engines.mail_texts import Doubts, header_text, html_text, rich_text
from tests.generators.compound import (
    attachment,
    binary,
    compound,
    fixed,
    instant,
    narrow,
    packed_rtf,
    text,
)

SENT = datetime(2024, 3, 1, 2, 30, tzinfo=UTC)


def mail_of(body: str = "Kính gửi", **headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = headers.pop("From", "Sở Nội vụ <vanthu@snv.gov.vn>")
    message["To"] = "UBND <ubnd@tinh.gov.vn>"
    message["Subject"] = headers.pop("Subject", "V/v số hóa tài liệu")
    message["Date"] = headers.pop("Date", "Fri, 01 Mar 2024 09:30:00 +0700")
    message["Message-ID"] = "<1@snv.gov.vn>"
    message.set_content(body)
    return message


def read_bytes(tmp_path: Path, data: bytes) -> Mail:
    (tmp_path / "mail").write_bytes(data)
    return read_mail(tmp_path / "mail")


# ------------------------------------------------------------ RFC 5322


def test_headers_body_and_attachments_are_read() -> None:
    message = mail_of("Kính gửi UBND tỉnh.")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="Tờ trình số 5.pdf")
    mail = read_message(message.as_bytes())
    assert mail.headers["Subject"] == "V/v số hóa tài liệu"
    assert mail.headers["From"] == "Sở Nội vụ <vanthu@snv.gov.vn>"
    assert mail.sent is not None
    assert mail.sent.isoformat() == "2024-03-01T09:30:00+07:00"
    assert mail.body == "Kính gửi UBND tỉnh."
    (one,) = mail.attachments
    assert (one.name, one.mime, one.data) == ("Tờ trình số 5.pdf", "application/pdf", b"%PDF")
    assert mail.doubts.read_as == {}


@pytest.mark.parametrize(
    ("raw", "expected", "doubt"),
    [
        ("=?UTF-8?B?" + base64.b64encode("Quyết định".encode()).decode() + "?=", "Quyết định", {}),
        ("=?utf-8?q?Quy=E1=BA=BFt_=C4=91=E1=BB=8Bnh?=", "Quyết định", {}),
        ("=?utf-8?q?Quy=E1=BA?= =?utf-8?q?=BFt?=", "Quyết", {}),
        ("=?utf-8*vi?q?T=E1=BB=9D?= trình", "Tờ trình", {"utf-8": 1}),
        ("=?iso-8859-1?q?Quy=E1=BA=BFt?=", "Quyết", {"utf-8": 1}),
        ("=?windows-1258?q?Quy=EA=ECt?=", "Quyết", {}),
        ("=?klingon?q?Quy=E1=BA=BFt?=", "Quyết", {"utf-8": 1}),
        ("quy\udcd5t \udcae\udcdenh", "quyết định", {"tcvn3": 1}),
        ("Re: =?utf-8?b?!!!?= x", "Re: x", {}),
        ("plain\r\n folded", "plain folded", {}),
    ],
)
def test_headers_are_read_whatever_their_charset_claims(raw: str, expected: str, doubt: dict[str, int]) -> None:
    doubts = Doubts()
    text_ = raw if "\udcd5" in raw else raw.encode("utf-8").decode("ascii", "surrogateescape")
    assert header_text(text_, doubts) == expected
    assert doubts.read_as == doubt


def test_a_body_that_lies_of_its_charset_is_read_and_counted() -> None:
    head = b"From: a@x.vn\r\nDate: x\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"
    mail = read_message(head + "Kính gửi".encode())
    assert (mail.body, mail.doubts.read_as) == ("Kính gửi", {"utf-8": 1})


def test_names_of_attachments_are_read_in_every_way_of_writing_them() -> None:
    ways = (
        "filename*=UTF-8''T%E1%BB%9D%20tr%C3%ACnh.pdf",
        'filename="=?UTF-8?Q?T=E1=BB=9D_tr=C3=ACnh.pdf?="',
        "filename*0*=UTF-8''T%E1%BB%9D%20; filename*1*=tr%C3%ACnh.pdf",
        'filename="Tờ trình.pdf"',
    )
    for way in ways:
        part = f"Content-Type: application/pdf\r\nContent-Disposition: attachment; {way}\r\n\r\nx\r\n"
        mail = read_message(
            f"From: a@x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n{part}--b--\r\n".encode()
        )
        assert [one.name for one in mail.attachments] == ["Tờ trình.pdf"], way


def test_of_two_bodies_the_plain_one_is_read_and_html_where_there_is_no_other() -> None:
    message = mail_of("bản thường")
    message.add_alternative("<p>bản <b>HTML</b></p>", subtype="html")
    assert read_message(message.as_bytes()).body == "bản thường"
    only = mail_of()
    only.set_content(
        "<html><head><style>x{}</style></head><p>Kính&nbsp;gửi<br>ông</p><script>no()</script>", subtype="html"
    )
    assert read_message(only.as_bytes()).body == "Kính gửi\nông"


def test_pictures_of_the_body_are_no_attachments_of_their_own() -> None:
    message = mail_of()
    message.add_alternative('<img src="cid:logo">', subtype="html")
    shown: Any = message.get_body(("html",))
    assert shown is not None
    shown.add_related(b"\x89PNG", "image", "png", cid="<logo>", filename="logo.png", disposition="inline")
    (one,) = read_message(message.as_bytes()).attachments
    assert one.inline


def test_a_message_inside_is_taken_out_as_it_stands() -> None:
    inner, outer = mail_of("bên trong", Subject="Thư gốc"), mail_of("chuyển tiếp")
    outer.add_attachment(inner)
    (one,) = read_message(outer.as_bytes()).attachments
    assert one.name == "Thư gốc.eml"
    assert read_message(one.data).body == "bên trong"


@pytest.mark.parametrize(
    ("kind", "protection"),
    [
        ('multipart/signed; protocol="application/pkcs7-signature"; boundary=b', ""),
        ('multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b', "encrypted"),
        ("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", "encrypted"),
        ("application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", "signed"),
    ],
)
def test_protection_is_seen(kind: str, protection: str) -> None:
    inside = "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--\r\n" if "boundary" in kind else "AAAA"
    mail = read_message(f"From: a@x\r\nContent-Type: {kind}\r\n\r\n{inside}".encode())
    assert mail.protection == protection


def test_damage_is_told_and_the_rest_read() -> None:
    cut = b"From: a@x\r\nSubject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nwords"
    mail = read_message(cut)
    assert mail.body == "words"
    assert mail.defects


@pytest.mark.parametrize(
    "data",
    [b"", b"\0\0\0", b"just words\nand more\n", b"{json: 1}", b"From here to there we go\n\nno", b"%PDF-1.7\nFrom: x"],
)
def test_what_is_no_mail_is_none(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UnreadableMailError):
        read_bytes(tmp_path, data)


@pytest.mark.parametrize("first", ["Subject: x", "MIME-Version: 1.0", "X-Mailer: y", "Received: by z", "From MAILER x"])
def test_a_mail_is_known_by_its_headers_in_any_order(first: str) -> None:
    head = f"{first}\r\nFrom: a@x\r\nX-Long: a\r\n b\r\nDate: y\r\n\r\nbody without colon".encode()
    assert looks_like_mail(head)


@given(
    st.binary(max_size=400)
    | st.text("=?UTF-8bq \r\n\tA:\udcd5é", max_size=80).map(lambda t: t.encode("utf-8", "replace"))
)
def test_no_bytes_break_the_reader(data: bytes) -> None:
    mail = read_message(b"From: a@x\r\nSubject: " + data)
    assert rendered(mail)
    assert "\0" not in mail.body


@given(st.text(max_size=200))
def test_no_html_breaks_the_reader_and_no_tag_survives_rendering(html: str) -> None:
    words = html_text(f"<p>{html}<script>evil()</script></p>")
    mail = Mail(headers={"Subject": html}, body=words)
    assert "<script" not in rendered(mail).lower()


# ------------------------------------------------------------ Outlook


def outlook(**inside: object) -> bytes:
    properties = {
        **text(0x0037, "V/v số hóa"),
        **text(0x0C1A, "Sở Nội vụ"),
        **text(0x5D01, "vanthu@snv.gov.vn"),
        **text(0x0E04, "UBND tỉnh"),
        **text(0x1000, "Kính gửi\r\nUBND tỉnh"),
        **fixed({(0x0039, 0x0040): instant(SENT), (0x3FFD, 0x0003): struct.pack("<L", 1258)}),
    }
    return compound({**properties, **inside})  # type: ignore[dict-item]


def test_a_message_of_outlook_is_read(tmp_path: Path) -> None:
    pdf = attachment(
        0, {**text(0x3707, "Tờ trình.pdf"), **text(0x370E, "application/pdf"), **binary(0x3701, b"%PDF" * 2000)}
    )
    mail = read_bytes(tmp_path, outlook(**pdf))
    assert mail.headers["From"] == "Sở Nội vụ <vanthu@snv.gov.vn>"
    assert (mail.headers["Subject"], mail.headers["To"]) == ("V/v số hóa", "UBND tỉnh")
    assert mail.sent == SENT
    assert mail.body == "Kính gửi\nUBND tỉnh"
    (one,) = mail.attachments
    assert (one.name, one.mime, one.data) == ("Tờ trình.pdf", "application/pdf", b"%PDF" * 2000)


def test_texts_in_the_code_page_of_the_message_are_read(tmp_path: Path) -> None:
    subject = "Quyê\u0301t đi\u0323nh".encode("cp1258")
    data = compound({**narrow(0x0037, subject), **fixed({(0x3FFD, 0x0003): struct.pack("<L", 1258)})})
    assert read_bytes(tmp_path, data).headers["Subject"] == "Quyết định"


def test_headers_of_the_transport_go_before_what_outlook_made_of_them(tmp_path: Path) -> None:
    headers = "From: =?utf-8?q?S=E1=BB=9F?= <a@x.vn>\r\nDate: Fri, 01 Mar 2024 09:30:00 +0700\r\nX: y\r\n z\r\n"
    mail = read_bytes(tmp_path, outlook(**text(0x007D, headers)))
    assert mail.headers["From"] == "Sở <a@x.vn>"
    assert mail.sent is not None
    assert mail.sent.utcoffset() is not None
    assert mail.sent.hour == 9


@pytest.mark.parametrize(
    "body",
    [
        binary(0x1009, packed_rtf(rb"{\rtf1\ansi\ansicpg1258 K\'ednh g\u7917?i\par}")),
        binary(0x1013, "<p>Kính gửi</p>".encode()),
    ],
)
def test_bodies_in_rtf_and_html_are_read(tmp_path: Path, body: dict[str, bytes]) -> None:
    assert read_bytes(tmp_path, outlook(**{**text(0x1000, ""), **body})).body == "Kính gửi"


def test_packed_rtf_repeats_its_window() -> None:
    """The example of [MS-OXRTFCP] 3.2."""
    whole = "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
    assert unpacked_rtf(bytes.fromhex(whole)) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"


def test_a_message_inside_a_message_of_outlook_is_kept_as_its_words(tmp_path: Path) -> None:
    inner = {**text(0x0037, "Thư gốc"), **text(0x1000, "bên trong"), **fixed({}, 24)}
    nested = attachment(0, {"__substg1.0_3701000D": inner})
    (one,) = read_bytes(tmp_path, outlook(**nested)).attachments
    assert one.name == "Thư gốc.txt"
    assert "bên trong" in one.data.decode()


@pytest.mark.parametrize("cut", [513, 1500, 3000])
def test_a_damaged_message_of_outlook_is_told_as_such(tmp_path: Path, cut: int) -> None:
    (tmp_path / "x.msg").write_bytes(outlook()[:cut])
    answer = inspect(scratch=tmp_path, path=str(tmp_path / "x.msg"), mime="message/rfc822")
    assert answer["inspection"]["problem"] in {"ING-011", ""}
    (tmp_path / "y.msg").write_bytes(compound({"WordDocument": b"x"}))
    answer = inspect(scratch=tmp_path, path=str(tmp_path / "y.msg"), mime="message/rfc822")
    assert answer["inspection"]["problem"] == "ING-011"


def test_a_look_inside_counts_attachments(tmp_path: Path) -> None:
    message = mail_of()
    message.add_attachment(b"x", maintype="application", subtype="pdf", filename="a.pdf")
    (tmp_path / "x.eml").write_bytes(message.as_bytes())
    answer = inspect(scratch=tmp_path, path=str(tmp_path / "x.eml"), mime="message/rfc822")
    assert ["ING-031", "1"] in [list(found) for found in answer["findings"]]


@pytest.mark.rule("MAIL-017")
def test_a_message_that_a_list_names_says_by_itself_that_it_is_secret(tmp_path: Path) -> None:
    answers = []
    for header in ("X-Do-Mat: Tối mật", "X-Do-Mat: Không mật"):
        (tmp_path / "x.eml").write_bytes(f"{header}\r\n".encode() + mail_of().as_bytes())
        answers.append(inspect(scratch=tmp_path, path=str(tmp_path / "x.eml"), mime="message/rfc822")["findings"])
    assert answers == [[("MAIL-017", "X-Do-Mat")], []]


def test_rtf_of_a_code_page_nobody_knows_is_read_as_it_can_be() -> None:
    assert rich_text(rb"{\rtf1\ansicpg99999 caf\'e9}") == "café"
