"""XML signatures: canonical forms as libxml2 makes them, facts that survive being kept, no change that passes."""

from __future__ import annotations

import copy
import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from archive.preservation.signatures.xml_canonical import Method, NodeSet
from archive.preservation.signatures.xml_canonical import canonical as ours
from archive.preservation.signatures.xml_facts import (
    XmlFacts,
    XmlReference,
    XmlSignature,
    XmlStamp,
    XmlUnsupported,
)
from archive.preservation.signatures.xml_facts_json import (
    XmlFactsUnreadableError,
    is_xml_facts,
    xml_facts_document,
    xml_facts_of,
)
from archive.preservation.signatures.xml_judging import judge_xml
from archive.preservation.signatures.xml_reading import read_xml
from archive.preservation.signatures.xml_tree import XmlUnreadableError, parsed
from metadata.verdicts import Indication
from tests.fixtures.xml_signing import DS, MADE, XmlCorpus
from tests.generators.examples import examples

FIXTURES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])

# Every character that a canonical form treats in a way of its own, beside ordinary ones.
_text = st.text(st.sampled_from("aÂ<>&\"'\t\n\r \u0085\u2028]\U0001f600"), max_size=6)
_names = st.sampled_from(["a", "b", "p:a", "p:b", "q:a", "quá"])
_spaces = st.dictionaries(st.sampled_from(["", "p", "q"]), st.sampled_from(["urn:1", "urn:2", "urn:x?a=b"]), max_size=3)
_attributes = st.dictionaries(
    st.sampled_from(["x", "y", "p:x", "q:x", "xml:lang", "xml:space", "Id"]), _text, max_size=4
)


def _escaped(value: str, quote: str = "") -> str:
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace("]", "&#93;").replace("\r", "&#13;")
    return value.replace(quote, "&quot;") if quote else value


@st.composite
def elements(draw: st.DrawFn, depth: int = 3, scope: frozenset[str] = frozenset()) -> str:
    """An element with everything in it, as text; prefixes are declared somewhere around."""
    spaces = draw(_spaces)
    known = scope | {p for p in spaces if p}
    name = draw(_names.filter(lambda n: ":" not in n or n.split(":")[0] in known))
    given_ = draw(_attributes)
    attributes = {n: v for n, v in given_.items() if ":" not in n or n.startswith("xml:") or n.split(":")[0] in known}
    if {"p:x", "q:x"} <= attributes.keys():
        del attributes["q:x"]
    parts = [f"<{name}"]
    parts += [f' xmlns{":" if p else ""}{p}="{_escaped(uri, chr(34))}"' for p, uri in spaces.items()]
    parts += [f' {n}="{_escaped(v, chr(34))}"' for n, v in attributes.items()]
    parts.append(">")
    for _ in range(draw(st.integers(0, 3)) if depth else 0):
        kind = draw(st.integers(0, 4))
        if kind == 0:
            parts.append(f"<!--{draw(st.sampled_from(['', ' c ', 'ghi chú']))}-->")
        elif kind == 1:
            parts.append(f"<?t {draw(st.sampled_from(['', 'd d', 'x']))}?>")
        elif kind == 2:
            parts.append(_escaped(draw(_text)))
        else:
            parts.append(draw(elements(depth=depth - 1, scope=known)))
    return "".join(parts) + f"</{name}>"


_METHODS = [Method(exclusive=e, comments=c) for e in (False, True) for c in (False, True)]


@given(elements(), st.sampled_from(["", "<!-- trước -->", "<?p q?>\n"]))
@example('<a xmlns="urn:1" xmlns:p="urn:1"><p:b xmlns="" p:x="1" x="2"><c/></p:b></a>', "")
@settings(max_examples=examples(50))
def test_canonical_forms_of_documents_are_those_of_libxml2(text: str, beside: str) -> None:
    data = f"{beside}{text}{beside}".encode()
    document = parsed(io.BytesIO(data))
    tree = etree.parse(io.BytesIO(data))
    for method in _METHODS:
        wanted = etree.tostring(tree, method="c14n", exclusive=method.exclusive, with_comments=method.comments)
        assert ours(NodeSet(document.root, document, comments=True), method) == wanted


@given(elements())
@settings(max_examples=examples(30))
def test_exclusive_forms_of_parts_are_those_of_libxml2(text: str) -> None:
    document = parsed(io.BytesIO(text.encode()))
    theirs = [e for e in etree.fromstring(text.encode()).iter() if not callable(e.tag)]
    for mine, other in zip(document.root.walk(), theirs, strict=True):
        other.tail = None
        wanted = etree.tostring(other, method="c14n", exclusive=True, with_comments=True)
        assert ours(NodeSet(mine, comments=True), Method(exclusive=True, comments=True)) == wanted


