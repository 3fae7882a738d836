"""CMS files and signed packages: no change of what is signed passes, wherever it is made."""

from __future__ import annotations

import pytest
from asn1crypto import cms
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metadata.verdicts import Indication, PlainWord
from tests.fixtures.pki import SIGNED, Corpus
from tests.fixtures.xml_signing import MADE, XmlCorpus, package, parts_of
from tests.generators.examples import examples

TEXT = "Quyết định số 222/QĐ-UBND".encode() * 3
FIXTURES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
PASSED = Indication.TOTAL_PASSED


@pytest.fixture(scope="module")
def enveloping(corpus: Corpus) -> bytes:
    """A .p7m with a time-stamp, which passes as it is."""
    made = corpus.cms(TEXT, detached=False)
    assert corpus.only(made, name="qd.p7m", revocation=corpus.pki.lists(SIGNED)).indication is PASSED
    return made


@pytest.fixture(scope="module")
def signed_places(corpus: Corpus, enveloping: bytes) -> list[int]:
    """Places of all bytes that decide: content, signed attributes, value, the signer's certificate."""
    info = cms.ContentInfo.load(enveloping)["content"]["signer_infos"][0]  # type: ignore[no-untyped-call] # no types
    stretches = [TEXT, info["signed_attrs"].contents, info["signature"].native, corpus.leader.certificate]
    found: list[int] = []
    for stretch in stretches:
        assert enveloping.count(stretch) == 1
        start = enveloping.index(stretch)
        found += range(start, start + len(stretch))
    return found


def _changed(data: bytes, place: int, mask: int) -> bytes:
    return data[:place] + bytes([data[place] ^ mask]) + data[place + 1 :]


@given(place=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
@settings(FIXTURES, max_examples=examples(50))
def test_no_changed_byte_of_a_cms_that_is_signed_passes(
    corpus: Corpus, enveloping: bytes, signed_places: list[int], place: float, mask: int
) -> None:
    where = signed_places[int(place * len(signed_places))]
    lists = corpus.pki.lists(SIGNED)
    verdicts = corpus.judge(_changed(enveloping, where, mask), name="qd.p7m", revocation=lists)
    assert verdicts
    assert not any(v.indication is PASSED for v in verdicts), where


@given(place=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
@settings(FIXTURES, max_examples=examples(50))
def test_whatever_is_changed_in_a_cms_it_ends_with_verdicts_and_passes_only_for_the_same_content(
    corpus: Corpus, enveloping: bytes, place: float, mask: int
) -> None:
    changed = _changed(enveloping, int(place * len(enveloping)), mask)
    for verdict in corpus.judge(changed, name="qd.p7m", revocation=corpus.pki.lists(SIGNED)):
        assert verdict.indication is not PASSED or TEXT in changed


@given(place=st.integers(0, len(TEXT) - 1), mask=st.integers(1, 255), cut=st.booleans())
@settings(FIXTURES, max_examples=examples(30))
def test_no_other_content_beside_a_detached_signature_passes(
    corpus: Corpus, place: int, mask: int, *, cut: bool
) -> None:
    beside = TEXT[:place] if cut else _changed(TEXT, place, mask)
    made = corpus.once("detached-for-mutations", lambda: corpus.cms(TEXT, detached=True))
    (verdict,) = corpus.judge(made, name="qd.txt.p7s", beside={"qd.txt": beside}, revocation=corpus.pki.lists(SIGNED))
    assert (verdict.indication, verdict.subindication) == (Indication.TOTAL_FAILED, "HASH_FAILURE")


@given(data=st.data())
@settings(FIXTURES, max_examples=examples(40))
def test_no_changed_part_of_an_office_file_is_called_valid(xml_corpus: XmlCorpus, data: st.DataObject) -> None:
    """Content types and the list of parts are XML, where two texts may say the same; the document is bytes."""
    parts = parts_of((MADE / "poi.docx").read_bytes())
    name = data.draw(st.sampled_from(["word/document.xml", "new", "gone"]))
    if name == "new":
        parts[f"word/{data.draw(st.sampled_from(['them.xml', 'media/anh.png', 'vbaProject.bin']))}"] = b"<x/>"
    elif name == "gone":
        del parts["word/document.xml"]
    else:
        place = data.draw(st.integers(0, len(parts[name]) - 1))
        parts[name] = _changed(parts[name], place, data.draw(st.integers(1, 255)))
    for verdict in xml_corpus.judge(package(parts), "bc.docx", world=xml_corpus.makers_world):
        assert verdict.plain is not PlainWord.VALID, name
