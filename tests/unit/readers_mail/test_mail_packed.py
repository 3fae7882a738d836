"""Mail whose words and files are packed: `winmail.dat`, opaque S/MIME; and mail that only a key opens."""

from __future__ import annotations

import base64
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.engines.inspection import Look, ProblemError
from ingest.engines.inspection_mail import look
from ingest.engines.inspection_signature import look as look_into_signature
from ingest.engines.mail_message import Mail, read_mail, read_message
from ingest.engines.mail_smime import signed_content
from ingest.engines.mail_texts import Doubts
from ingest.engines.mail_tnef import DEEPEST, TnefUnreadableError, read_tnef
from ingest.readers.mail import MailReader
from metadata.descriptions import Delivery
from tests.fakes.workers import InlineWorkers
from tests.fixtures.pki import Corpus
from tests.generators import tnef as packed
from tests.generators.compound import attachment, binary, compound, fixed, text
from tests.generators.mails import BODY, HEAD, opaque, parted

PDF = b"%PDF-1.7\n" + bytes(50)
"""Ends in zeros: they are part of it."""

ENVELOPED = bytes.fromhex("300f06092a864886f70d010703a0023000")
PGP = "-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----\n"


def with_winmail(data: bytes, body: str = "") -> bytes:
    made = EmailMessage()
    made["From"], made["Subject"], made["Date"] = "a@x.vn", "V/v", "Mon, 15 Jun 2026 09:00:00 +0700"
    made.set_content(body)
    made.add_attachment(data, maintype="application", subtype="ms-tnef", filename="winmail.dat")
    return made.as_bytes()


def delivered(folder: Path, data: bytes, name: str = "x.eml") -> Delivery:
    (folder / name).write_bytes(data)
    return MailReader(InlineWorkers()).read(folder / name, folder / "room")


def told(delivery: Delivery) -> dict[str, dict[str, str]]:
    return {finding.rule: finding.values for finding in delivery.findings if finding.rule != "MAIL-001"}


OUTLOOK = packed.tnef(
    packed.attribute(packed.MESSAGE, 0x8004, "V/v số hóa\0".encode("cp1258", "replace"), kind=1),
    packed.attribute(
        packed.MESSAGE,
        0x9003,
        packed.properties(
            packed.named(b"abc"), packed.several(0x1234, (1, 2, 3)), packed.text(0x1000, "Kính gửi Sở Nội vụ")
        ),
    ),
    packed.file("Tờ trình số 5.pdf", PDF),
    packed.file("logo.png", b"\x89PNG", packed.text(0x370E, "image/png"), packed.flag(0x7FFE, value=True)),
)


@pytest.mark.rule("MAIL-018")
def test_files_of_winmail_dat_come_out_to_the_byte_with_their_names(tmp_path: Path) -> None:
    delivery = delivered(tmp_path, with_winmail(OUTLOOK))
    assert told(delivery)["MAIL-018"] == {"count": "2"}
    assert "MAIL-012" not in told(delivery)
    (document,) = delivery.dossiers[0].documents
    assert document.files == ("x.eml", "x.dinh-kem/Tờ trình số 5.pdf"), "the picture of the body stays inside"
    assert (Path(delivery.root) / document.files[1]).read_bytes() == PDF
    assert document.extra["Tệp đính kèm"] == "Tờ trình số 5.pdf"


def test_the_words_of_winmail_dat_count_where_the_mail_has_none() -> None:
    assert read_message(with_winmail(OUTLOOK)).body == "Kính gửi Sở Nội vụ"
    assert read_message(with_winmail(OUTLOOK, "Lời ngoài")).body == "Lời ngoài"


def test_short_titles_are_in_the_code_page_that_the_message_tells() -> None:
    title = "Công văn.pdf".encode("cp1258")
    plain = packed.attribute(packed.ATTACHMENT, 0x9002, bytes(14)) + packed.attribute(
        packed.ATTACHMENT, 0x8010, title + b"\0", kind=1
    )
    data = packed.tnef(plain + packed.attribute(packed.ATTACHMENT, 0x800F, PDF))
    (file,) = read_tnef(data, Doubts()).files
    assert (file.name, file.data) == ("Công văn.pdf", PDF)


