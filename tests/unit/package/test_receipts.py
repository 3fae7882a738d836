"""The receipt: complete, printable, harmless."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup

from metadata.findings import Finding
from metadata.receipts import Receipt, ReceivedEntry, RefusedEntry, read_receipt, receipt_html, receipt_json

ENTRY = ReceivedEntry(path="Quyết định <b>5</b>.pdf", size_bytes=1234, sha256="ab" * 32, sha512="cd" * 64, ordinal=1)
RECEIPT = Receipt(
    submission_id="5f1d3c5e-0000-4a57-9a5e-1b2c3d4e5f61",
    file_code="H49.12",
    title='<script>alert("x")</script> $title ${facts}',
    agency="H49.64",
    agency_name="Sở Nội vụ",
    archive="Trung tâm Lưu trữ",
    received_at="2026-11-28T03:00:00.000Z",
    issued_at="2026-11-28T03:04:05.678Z",
    time_source="system",
    documents=1,
    counted_in=3,
    counted_out=1,
    bytes_in=1234,
    files=(ENTRY,),
    refused=(RefusedEntry(path="Thumbs.db"), RefusedEntry(path="mật.pdf", rules=("PKG-002",))),
    findings=(Finding(rule="PKG-002", subject="thừa.txt", row=7),),
    program="luutru 0.1.0",
)


def test_a_receipt_comes_back_as_it_was_written() -> None:
    assert read_receipt(receipt_json(RECEIPT)) == RECEIPT
    assert receipt_json(RECEIPT) == receipt_json(RECEIPT)


def test_a_receipt_balances_only_when_every_file_is_taken_or_refused() -> None:
    assert RECEIPT.balances()
    for wrong in ({"counted_in": 4}, {"counted_out": 2}, {"refused": ()}, {"files": ()}, {"bytes_in": 1}):
        assert not RECEIPT.model_copy(update=wrong).balances()


def test_the_page_names_every_file_digest_refusal_and_finding_in_both_languages() -> None:
    page = BeautifulSoup(receipt_html(RECEIPT), "html.parser")
    text = page.get_text(" ")
    for said in (ENTRY.path, ENTRY.sha256, ENTRY.sha512, "1234", "Thumbs.db", "mật.pdf", "PKG-002", "thừa.txt (7)"):
        assert said in text
    assert "Biên nhận hồ sơ lưu trữ" in text
    assert "Receipt of an archival submission" in text
    assert "Gói tin có tệp" in text
    assert "The package holds the file" in text
    assert "3 = 1 + 2" in text
    assert RECEIPT.title in text
    assert "28/11/2026 10:04:05 (UTC+07:00)" in text


def test_the_page_runs_no_script_and_loads_nothing() -> None:
    page = receipt_html(RECEIPT).decode()
    assert "<script" not in page
    assert "<b>5</b>" not in page
    assert not re.search(r"""(?:src|href|url)\s*[=(]""", page)


def test_names_that_deceive_the_eye_are_written_out() -> None:
    entry = ENTRY.model_copy(update={"path": "hóa đơn\u202efdp.exe\x0b\u200b.pdf"})
    page = receipt_html(RECEIPT.model_copy(update={"files": (entry,)})).decode()
    assert "hóa đơn⟨U+202E⟩fdp.exe⟨U+000B⟩⟨U+200B⟩.pdf" in page
    assert not {"\u202e", "\x0b", "\u200b"} & set(page)


@pytest.mark.parametrize("broken", [b"", b"{}", b"[1]", b'{"version": 1, "unknown": 2}'])
def test_what_is_no_receipt_is_not_read_as_one(broken: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_receipt(broken)