@given(elements())
@settings(max_examples=examples(50))
def test_the_canonical_form_of_a_part_stands_alone(text: str) -> None:
    """Read again by itself it is the same: everything that it inherits is written into it."""
    document = parsed(io.BytesIO(text.encode()))
    for element in document.root.walk():
        for method in _METHODS:
            once = ours(NodeSet(element, comments=True), method)
            again = parsed(io.BytesIO(once))
            assert ours(NodeSet(again.root, again, comments=True), method) == once


@given(st.binary(max_size=60) | st.text("<a></>&;!?x\"'= \n", max_size=40).map(str.encode))
def test_reading_ends_with_a_tree_or_the_one_error(data: bytes) -> None:
    try:
        document = parsed(io.BytesIO(data))
    except XmlUnreadableError:
        return
    ours(NodeSet(document.root, document, comments=True), Method())


# ------------------------------------------------------------ kept facts

_words = st.text(max_size=8)
_bytes = st.binary(max_size=8)
_references = st.builds(
    XmlReference, _words, _words, _words, _bytes, st.none() | _bytes, _words, _words, problem=_words
)
_pairs = st.lists(st.tuples(_words, _bytes), max_size=2).map(tuple)
_stamps = st.builds(XmlStamp, _words, _bytes, _pairs, st.integers(), _words)
_signatures = st.builds(
    XmlSignature,
    _words,
    _words,
    signed_info=_bytes,
    mask=st.tuples(_words, _words, st.integers(0, 99)),
    references=st.lists(_references, max_size=2).map(tuple),
    certificates=st.lists(_bytes, max_size=2).map(tuple),
    certificate_digests=_pairs,
    properties_signed=st.booleans(),
    stamps=st.lists(_stamps, max_size=2).map(tuple),
    claims=st.lists(st.tuples(_words, _words), max_size=2).map(tuple),
)
_facts = st.builds(
    XmlFacts,
    st.integers(0, 1 << 40),
    _words,
    st.lists(_signatures, max_size=2).map(tuple),
    st.lists(st.builds(XmlUnsupported, _words, _words, _words), max_size=2).map(tuple),
)


@given(_facts)
@settings(max_examples=examples(25))
def test_kept_facts_come_back_as_they_were(facts: XmlFacts) -> None:
    document = xml_facts_document(facts)
    assert xml_facts_of(document) == facts
    assert is_xml_facts(document)
    assert xml_facts_document(xml_facts_of(document)) == document


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(_json, st.binary(max_size=20))
@example(None, b"[" * 100_000)
@settings(max_examples=examples(30))
def test_hostile_documents_of_facts_end_with_the_one_error(value: object, raw: bytes) -> None:
    wrapped = {"format": "luutru-xml-facts 1", "facts": value}
    for document in (json.dumps(value).encode(), json.dumps(wrapped).encode(), raw):
        with pytest.raises(XmlFactsUnreadableError):
            xml_facts_of(document)


@given(_facts.filter(lambda f: f.signatures), st.data())
@settings(max_examples=examples(25))
def test_facts_with_one_value_of_another_kind_are_refused(facts: XmlFacts, data: st.DataObject) -> None:
    loaded = json.loads(xml_facts_document(facts))
    record = loaded["facts"]["signatures"][0]
    key = data.draw(st.sampled_from(sorted(record)))
    record[key] = {"x": 1}
    with pytest.raises(XmlFactsUnreadableError):
        xml_facts_of(json.dumps(loaded).encode())


# ------------------------------------------------------------ changes

_DOCUMENT = (
    '<hoSo xmlns="urn:vd" xmlns:p="urn:phu"><so p:nam="2026">222/QĐ-UBND</so><!-- c --><nguoi>'
    "<ten>Nguyễn Văn Minh</ten><chucVu>Chủ tịch</chucVu></nguoi><noiDung>Giao &amp; nhận</noiDung></hoSo>"
)


@pytest.fixture(scope="module")
def signed(xml_corpus: XmlCorpus) -> bytes:
    """A document signed whole."""
    made = xml_corpus.enveloped(_DOCUMENT, "</hoSo>")
    assert xml_corpus.only(made).indication is Indication.TOTAL_PASSED
    return made


def _meaning(data: bytes) -> tuple[bytes, list[bytes]]:
    """What is signed, by libxml2: the document without its signature and its comments, and the signed parts of that."""
    root = etree.fromstring(data)
    signatures = root.findall(f".//{{{DS}}}Signature")
    infos = [etree.tostring(s[0], method="c14n", exclusive=True) for s in signatures]
    for one in signatures:
        parent = one.getparent()
        assert parent is not None
        before, tail = one.getprevious(), one.tail or ""
        if before is not None:
            before.tail = (before.tail or "") + tail
        else:
            parent.text = (parent.text or "") + tail
        parent.remove(one)
    return etree.tostring(root, method="c14n", exclusive=False, with_comments=False), infos


