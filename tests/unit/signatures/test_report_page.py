"""The page about signatures: every reason has its sentence, nothing leads outside, hostile names stay names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

import archive.preservation.signatures as room
from archive.preservation.signatures.outcomes import FAILED, INDETERMINATE
from archive.preservation.signatures.page import ShownFile, sentence, write_page
from archive.preservation.signatures.policy import PRACTICES, default_policy
from metadata.messages import LANGUAGES, catalogue
from metadata.verdicts import Indication, PlainWord, SignatureVerdict
from tests.corpus.signature_case import Case, all_cases
from tests.fixtures.pki import REVOKED, SIGNED, Corpus, with_page_content
from tests.fixtures.xml_signing import MADE, XmlCorpus

ROOM = Path(str(room.__file__)).parent
# What these modules say goes to the broker, to logs or into facts, and into no verdict by itself.
ELSEWHERE = re.compile(r"collecting|changes.*|report.*|replay.*|proof_task|kept_verdicts|lta_.*|packages_office")
# First words of facts that the decisions put another word before, or drop.
INSIDE = {"ambiguous", "missing", "unsupported", "format", "damaged"}
HELPS = {
    "content",
    "intermediate-certificate",
    "proof-of-time",
    "revocation-data",
    "signer-certificate",
    "trust-anchor",
}
DYNAMIC = {
    *(f"reference-{word}" for word in ("ambiguous", "damaged", "format", "unsupported")),
    *(f"claimed-{word}" for word in ("role", "place", "commitment", "policy", "comment")),
}
CASES = tuple(all_cases())


def first_words() -> Iterator[tuple[str, str]]:
    """Words before a colon with which texts in the engine begin, each with its module."""
    for path in sorted(ROOM.glob("*.py")):
        if ELSEWHERE.fullmatch(path.stem):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        passive = {id(n.value) for n in ast.walk(tree) if isinstance(n, ast.Expr)}
        passive |= {id(v) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr) for v in n.values[1:]}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passive:
                match = re.match(r"([a-z][a-z0-9-]*): ", node.value)
                if match:
                    yield match[1], path.stem


def test_every_reason_that_the_engine_can_give_has_a_sentence_in_both_languages() -> None:
    words = {word for word, _ in first_words()} - INSIDE - HELPS | DYNAMIC
    missing = {w for w in words for language in LANGUAGES if not sentence(f"{w}: x", language)}
    assert missing == set()
    assert len(words) > 60


def test_every_wish_and_every_fixed_word_has_a_name() -> None:
    assert all(sentence(f"{word}: x", language, "helps") for word in HELPS for language in LANGUAGES)
    wanted = [f"subindication.{word}" for word in (*FAILED, *INDETERMINATE)]
    wanted += [f"indication.{word.value}" for word in Indication]
    wanted += [f"{group}.{word.value}" for group in ("plain", "plain_meaning") for word in PlainWord]
    wanted += [f"coverage.{word}" for word in ("whole-file", "whole-revision", "partial", "unclear")]
    assert [key for key in wanted if f"signatures.{key}" not in catalogue()] == []


@pytest.mark.parametrize("group", sorted({case.group for case in CASES}))
def test_the_reasons_of_real_verdicts_are_all_told_in_words(corpus: Corpus, group: str) -> None:
    """What the classes of the corpus are judged to be, among them reasons made of pieces."""
    for case in [c for c in CASES if c.group == group][:3]:
        untold = [text for text in _texts(corpus, case) if not sentence(text, "vi")]
        assert untold == [], case.name


def _texts(corpus: Corpus, case: Case) -> Iterator[str]:
    made = case.make(corpus)
    for verdict in corpus.judge(made.data, **made.known()):
        yield from verdict.reasons


class Page(HTMLParser):
    """What a browser would make of it: tags in balance, no script, nothing fetched."""

    void = frozenset({"meta", "br"})

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(data.decode())
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in {"script", "link", "img", "iframe", "object", "a", "form"}, tag
        names = {name for name, _ in attrs}
        assert not names & {"src", "href", "style"}
        assert not any(name.startswith("on") for name in names)
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def page_of(*files: tuple[str, tuple[SignatureVerdict, ...]]) -> Page:
    shown = [ShownFile(name, "ab" * 32, verdicts) for name, verdicts in files]
    data = write_page(shown, default_policy())
    assert data == write_page(shown, default_policy())
    assert b"default-src &#x27;none&#x27;" in data
    assert not re.search(rb"https?://(?!uri\.etsi|www\.w3)", data.partition(b"</head>")[0])
    return Page(data)


def test_a_person_reads_what_was_found_vietnamese_first(corpus: Corpus) -> None:
    text = page_of(("qd.pdf", corpus.judge(corpus.blta))).text
    for words in ("Hợp lệ.", "Nguyễn Văn Minh", "16:00:00 15/06/2026 (giờ Việt Nam)", "dấu thời gian trên chữ ký"):
        assert words in text
    assert "2026-06-15T09:00:00.000Z" in text
    assert text.index("Kết quả kiểm tra chữ ký số") < text.index("Result of signature validation")
    assert "TOTAL_PASSED" in text
    assert "Không có thay đổi nào sau khi ký." in text


def test_changes_reasons_and_wishes_stand_on_the_page(corpus: Corpus) -> None:
    changed = corpus.judge(with_page_content(corpus.stamped()), revocation=corpus.pki.lists(SIGNED))
    person = corpus.person()
    revoked = corpus.judge(corpus.signed(person), revocation=[corpus.revoking(person)])
    text = page_of(("thay-doi.pdf", changed), ("thu-hoi.pdf", revoked), ("thuong.txt", ())).text
    assert "Thay đổi sau khi ký" in text
    assert "Chứng thư đã bị thu hồi." in text
    assert f"{REVOKED:%Y-%m-%d}" in text
    assert "bằng chứng rằng chữ ký đã có từ trước" in text
    assert "Tệp không có chữ ký số." in text
    assert "Không có thay đổi nào sau khi ký." not in text


def test_practices_carry_their_legal_note() -> None:
    verdict = _verdict(practices=PRACTICES)
    text = page_of(("a.pdf", (verdict,))).text
    for practice in default_policy().practices.values():
        assert re.sub(r"\s+", " ", practice.vi) in text
        assert re.sub(r"\s+", " ", practice.en) in text


def _verdict(**known: object) -> SignatureVerdict:
    plain: dict[str, object] = {
        "field": "S1",
        "kind": "signature",
        "signer": None,
        "signing_time": None,
        "best_time": None,
        "indication": Indication.INDETERMINATE,
        "subindication": "GENERIC",
        "level": None,
        "coverage": None,
    }
    return SignatureVerdict.model_validate(plain | known)


def test_hostile_names_stay_names() -> None:
    evil = '</dd><script>alert(1)</script>"\x00\ufffe{0}'
    verdict = _verdict(
        field=evil,
        signer=evil,
        signer_subject=evil,
        signing_time=evil,
        best_time=evil,
        best_time_proof=f"document-time-stamp {evil}",
        claimed_times={evil: evil},
        subindication=evil,
        level=evil,
        coverage=evil,
        changed_after=(evil,),
        reasons=(evil, f"hash: {evil}"),
        would_help=(evil,),
        second_reader={evil: evil},
        judged_at=evil,
        engine=evil,
        trust_set=evil,
        plain=PlainWord.INVALID,
    )
    assert "alert(1)" in page_of((evil, (verdict,))).text


def test_xml_signatures_are_told_as_well(xml_corpus: XmlCorpus) -> None:
    verdict = xml_corpus.only((MADE / "poi.docx").read_bytes(), "poi.docx", world=xml_corpus.makers_world)
    assert all(sentence(reason, language) for reason in verdict.reasons for language in LANGUAGES)
    assert "Lời ghi chú đã ký cùng." in page_of(("poi.docx", (verdict,))).text