def test_a_message_in_winmail_dat_gives_its_words_and_its_files() -> None:
    outer = packed.tnef(packed.message_inside("Chuyển tiếp", OUTLOOK))
    found = read_tnef(outer, Doubts())
    assert [one.name for one in found.files] == ["Chuyển tiếp.txt", "Tờ trình số 5.pdf", "logo.png"]
    assert "Kính gửi Sở Nội vụ" in found.files[0].data.decode()
    for _ in range(DEEPEST + 2):
        outer = packed.tnef(packed.message_inside("x", outer))
    assert "TNEF: messages too deep in each other" in read_tnef(outer, Doubts()).defects


@pytest.mark.rule("MAIL-012")
@pytest.mark.parametrize("data", [OUTLOOK[:-40], b"\x78\x9f\x3e\x22\x01\x00\x01", b"no such thing"])
def test_a_damaged_winmail_dat_is_told_and_stays_in_the_message(data: bytes, tmp_path: Path) -> None:
    delivery = delivered(tmp_path, with_winmail(data))
    assert told(delivery)["MAIL-012"] == {"written": "winmail.dat"}
    assert delivery.dossiers[0].documents[0].files == ("x.eml",)


@pytest.mark.rule("MAIL-015")
def test_a_wrong_sum_in_winmail_dat_is_told(tmp_path: Path) -> None:
    wrong = packed.attribute(packed.MESSAGE, 0x800C, b"Kinh gui\0", checksum=1)
    assert told(delivered(tmp_path, with_winmail(packed.tnef(wrong))))["MAIL-015"] == {"written": "TNEF checksum"}


@given(st.data())
def test_whatever_is_done_to_winmail_dat_an_answer_comes(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(OUTLOOK) - 1))
    changed = bytearray(OUTLOOK)
    changed[place : place + 4] = data.draw(st.binary(min_size=0, max_size=8))
    try:
        read_tnef(bytes(changed), Doubts())
    except TnefUnreadableError:
        return


# ------------------------------------------------------------ S/MIME


def test_an_opaque_mail_is_opened_to_its_words_and_files(tmp_path: Path, corpus: Corpus) -> None:
    delivery = delivered(tmp_path, HEAD + opaque(corpus.cms(BODY, detached=False)))
    assert told(delivery).keys() == {"MAIL-010"}
    (document,) = delivery.dossiers[0].documents
    assert document.files == ("x.eml", "x.dinh-kem/a.pdf")
    assert read_mail(Path(delivery.root) / "x.eml").body == "Kính gửi"


def test_content_in_pieces_is_put_together() -> None:
    """BER as programs stream it: lengths left open, the content in pieces."""
    pieces = b"\x24\x80\x04\x03abc\x24\x80\x04\x02de\x00\x00\x04\x01f\x00\x00"
    inside = b"\x30\x80\x06\x09" + bytes.fromhex("2a864886f70d010701") + b"\xa0\x80" + pieces + bytes(4)
    signed = b"\x30\x80\x02\x01\x01\x31\x80\x30\x02\x05\x00\x00\x00" + inside + b"\x31\x00" + bytes(2)
    cms = b"\x30\x80\x06\x09" + bytes.fromhex("2a864886f70d010702") + b"\xa0\x80" + signed + bytes(4)
    assert signed_content(cms) == b"abcdef"
    assert all(signed_content(cms[:end]) in {None, b"abcdef"} for end in range(len(cms)))


def test_a_detached_signature_is_left_to_the_judge_of_signatures(tmp_path: Path, corpus: Corpus) -> None:
    delivery = delivered(tmp_path, HEAD + parted(BODY, corpus.cms(BODY, detached=True)))
    assert told(delivery).keys() == {"MAIL-010"}
    assert delivery.dossiers[0].documents[0].files == ("x.eml", "x.dinh-kem/a.pdf")


def test_a_signature_is_no_file_that_stays_inside(tmp_path: Path, corpus: Corpus) -> None:
    (tmp_path / "thu.eml").write_bytes(HEAD + parted(BODY, corpus.cms(BODY, detached=True)))
    found = Look()
    look(tmp_path / "thu.eml", found)
    assert found.embedded == 1, "the attached PDF alone"


def outlook(kind: str, name: str, data: bytes) -> bytes:
    inside = attachment(0, {**text(0x3707, name), **binary(0x3701, data)})
    return compound({**text(0x001A, kind), **text(0x0037, "V/v"), **fixed({}), **inside})


