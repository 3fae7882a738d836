"""Messages as a delivery: each a document with its attachments, described by its headers, in order of time."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path

import pytest

from ingest.readers.mail import MailReader
from ingest.readers.mail_contents import LIMITS
from metadata.descriptions import Delivery
from metadata.rules import errors_of
from tests.fakes.workers import InlineWorkers
from tests.generators.compound import Tree, attachment, binary, compound, fixed, text

READER = MailReader(InlineWorkers())


def eml(
    subject: str = "V/v số hóa tài liệu",
    date: str = "Fri, 01 Mar 2024 09:30:00 +0700",
    files: Mapping[str, bytes] | None = None,
    **headers: str,
) -> bytes:
    found = EmailMessage()
    found["From"] = headers.get("sender", "Sở Nội vụ <vanthu@snv.gov.vn>")
    found["To"] = "UBND <ubnd@tinh.gov.vn>"
    if subject:
        found["Subject"] = subject
    if date:
        found["Date"] = date
    found.set_content("Kính gửi")
    for name, data in (files or {}).items():
        found.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return found.as_bytes()


def read(path: Path) -> Delivery:
    assert READER.recognises(path)
    return READER.read(path, path.parent / "room")


def told(delivery: Delivery) -> dict[str, dict[str, str]]:
    return {finding.rule: finding.values for finding in delivery.findings}


@pytest.mark.rule("MAIL-001")
@pytest.mark.rule("MAIL-010")
def test_a_message_is_a_document_with_its_attachments(tmp_path: Path) -> None:
    data = eml(files={"Tờ trình.pdf": b"%PDF", "../Bảng.xlsx": b"PK"})
    (tmp_path / "thư 1.eml").write_bytes(data)
    delivery = read(tmp_path / "thư 1.eml")
    assert set(told(delivery)) == {"MAIL-001", "MAIL-010"}
    (dossier,) = delivery.dossiers
    assert (dossier.file_code, dossier.value("title")) == ("thư 1", "V/v số hóa tài liệu")
    assert (dossier.value("start_date"), dossier.value("end_date")) == ("2024-03-01", "2024-03-01")
    (document,) = dossier.documents
    assert document.files == ("thư 1.eml", "thư 1.dinh-kem/Tờ trình.pdf", "thư 1.dinh-kem/Bảng.xlsx")
    assert (document.value("subject"), document.value("issued_date")) == ("V/v số hóa tài liệu", "2024-03-01")
    assert (document.value("organ_name"), document.fields["organ_name"].column) == ("Sở Nội vụ", "From")
    assert document.extra["Đến (To)"] == "UBND <ubnd@tinh.gov.vn>"
    assert document.extra["Tệp đính kèm"] == "Tờ trình.pdf; ../Bảng.xlsx"
    root = Path(delivery.root)
    assert (root / document.files[0]).read_bytes() == data
    assert (root / document.files[1]).read_bytes() == b"%PDF"


def test_messages_of_a_folder_stand_in_order_of_time_and_other_files_behind_them(tmp_path: Path) -> None:
    folder = tmp_path / "Hồ sơ thư"
    (folder / "năm 2024").mkdir(parents=True)
    (folder / "b.eml").write_bytes(eml("sau", "Sat, 02 Mar 2024 00:30:00 +0700"))
    (folder / "năm 2024" / "a.eml").write_bytes(eml("trước", "Fri, 01 Mar 2024 17:00:00 +0000"))
    (folder / "kèm.pdf").write_bytes(b"%PDF")
    (folder / "Thumbs.db").write_bytes(b"x")
    delivery = read(folder)
    (dossier,) = delivery.dossiers
    assert (dossier.file_code, dossier.value("title")) == ("Hồ sơ thư", "Hồ sơ thư")
    assert [document.value("subject") for document in dossier.documents] == ["trước", "sau", "kèm"]
    assert [document.ordinal for document in dossier.documents] == [1, 2, 3]
    assert delivery.ignored == ("Thumbs.db",)
    assert (folder / "b.eml").is_file(), "the delivery stays as it is"


def test_a_message_of_outlook_is_read_like_any_other(tmp_path: Path) -> None:
    pdf = attachment(0, {**text(0x3707, "Tờ trình.pdf"), **binary(0x3701, b"%PDF")})
    own: Tree = {**text(0x0037, "V/v"), **text(0x0C1A, "Nguyễn Văn A"), **fixed({}), **pdf}
    (tmp_path / "x.msg").write_bytes(compound(own))
    (document,) = read(tmp_path / "x.msg").dossiers[0].documents
    assert document.files == ("x.msg", "x.dinh-kem/Tờ trình.pdf")
    assert document.value("organ_name") == "Nguyễn Văn A"


def test_attachments_of_one_name_and_folders_in_the_way_are_kept_apart(tmp_path: Path) -> None:
    found = EmailMessage()
    found["From"] = "a@x.vn"
    found.set_content("x")
    for data in (b"1", b"2"):
        found.add_attachment(data, maintype="application", subtype="pdf", filename="A.pdf")
    folder = tmp_path / "f"
    (folder / "m.dinh-kem").mkdir(parents=True)
    (folder / "m.dinh-kem" / "own.txt").write_bytes(b"own")
    (folder / "m.eml").write_bytes(found.as_bytes())
    delivery = read(folder)
    mail = next(document for document in delivery.dossiers[0].documents if len(document.files) > 1)
    assert mail.files == ("m.eml", "m.dinh-kem (2)/A.pdf", "m.dinh-kem (2)/A (2).pdf")
    assert [(Path(delivery.root) / path).read_bytes() for path in mail.files[1:]] == [b"1", b"2"]


@pytest.mark.rule("MAIL-011")
def test_attachments_of_other_formats_stay_in_the_message(tmp_path: Path) -> None:
    (tmp_path / "x.eml").write_bytes(eml(files={"setup.exe": b"MZ", "a.pdf": b"%PDF"}))
    delivery = read(tmp_path / "x.eml")
    assert told(delivery)["MAIL-011"] == {"written": "setup.exe"}
    assert delivery.dossiers[0].documents[0].files == ("x.eml", "x.dinh-kem/a.pdf")


@pytest.mark.rule("MAIL-016")
def test_a_message_that_is_a_signed_file_is_told_and_the_file_taken_out_for_judging(tmp_path: Path) -> None:
    data = b"From: a@x.vn\r\nContent-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n\r\nx"
    (tmp_path / "x.eml").write_bytes(data)
    delivery = read(tmp_path / "x.eml")
    assert "MAIL-016" in told(delivery)
    assert delivery.dossiers[0].documents[0].files == ("x.eml", "x.dinh-kem/smime.p7m")


@pytest.mark.rule("MAIL-004")
@pytest.mark.rule("MAIL-005")
@pytest.mark.rule("MAIL-015")
def test_what_is_missing_or_damaged_is_told(tmp_path: Path) -> None:
    cut = "From: Sở <a@x.vn>\r\nDate: yesterday\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx"
    (tmp_path / "x.eml").write_bytes(cut.encode())
    found = told(read(tmp_path / "x.eml"))
    assert found["MAIL-004"] == {"written": "Subject, Date"}
    assert found["MAIL-005"] == {"count": "1", "encoding": "UTF-8"}
    assert found["MAIL-015"]["written"]


@pytest.mark.rule("MAIL-002")
@pytest.mark.parametrize("data", [b"", b"no mail at all\n\n", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)])
def test_what_is_no_mail_is_an_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.eml").write_bytes(data)
    (finding,) = errors_of(read(tmp_path / "x.eml").findings)
    assert finding.rule == "MAIL-002"


def test_a_folder_with_a_list_is_left_to_the_reader_of_folders(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_bytes(eml())
    assert READER.recognises(tmp_path)
    (tmp_path / "muc-luc.xlsx").write_bytes(b"PK")
    assert not READER.recognises(tmp_path)
    (tmp_path / "empty").mkdir()
    assert not READER.recognises(tmp_path / "empty")


def test_a_secret_mark_of_a_header_refuses_the_delivery(tmp_path: Path) -> None:
    (tmp_path / "x.eml").write_bytes(
        eml("Tuyệt mật", sender="a@x.vn").replace(b"To: UBND <ubnd@tinh.gov.vn>", "To: Tối mật".encode())
    )
    delivery = read(tmp_path / "x.eml")
    assert [finding.rule for finding in delivery.dossier_findings["x"]] == ["SEC-001"]
    assert delivery.findings == ()


@pytest.mark.rule("MAIL-003")
def test_a_message_over_the_limits_is_an_error_of_the_message(tmp_path: Path) -> None:
    from ingest.ports import Answer  # noqa: PLC0415 - here alone
    from ingest.readers.mail_contents import _message  # noqa: PLC0415 - the answer that no mail of a test provokes

    assert LIMITS.memory_mib
    assert _message(Answer(breach="memory", detail="x")).told == [("MAIL-003", {"detail": "memory x"})]


@pytest.mark.rule("SEC-001")
@pytest.mark.parametrize(
    "header",
    ["X-Do-Mat: Tối mật", "X-Classification: MẬT", "x-domat: =?utf-8?b?VHV54buHdCBt4bqtdA==?=", "Keywords: Mật"],
)
def test_a_grade_in_any_header_refuses_the_delivery(tmp_path: Path, header: str) -> None:
    (tmp_path / "x.eml").write_bytes(header.encode() + b"\r\n" + eml(sender="a@x.vn"))
    (finding,) = errors_of(read(tmp_path / "x.eml").dossier_findings["x"])
    assert (finding.rule, finding.column) == ("SEC-001", header.partition(":")[0])


def test_headers_of_transport_and_marks_of_programs_are_not_kept(tmp_path: Path) -> None:
    header = (
        b"X-Mailer: Mail 3\r\nSensitivity: Company-Confidential\r\nX-Spam: khong mat\r\nsubject: M\xe1\xba\xadt\r\n"
    )
    (tmp_path / "x.eml").write_bytes(header + eml(sender="a@x.vn"))
    delivery = read(tmp_path / "x.eml")
    ((document,),) = (dossier.documents for dossier in delivery.dossiers)
    assert not {name for name in document.extra if name.startswith(("X-", "Sens", "sub"))}
    assert not errors_of(tuple(delivery.dossier_findings.get("x", ())))
