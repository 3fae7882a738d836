"""Signatures outside PDF: CMS files, and what of XML and packages is unsigned or none."""

from __future__ import annotations

import base64
import io
import zipfile

import pytest

from metadata.verdicts import Indication
from tests.fixtures.pki import SIGNED, TODAY, Corpus

PASSED, FAILED, OPEN = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE
TEXT = "Quyết định số 222/QĐ-UBND".encode()


def test_a_cms_with_its_content_is_judged(corpus: Corpus) -> None:
    verdict = corpus.only(corpus.cms(TEXT, detached=False), name="qd.p7m", revocation=corpus.pki.lists(SIGNED))
    assert (verdict.indication, verdict.level, verdict.best_time) == (PASSED, "B-T", "2026-06-15T09:00:00.000Z")
    assert (verdict.field, verdict.signer) == (None, "Nguyễn Văn Minh")


@pytest.mark.parametrize("armour", ["pem", "base64"])
def test_armoured_cms_files_are_read(corpus: Corpus, armour: str) -> None:
    text = base64.encodebytes(corpus.cms(TEXT, detached=False))
    data = b"-----BEGIN PKCS7-----\n" + text + b"-----END PKCS7-----\n" if armour == "pem" else text
    assert corpus.only(data, name="qd.p7m", revocation=corpus.pki.lists(SIGNED)).indication is PASSED


def test_a_detached_signature_signs_the_file_beside_it(corpus: Corpus) -> None:
    signature = corpus.cms(TEXT, detached=True)
    lists = corpus.pki.lists(SIGNED)
    good = corpus.only(signature, name="qd.txt.p7s", revocation=lists, beside={"qd.txt": TEXT})
    bad = corpus.only(signature, name="qd.txt.p7s", revocation=lists, beside={"qd.txt": TEXT + b"."})
    assert good.indication is PASSED
    assert (bad.indication, bad.subindication) == (FAILED, "HASH_FAILURE")


def test_a_detached_signature_alone_misses_its_data(corpus: Corpus) -> None:
    verdict = corpus.only(corpus.cms(TEXT, detached=True), name="qd.txt.p7s")
    assert (verdict.indication, verdict.subindication) == (OPEN, "SIGNED_DATA_NOT_FOUND")
    assert verdict.signer == "Nguyễn Văn Minh"


def test_what_is_no_cms_is_a_format_failure(corpus: Corpus) -> None:
    verdict = corpus.only(b"0\x82\x01\x00 nothing of the kind", name="qd.p7m")
    assert (verdict.indication, verdict.subindication) == (FAILED, "FORMAT_FAILURE")


def test_unsigned_xml_has_no_verdict_and_broken_xml_is_a_format_failure(corpus: Corpus) -> None:
    assert corpus.judge(b"<?xml version='1.0'?><a/>", name="a.xml") == ()
    assert corpus.only(b"<?xml version='1.0'?><a>", name="a.xml").subindication == "FORMAT_FAILURE"


def test_entities_of_hostile_xml_are_not_opened(corpus: Corpus, tmp_path) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    (tmp_path / "secret").write_text("bí mật")
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    text = f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e0 "x"><!ENTITY f SYSTEM "file://{tmp_path}/secret">{bomb}]>'
    verdicts = corpus.judge((text + "<a>&f;&e11;</a>").encode(), name="a.xml")
    assert not any(v.indication is PASSED for v in verdicts)
    assert "bí mật" not in repr(verdicts)


def _package(parts: dict[str, bytes]) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as package:
        for name, data in parts.items():
            package.writestr(name, data)
    return output.getvalue()


def test_unsigned_office_files_have_no_verdict_and_false_ones_are_format_failures(corpus: Corpus) -> None:
    assert corpus.judge(_package({"word/document.xml": b"<a/>"}), name="bc.docx") == ()
    assert corpus.only(b"no package", name="bc.docx").subindication == "FORMAT_FAILURE"
    assert corpus.only(_package({"a": b"b"})[:-30], name="bc.docx").subindication == "FORMAT_FAILURE"


def test_pictures_and_texts_carry_no_signatures(corpus: Corpus) -> None:
    assert corpus.judge(b"\xff\xd8\xff\xe0 picture", name="anh.jpg", at=TODAY) == ()
    assert corpus.judge(b"0123456789", name="so.txt") == ()


def test_indefinite_lengths_are_read(corpus: Corpus) -> None:
    """BER as streaming signers write it: the outer structures without lengths."""
    outer = corpus.cms(TEXT, detached=False)
    place = outer.index(bytes.fromhex("06092a864886f70d010702"))
    oid, rest = outer[place : place + 11], outer[place + 11 :]
    header = 2 + (rest[1] & 0x7F)
    data = b"\x30\x80" + oid + b"\xa0\x80" + rest[header:] + b"\0" * 4
    assert corpus.only(data, name="qd.p7m", revocation=corpus.pki.lists(SIGNED)).indication is PASSED