@pytest.mark.rule("MAIL-013")
def test_a_signed_message_of_outlook_is_opened_and_told_as_not_judged(tmp_path: Path, corpus: Corpus) -> None:
    data = outlook("IPM.Note.SMIME.MultipartSigned", "smime.p7m", parted(BODY, corpus.cms(BODY, detached=True)))
    delivery = delivered(tmp_path, data, "x.msg")
    assert "MAIL-013" in told(delivery)
    assert delivery.dossiers[0].documents[0].files == ("x.msg", "x.dinh-kem/a.pdf")
    assert read_mail(tmp_path / "x.msg").body == "Kính gửi"


def test_an_opaque_message_of_outlook_is_opened_and_its_signature_taken_out_for_judging(
    tmp_path: Path, corpus: Corpus
) -> None:
    data = outlook("IPM.Note.SMIME", "smime.p7m", corpus.cms(BODY, detached=False))
    delivery = delivered(tmp_path, data, "x.msg")
    assert delivery.dossiers[0].documents[0].files == ("x.msg", "x.dinh-kem/smime.p7m", "x.dinh-kem/a.pdf")
    assert read_mail(tmp_path / "x.msg").body == "Kính gửi"


def encrypted() -> list[tuple[str, bytes]]:
    made = EmailMessage()
    made["From"], made["Date"] = "a@x.vn", "Mon, 15 Jun 2026 09:00:00 +0700"
    made.set_content(PGP)
    mime = HEAD + b"Content-Type: multipart/encrypted; protocol=application/pgp-encrypted; boundary=b\r\n\r\n--b--\r\n"
    return [
        ("thu.eml", HEAD + opaque(ENVELOPED, "enveloped-data")),
        ("thu.eml", HEAD + opaque(ENVELOPED, "signed-data")),
        ("thu.eml", mime),
        ("thu.eml", made.as_bytes()),
        ("thu.msg", outlook("IPM.Note.SMIME", "smime.p7m", ENVELOPED)),
    ]


@pytest.mark.rule("MAIL-014")
@pytest.mark.parametrize(("name", "data"), encrypted(), ids=["S/MIME", "S/MIME that lies", "PGP", "PGP inline", "msg"])
def test_a_mail_that_only_a_key_opens_is_refused_like_a_file_under_a_password(
    name: str, data: bytes, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ProblemError) as raised:
        look(tmp_path / name, Look())
    assert raised.value.rule == "MAIL-014"


def test_what_only_a_key_opens_stays_in_the_message(tmp_path: Path) -> None:
    delivery = delivered(tmp_path, encrypted()[0][1])
    assert delivery.dossiers[0].documents[0].files == ("x.eml",)


@pytest.mark.rule("ING-018")
@pytest.mark.parametrize("armour", ["der", "pem", "base64"])
def test_an_encrypted_file_that_is_called_like_a_signature_is_refused(
    armour: str, tmp_path: Path, corpus: Corpus
) -> None:
    def written(cms: bytes) -> Path:
        text = base64.encodebytes(cms)
        pem = b"-----BEGIN PKCS7-----\n" + text + b"-----END PKCS7-----\n"
        (tmp_path / "van-ban.p7m").write_bytes({"der": cms, "pem": pem, "base64": text}[armour])
        return tmp_path / "van-ban.p7m"

    with pytest.raises(ProblemError) as raised:
        look_into_signature(written(ENVELOPED + bytes(40)), Look())
    assert raised.value.rule == "ING-018"
    look_into_signature(written(corpus.cms(BODY, detached=False)), Look())


def test_a_signed_mail_is_not_taken_for_an_encrypted_one(tmp_path: Path, corpus: Corpus) -> None:
    (tmp_path / "thu.eml").write_bytes(HEAD + opaque(corpus.cms(BODY, detached=False)))
    found = Look()
    look(tmp_path / "thu.eml", found)
    assert found.embedded == 1


def test_a_mail_inside_a_mail_comes_out_to_the_byte(corpus: Corpus) -> None:
    """Written anew it would be another message, and its signature false."""
    inner = HEAD + parted(BODY, corpus.cms(BODY, detached=True)).replace(b"protocol=", b"\tprotocol  =")
    data = (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=quanh\r\n\r\n--quanh\r\n\r\nxem thu\r\n--quanh\r\n"
        + b"Content-Type: message/rfc822\r\n\r\n"
        + inner
        + b"\r\n--quanh--\r\n"
    )
    (found,) = read_message(data).attachments
    assert (found.name, found.data) == ("CV 15.eml", inner)
    assert isinstance(read_message(found.data), Mail)
