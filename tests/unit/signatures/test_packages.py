"""Signed packages: Office (OOXML), OpenDocument, ASiC; what may be added to them without breaking a digest."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Mapping

import pytest

from archive.preservation.signatures.packages import read_package
from archive.preservation.signatures.xml_references import Budget
from metadata.verdicts import Indication, PlainWord, SignatureVerdict
from tests.fixtures.xml_signing import (
    INCLUSIVE,
    MADE,
    XmlCorpus,
    canonical,
    package,
    parts_of,
    properties,
    reference,
    signature,
)

PASSED, FAILED, OPEN = Indication.TOTAL_PASSED, Indication.TOTAL_FAILED, Indication.INDETERMINATE
SIGNATURE = "_xmlsignatures/sig1.xml"


@pytest.fixture(params=["poi.docx", "poi.xlsx"])
def office(request: pytest.FixtureRequest) -> tuple[str, dict[str, bytes]]:
    """An Office file signed by Apache POI, as its parts."""
    return request.param, parts_of((MADE / request.param).read_bytes())


def judged(xml_corpus: XmlCorpus, name: str, data: bytes) -> SignatureVerdict:
    return xml_corpus.only(data, name, world=xml_corpus.makers_world)


def test_an_office_file_signed_by_another_program_passes(
    xml_corpus: XmlCorpus, office: tuple[str, dict[str, bytes]]
) -> None:
    name, parts = office
    verdict = judged(xml_corpus, name, (MADE / name).read_bytes())
    assert (verdict.indication, verdict.level, verdict.coverage) == (PASSED, "B-B", "whole-file"), verdict.reasons
    assert (verdict.field, verdict.signer, verdict.plain) == (SIGNATURE, "Nguyễn Văn Minh", PlainWord.VALID)
    assert set(verdict.claimed_times) == {"signingTime", "office"}
    assert "claimed-comment: Phê duyệt" in verdict.reasons
    # Packed anew it is the same package.
    assert judged(xml_corpus, name, package(parts)).indication is PASSED


def main_part(parts: Mapping[str, bytes]) -> str:
    return next(name for name in parts if name in ("word/document.xml", "xl/workbook.xml"))


def test_a_changed_part_is_a_hash_failure(xml_corpus: XmlCorpus, office: tuple[str, dict[str, bytes]]) -> None:
    name, parts = office
    main = main_part(parts)
    verdict = judged(xml_corpus, name, package({**parts, main: parts[main] + b" "}))
    assert (verdict.indication, verdict.subindication) == (FAILED, "HASH_FAILURE")
    assert verdict.reasons[0] == f"hash: what is signed has been changed: part {main}"


def test_a_missing_part_is_signed_data_not_found(xml_corpus: XmlCorpus, office: tuple[str, dict[str, bytes]]) -> None:
    name, parts = office
    main = main_part(parts)
    verdict = judged(xml_corpus, name, package({n: d for n, d in parts.items() if n != main}))
    assert (verdict.indication, verdict.subindication) == (OPEN, "SIGNED_DATA_NOT_FOUND")


_RELATION = (
    '<Relationship Id="rIdX" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" '
    'Target="{}"/></Relationships>'
)


def with_relation(parts: dict[str, bytes], rels: str, kind: str, target: str) -> dict[str, bytes]:
    text = parts[rels].decode()
    made = text.replace("</Relationships>", _RELATION.format(kind, target))
    assert made != text
    return {**parts, rels: made.encode()}


@pytest.mark.parametrize(
    ("kind", "target", "added"),
    [
        ("header", "word/header1.xml", "word/header1.xml"),
        ("officeDocument", "word/other.xml", "word/other.xml"),
        ("hyperlink", "urn:x", ""),
    ],
)
def test_added_parts_and_relationships_keep_a_signature_from_passing(
    xml_corpus: XmlCorpus, office: tuple[str, dict[str, bytes]], kind: str, target: str, added: str
) -> None:
    """Each digest still holds: Office signs relationships one by one."""
    name, parts = office
    changed = with_relation(parts, "_rels/.rels", kind, target)
    if added:
        changed[added] = b"<x/>"
    verdict = judged(xml_corpus, name, package(changed))
    assert (verdict.indication, verdict.subindication) == (OPEN, "SIG_CONSTRAINTS_FAILURE"), verdict.reasons
    assert (verdict.coverage, verdict.plain) == ("partial", PlainWord.INSUFFICIENT)


def test_a_part_that_nothing_leads_to_is_named(xml_corpus: XmlCorpus, office: tuple[str, dict[str, bytes]]) -> None:
    """Programs that repair a damaged file may show it."""
    name, parts = office
    verdict = judged(xml_corpus, name, package({**parts, "word/hidden.xml": b"<x/>"}))
    assert verdict.subindication == "SIG_CONSTRAINTS_FAILURE"
    assert "part word/hidden.xml" in verdict.reasons[0]


def test_properties_beside_the_document_may_be_added(
    xml_corpus: XmlCorpus, office: tuple[str, dict[str, bytes]]
) -> None:
    name, parts = office
    changed = with_relation(parts, "_rels/.rels", "extended-properties", "docProps/app.xml")
    verdict = judged(xml_corpus, name, package({**changed, "docProps/app.xml": b"<x/>"}))
    assert verdict.indication is PASSED
    assert any(reason.startswith("office-properties") for reason in verdict.reasons)


def test_a_part_under_another_type_is_a_format_failure(
    xml_corpus: XmlCorpus, office: tuple[str, dict[str, bytes]]
) -> None:
    """The type tells a reader what to do with the bytes: it is signed in the address."""
    name, parts = office
    text = parts["[Content_Types].xml"].decode()
    changed = re.sub(r"(document|sheet)\.main\+xml", r"\1.macroEnabled.main+xml", text)
    assert changed != text
    verdict = judged(xml_corpus, name, package({**parts, "[Content_Types].xml": changed.encode()}))
    assert (verdict.indication, verdict.subindication) == (FAILED, "FORMAT_FAILURE")


def test_packages_that_two_readers_may_open_differently_never_pass(
    xml_corpus: XmlCorpus, office: tuple[str, dict[str, bytes]]
) -> None:
    name, parts = office
    good = package(parts)
    main = main_part(parts)
    doubtful = {
        "bytes before the package": b"%PDF-1.7 " + good,
        "bytes behind the package": good + b"more",
        "two parts of one name": package({**parts, main.upper(): b"<x/>"}),
        "two parts": _twice(parts, main),
        "packed in an unusual way": _packed(parts, zipfile.ZIP_LZMA),
    }
    for word, data in doubtful.items():
        verdicts = xml_corpus.judge(data, name, world=xml_corpus.makers_world)
        assert verdicts, word
        assert all(v.indication is not PASSED for v in verdicts), word
        assert any(word in reason for v in verdicts for reason in v.reasons) or verdicts[0].indication is FAILED, word


def _twice(parts: Mapping[str, bytes], name: str) -> bytes:
    output = io.BytesIO()
    with warnings.catch_warnings():
        # Python warns of the very thing that is wanted here.
        warnings.simplefilter("ignore", UserWarning)
        with zipfile.ZipFile(output, "w") as archive:
            archive.writestr(name, b"<khac/>")
            for part, data in parts.items():
                archive.writestr(part, data)
    return output.getvalue()


def _packed(parts: Mapping[str, bytes], method: int) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", method) as archive:
        for part, data in parts.items():
            archive.writestr(part, data)
    return output.getvalue()


def test_a_damaged_part_is_a_format_failure(xml_corpus: XmlCorpus, office: tuple[str, dict[str, bytes]]) -> None:
    """The checksum of the package tells it, before any digest."""
    name, parts = office
    stored = bytearray(_packed(parts, zipfile.ZIP_STORED))
    place = stored.index(parts[main_part(parts)]) + 100
    stored[place] ^= 1
    verdict = judged(xml_corpus, name, bytes(stored))
    assert verdict.indication is FAILED


def test_a_bomb_in_a_package_is_not_read_to_its_end(xml_corpus: XmlCorpus) -> None:
    """Megabytes of zeros in kilobytes, led to again and again: said, not done."""
    made = signature([reference("/big", b"x")] * 3, xml_corpus.leader)
    big = package({"[Content_Types].xml": b"<x/>", SIGNATURE: made.encode(), "big": bytes(4 << 20)})
    facts = read_package(xml_corpus.written(big, "a.docx"), Budget(octets=9 << 20))
    assert [r.found is not None for r in facts.signatures[0].references] == [True, True, False]
    assert facts.signatures[0].references[2].problem.startswith("unsupported")


# ------------------------------------------------------------ OpenDocument


def open_document(xml_corpus: XmlCorpus, **changed: bytes) -> dict[str, bytes]:
    """A text document signed as OpenDocument 1.2 asks: every file but the signatures."""
    parts = {
        "mimetype": b"application/vnd.oasis.opendocument.text",
        "content.xml": "<office:text xmlns:office='urn:o'>Quyết định</office:text>".encode(),
        "META-INF/manifest.xml": b"<m:manifest xmlns:m='urn:m'/>",
        "Pictures/dau do.png": b"\x89PNG",
    }
    held, signed = properties(xml_corpus.leader)
    led = [
        reference("mimetype", parts["mimetype"]),
        reference("content.xml", canonical(parts["content.xml"], exclusive=False), INCLUSIVE),
        reference("META-INF/manifest.xml", canonical(parts["META-INF/manifest.xml"], exclusive=False), INCLUSIVE),
        reference("Pictures/dau%20do.png", parts["Pictures/dau do.png"]),
        signed,
    ]
    made = signature(led, xml_corpus.leader, objects=held)
    space = "urn:oasis:names:tc:opendocument:xmlns:digitalsignature:1.0"
    document = f'<document-signatures xmlns="{space}">{made}</document-signatures>'
    return {**parts, "META-INF/documentsignatures.xml": document.encode(), **changed}


def test_an_open_document_signed_whole_passes(xml_corpus: XmlCorpus) -> None:
    verdict = xml_corpus.only(package(open_document(xml_corpus)), "vb.odt")
    assert (verdict.indication, verdict.level, verdict.coverage) == (PASSED, "B-B", "whole-file"), verdict.reasons
    assert verdict.field == "META-INF/documentsignatures.xml"


def test_an_open_document_with_something_more_in_it_does_not(xml_corpus: XmlCorpus) -> None:
    parts = open_document(xml_corpus) | {"Basic/script.xml": b"<x/>"}
    verdict = xml_corpus.only(package(parts), "vb.odt")
    assert (verdict.indication, verdict.subindication) == (OPEN, "SIG_CONSTRAINTS_FAILURE")
    assert "part Basic/script.xml" in verdict.reasons[0]


def test_white_space_in_the_content_of_an_open_document_is_a_change(xml_corpus: XmlCorpus) -> None:
    parts = open_document(xml_corpus)
    equal = {**parts, "content.xml": parts["content.xml"].replace(b"'urn:o'", b'  "urn:o"')}
    changed = {**parts, "content.xml": parts["content.xml"].replace(b"urn:o'>", b"urn:o'> ")}
    assert xml_corpus.only(package(equal), "vb.odt").indication is PASSED
    assert xml_corpus.only(package(changed), "vb.odt").subindication == "HASH_FAILURE"


# ------------------------------------------------------------ ASiC and others


def test_signatures_in_asic_containers_are_named_one_by_one_and_not_judged(xml_corpus: XmlCorpus) -> None:
    made = (MADE / "dss-b-detached.xml").read_bytes().decode().partition("?>")[2]
    parts = {
        "mimetype": b"application/vnd.etsi.asic-e+zip",
        "vb.xml": b"<a/>",
        "META-INF/signatures001.xml": f"<x:XAdESSignatures xmlns:x='urn:x'>{made}{made}</x:XAdESSignatures>".encode(),
        "META-INF/signature002.p7s": b"0",
        "META-INF/ASiCManifest002.xml": b"<x/>",
        "META-INF/timestamp003.tst": b"0",
    }
    verdicts = xml_corpus.judge(package(parts), "hs.asice")
    assert [v.indication for v in verdicts] == [OPEN] * 4
    assert {v.level for v in verdicts} == {"ASiC-E"}
    told = [v.reasons[0] for v in verdicts]
    assert all(text.startswith("asic: ASiC-E with 1 data files, ") for text in told)
    assert all("META-INF/ASiCManifest002.xml" in text for text in told)
    assert sum("XAdES signature" in text for text in told) == 2
    assert sum("CAdES signature" in text for text in told) == 1


def test_a_simple_asic_container_is_told_from_its_mimetype_or_name(xml_corpus: XmlCorpus) -> None:
    parts = {"vb.pdf": b"%PDF", "META-INF/signature.p7s": b"0"}
    named = xml_corpus.only(package({"mimetype": b"application/vnd.etsi.asic-s+zip", **parts}), "hs.zip")
    unnamed = xml_corpus.only(package(parts), "hs.asics")
    assert (named.level, unnamed.level) == ("ASiC-S", "ASiC-S")


def test_unsigned_and_false_packages(xml_corpus: XmlCorpus) -> None:
    assert xml_corpus.judge(package({"word/document.xml": b"<a/>", "[Content_Types].xml": b"<a/>"}), "a.docx") == ()
    assert xml_corpus.judge(package({"a.txt": b"x"}), "a.zip") == ()
    assert xml_corpus.only(b"no package", "a.docx").subindication == "FORMAT_FAILURE"
    broken = package({SIGNATURE: b"<a", "[Content_Types].xml": b"<a/>"})
    assert xml_corpus.only(broken, "a.docx").indication is OPEN
