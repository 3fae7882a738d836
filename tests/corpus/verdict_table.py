"""docs/verdicts.md out of what the engine says: `python -m tests.corpus.verdict_table > docs/verdicts.md`.

Keys, digests, numbers of certificates and times of day are new in each run, so
of a reason only its word is shown, and of a change what it is without numbers
of objects and bytes.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from archive.preservation.signatures.page import sentence
from metadata.messages import LANGUAGES, text
from metadata.verdicts import SignatureVerdict
from tests.corpus.hostile_signed import CHOKING, FORMS, SHADOWS, SIGNATURES, Attack
from tests.corpus.path_suite import judged
from tests.corpus.signature_case import GROUPS, Case, all_cases
from tests.fixtures.pki import Corpus, new_corpus

COMMAND = "python -m tests.corpus.verdict_table > docs/verdicts.md"
Rows = Mapping[str, Sequence[str]]
"""Rows of the tables, by name of the class or of the hostile file."""

_HEAD = f"""# Kết luận theo từng loại chữ ký · Verdicts by class of signature

Tệp này được tạo tự động từ kết luận thật của bộ kiểm tra chữ ký; không sửa bằng tay.
Generated from what the engine says; do not edit: `{COMMAND}`.

Mỗi dòng là một chữ ký hoặc một dấu thời gian; loại nào có nhiều chữ ký thì có nhiều dòng, theo thứ tự trong tệp.
Chỉ ghi lý do đầu tiên. Each row is a signature or a time-stamp; a class with several has several rows, in their order.
Only the first reason is shown. How a verdict comes about: `docs/signatures.md`. What is judged is made anew by each run
of the tests.
"""
_TITLES = {
    "levels": "Mức của chữ ký · Levels",
    "revocation": "Hết hạn, thu hồi · Expiry and revocation",
    "proofs": "Bằng chứng tồn tại · Proofs of existence",
    "certificates": "Chứng thư, chuỗi chứng thư · Certificates and paths",
    "stamps": "Dấu thời gian · Time-stamps",
    "algorithms": "Thuật toán · Algorithms",
    "containers": "Định dạng · Formats",
    "changes": "Thay đổi sau khi ký · Changed after signing",
    "xml": "XML, gói ký · XML and signed packages",
    "decades": "Năm 2031, 2041, 2056 · In 2031, 2041, 2056",
}
_ATTACKS: Mapping[str, Mapping[str, Attack]] = {
    "Nội dung bị sửa sau khi ký · Content changed behind a signature": SHADOWS,
    "Biểu mẫu, trường chữ ký bị sửa · Forms and fields changed behind a signature": FORMS,
    "Chữ ký bị tráo, phạm vi giả · Wrapped signatures and false ranges": SIGNATURES,
    "Tệp làm nghẽn bộ đọc · Files that choke their reader": CHOKING,
}
_COSTLY = ("bomb-in-an-object-stream", "fifty-million-references", "two-hundred-revisions")
"""Judged in real workers only (`tests/integration/test_hostile_signed.py`), hence not in the table."""

_CASE_HEAD = (
    "loại · class | đối tượng · what | năm · year | kết luận · indication | chi tiết · sub-indication | lý do · reason"
)
_HOSTILE_HEAD = (
    "tệp · file | kết luận · indication | chi tiết · sub-indication | lý do · reason | gọi là · plainly"
    " | thay đổi · changed"
)
_WHAT = {"signature": "chữ ký", "document-timestamp": "dấu thời gian", "remnant": "dấu vết"}
_NUMBERS = re.compile(r" \(object \d+[^)]*\)|\b\d+ (?=bytes\b)")


# ------------------------------------------------------------ rows


def case_rows(case: Case, corpus: Corpus) -> list[str]:
    """Judge a class: its rows."""
    made = case.make(corpus)
    return rows_of(case, made.at.year, corpus.judge(made.data, **made.known()))


def rows_of(case: Case, year: int, verdicts: Sequence[SignatureVerdict]) -> list[str]:
    """A row for each verdict on a class, judged in a year."""
    return [_row(case.name, _kind(v), str(year), *_said(v), v.level or "", _proof(v), _changes(v)) for v in verdicts]


def hostile_rows(corpus: Corpus) -> dict[str, list[str]]:
    """Judge the hostile files: a row for each, of the signature that was attacked."""
    found = {}
    for name, attack in _attacks():
        verdicts = corpus.judge(attack.make(corpus))
        first = (*_said(verdicts[0]), _changes(verdicts[0])) if verdicts else ("", "", "", "không có chữ ký", "")
        found[name] = [_row(name, *first)]
    return found


def _attacks() -> Iterator[tuple[str, Attack]]:
    for attacks in _ATTACKS.values():
        yield from ((name, attack) for name, attack in attacks.items() if name not in _COSTLY)


def _row(name: str, *cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in (f"`{name}`", *cells)) + " |"


def _said(verdict: SignatureVerdict) -> tuple[str, str, str, str]:
    word = "" if verdict.plain is None else text(f"signatures.plain.{verdict.plain.value}", LANGUAGES[0])
    reason = verdict.reasons[0].partition(":")[0] if verdict.reasons else ""
    return verdict.indication.value, verdict.subindication or "", reason, word


def _kind(verdict: SignatureVerdict) -> str:
    return _WHAT[verdict.kind]


def _proof(verdict: SignatureVerdict) -> str:
    if verdict.best_time is None:
        return ""
    return f"{verdict.best_time[:4]}: {(verdict.best_time_proof or '').partition(' ')[0]}"


def _changes(verdict: SignatureVerdict) -> str:
    return "; ".join(_NUMBERS.sub("", change) for change in verdict.changed_after)


# ------------------------------------------------------------ the page


def page(cases: Iterable[Case], rows: Rows) -> str:
    """The whole page.

    Args:
        cases: Of all groups.
        rows: Of each class and hostile file.
    """
    return "\n".join(_lines(tuple(cases), rows)) + "\n"


def rows_in(written: str) -> dict[str, list[str]]:
    """The rows of a page that was written, by name."""
    found: dict[str, list[str]] = {}
    for line in written.splitlines():
        if line.startswith("| `"):
            found.setdefault(line.split("`")[1], []).append(line)
    return found


def _lines(cases: Sequence[Case], rows: Rows) -> Iterator[str]:
    yield from _HEAD.splitlines()
    for group in GROUPS:
        of_it = [case for case in cases if case.group == group]
        yield from ("", f"## {_TITLES[group]}", "")
        yield from _table(f"{_CASE_HEAD} | gọi là · plainly | mức · level | chứng minh · proven | thay đổi · changed")
        for case in of_it:
            yield from rows[case.name]
        yield ""
        yield from (f"- `{case.name}`: {case.sentence}" for case in of_it)
    for title, attacks in _ATTACKS.items():
        yield from ("", f"## {title}", "")
        yield from _table(_HOSTILE_HEAD)
        for name in attacks:
            yield from rows.get(name, ()) if name in _COSTLY else rows[name]
    yield from _paths()
    yield from _glossary(line for lines in rows.values() for line in lines)


def _table(head: str) -> Iterator[str]:
    yield f"| {head} |"
    yield "|" + "---|" * (head.count("|") + 1)


def _paths() -> Iterator[str]:
    """How the public suite of path validation comes out."""
    yield from ("", "## NIST PKITS: chuỗi chứng thư · Certification paths", "")
    yield "Names of this public suite (`tests/corpus/pkits/README.md`) say what must come out."
    yield "What is valid and does not pass is not applied here: ADR 0201, 0202."
    yield ""
    yield from _table("PKITS | kết luận · engine | số chứng thư · certificates")
    counts: Counter[tuple[str, str]] = Counter()
    for name, verdict in judged(""):
        should = next((word for word in ("Valid", "Invalid") if name.startswith(word)), "policy left or not")
        counts[should, verdict.outcome.subindication or "passed"] += 1
    yield from (f"| {should} | {word} | {number} |" for (should, word), number in sorted(counts.items()))


def _glossary(lines: Iterable[str]) -> Iterator[str]:
    """What the words of the tables mean."""
    yield from ("", "## Từ dùng trong bảng · Words of the tables", "")
    words = {cell.strip() for line in lines for cell in line.split(" | ")}
    meanings = [
        (word, group, meaning(word, group))
        for group in ("indication", "subindication", "reason")
        for word in sorted(words)
    ]
    yield from (f"- `{word}`: {' · '.join(said)}" for word, _, said in meanings if said)


def meaning(word: str, group: str) -> tuple[str, ...]:
    """What a word means, in every language; empty for no word of the group."""
    found = [" ".join(sentence(word, language, group).split()) for language in LANGUAGES]
    return tuple(found) if all(found) else ()


def written(corpus: Corpus) -> str:
    """Judge everything: the page."""
    cases = tuple(all_cases())
    return page(cases, {case.name: case_rows(case, corpus) for case in cases} | hostile_rows(corpus))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="luutru-verdicts-") as folder:
        sys.stdout.write(written(new_corpus(Path(folder))))