def _never_passes_changed(xml_corpus: XmlCorpus, original: bytes, changed: bytes) -> None:
    for verdict in xml_corpus.judge(changed):
        if verdict.indication is Indication.TOTAL_PASSED:
            assert _meaning(changed) == _meaning(original)


_IN_A_COMMENT = len(_DOCUMENT.partition("<!--")[0].encode()) + 4


@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
@example(place=_IN_A_COMMENT, bit=0)
@settings(FIXTURES, max_examples=examples(120))
def test_no_changed_byte_of_what_is_signed_passes(xml_corpus: XmlCorpus, signed: bytes, place: int, bit: int) -> None:
    changed = bytearray(signed)
    changed[place % len(changed)] ^= 1 << bit
    _never_passes_changed(xml_corpus, signed, bytes(changed))


@given(st.data())
@settings(FIXTURES, max_examples=examples(60))
def test_no_moved_doubled_removed_or_added_element_passes(
    xml_corpus: XmlCorpus, signed: bytes, data: st.DataObject
) -> None:
    root = etree.fromstring(signed)
    everything = [e for e in root.iter() if not callable(e.tag)]
    one = data.draw(st.sampled_from(everything[1:]))
    into = data.draw(st.sampled_from(everything))
    act = data.draw(st.sampled_from(["move", "double", "remove", "text", "attribute"]))
    parent = one.getparent()
    assert parent is not None
    if act == "remove":
        parent.remove(one)
    elif act == "text":
        one.text = (one.text or "") + "x"
    elif act == "attribute":
        one.set("them", "1")
    elif act == "double":
        into.append(copy.deepcopy(one))
    elif into is not one and one not in set(into.iterancestors()):
        into.append(one)
    _never_passes_changed(xml_corpus, signed, etree.tostring(root))


_encodings = st.sampled_from(["utf-8", "utf-16", "ascii", "iso-8859-1"])


@given(comment=st.text("aệ <&'\t", max_size=8), place=st.integers(0, 4), encoding=_encodings)
@settings(FIXTURES, max_examples=examples(30))
def test_equal_documents_pass_all_the_same(
    xml_corpus: XmlCorpus, signed: bytes, comment: str, place: int, encoding: str
) -> None:
    """Comments anywhere but in the values that are compared, and another way of writing the same."""
    root = etree.fromstring(signed)
    outside = [e for e in root.iter() if not callable(e.tag) and not e.tag.startswith(f"{{{DS}}}")]
    outside[place].insert(0, etree.Comment(comment))
    stream = io.BytesIO()
    root.getroottree().write(stream, encoding=encoding, xml_declaration=True)
    facts = read_xml(xml_corpus.written(stream.getvalue()))
    assert [r.found == r.expected for r in facts.signatures[0].references] == [True, True]


# ------------------------------------------------------------ hostile bytes

_edits = st.tuples(st.integers(0, 20_000), st.binary(max_size=3), st.integers(0, 40))
_SAMPLES = sorted(path for path in MADE.iterdir() if path.suffix in (".xml", ".docx", ".xlsx"))


@given(
    sample=st.sampled_from(_SAMPLES),
    edits=st.lists(
        st.tuples(st.integers(0, 20_000), st.binary(max_size=3), st.integers(0, 40)), min_size=1, max_size=4
    ),
)
@settings(FIXTURES, max_examples=examples(60))
def test_reading_damaged_files_of_other_makers_ends_with_facts(
    xml_corpus: XmlCorpus, sample: Path, edits: list[tuple[int, bytes, int]]
) -> None:
    """Bytes put in, taken out, written over: facts, never an exception; kept and judged all the same."""
    data = sample.read_bytes()
    for place, inserted, removed in edits:
        start = place % (len(data) + 1)
        data = data[:start] + inserted + data[start + removed :]
    facts = xml_corpus.read(data, sample.name)
    assert xml_facts_of(xml_facts_document(facts)) == facts
    judgement, _ = judge_xml(facts, xml_corpus.makers_world)
    assert not any(reason.startswith("not-judged") for v in judgement.verdicts for reason in v["reasons"])


@given(_facts)
@settings(FIXTURES, max_examples=examples(30))
def test_judging_hostile_facts_ends_with_verdicts(xml_corpus: XmlCorpus, facts: XmlFacts) -> None:
    """Facts come out of proofs that strangers hand over."""
    judgement, _ = judge_xml(facts, xml_corpus.world)
    assert all(verdict["indication"] != "TOTAL_PASSED" for verdict in judgement.verdicts)
