"""Two readers, one verdict: where they contradict each other the signature is open; standard library only.

The second reader's answers stand in the verdict itself, so that it can be given
again from what was kept, without the second reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from archive.preservation.signatures.plain_words import INSUFFICIENT, INVALID
from archive.preservation.signatures.second_reader_answers import Disagreement, Reading, Readings, compare
from archive.preservation.signatures.verdicts import FileJudgement, printable

SECOND = "pyHanko"
_WORDS = {True: "holds", False: "broken", None: "unknown"}
_VALUES = {word: value for value, word in _WORDS.items()}


def with_second_opinion(judgement: FileJudgement, theirs: Readings) -> FileJudgement:
    """The verdicts with what the second reader said of the same fields.

    A contradiction about integrity, signer, coverage or number makes a verdict
    INDETERMINATE with both answers, unless it is a known defect of the second
    reader, which is named.
    """
    if judgement.readings is None:
        return judgement
    found = compare(judgement.readings, theirs)
    told = []
    for verdict, theirs_of_it in zip(judgement.verdicts, _answers(judgement.verdicts, theirs), strict=True):
        concerning = [d for d in found if not d.field or d.field == verdict["field"]]
        told.append(_told({**verdict, "second_reader": theirs_of_it}, concerning))
    return replace(judgement, verdicts=tuple(told))


def kept_opinion(verdicts: Sequence[Mapping[str, Any]]) -> Readings | None:
    """What the second reader said when these verdicts were given; None: it was not asked."""
    asked = [v for v in verdicts if v.get("second_reader")]
    if not asked:
        return None
    said = asked[0]["second_reader"]
    count = said.get("count", "unknown")
    readings = tuple(
        Reading(
            v["field"],
            _VALUES.get(v["second_reader"]["integrity"]),
            v["second_reader"].get("signer"),
            v["second_reader"].get("coverage"),
            v["second_reader"].get("why", ""),
        )
        for v in asked
        if "integrity" in v["second_reader"]
    )
    return Readings(readings, int(count) if count.isdecimal() else None, said.get("file", ""))


def _answers(verdicts: Sequence[Mapping[str, Any]], theirs: Readings) -> Iterator[dict[str, str]]:
    """The second reader's answer to each verdict; two fields may have the same name."""
    met: dict[str, int] = {}
    by_name: dict[tuple[str, int], Reading] = {}
    for one in theirs.signatures:
        met[one.field] = met.get(one.field, 0) + 1
        by_name[printable(one.field), met[one.field]] = one
    met.clear()
    for verdict in verdicts:
        name = verdict["field"]
        said = {"reader": SECOND, "count": str(theirs.count) if theirs.count is not None else "unknown"}
        if theirs.why:
            said["file"] = printable(theirs.why)
        if name is not None:
            met[name] = met.get(name, 0) + 1
            found = by_name.get((name, met[name]))
            if found is not None:
                said |= _said(found)
        yield said


def _said(one: Reading) -> dict[str, str]:
    said = {"integrity": _WORDS[one.integrity]}
    said |= {key: value for key, value in (("signer", one.signer), ("coverage", one.coverage)) if value}
    return said | ({"why": printable(one.why)} if one.why else {})


def _told(verdict: dict[str, Any], disagreements: Sequence[Disagreement]) -> dict[str, Any]:
    open_ones = [d for d in disagreements if not d.known]
    reasons = [_reason(d) for d in disagreements]
    verdict["reasons"] = list(dict.fromkeys([*(printable(r) for r in reasons), *verdict["reasons"]]))
    if open_ones:
        verdict["indication"], verdict["subindication"] = "INDETERMINATE", "GENERIC"
        verdict["plain"] = INVALID if verdict["plain"] == INVALID and verdict["changed_after"] else INSUFFICIENT
    return verdict


def _reason(found: Disagreement) -> str:
    if found.known:
        return f"second-reader-defect: {found.about}: {SECOND} says {found.theirs} ({found.known})"
    return f"second-reader: {found.about}: this engine says {found.ours}, {SECOND} says {found.theirs}"
