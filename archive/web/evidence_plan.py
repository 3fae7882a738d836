"""The calendar of renewals as a page shows it: steps of `luutru evidence plan` by year and month, with documents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from archive.composition import Archive
from archive.preservation.evidence.planning import Due, Supposition
from archive.services.evidence import Evidence, algorithm_called, is_digest
from archive.services.stamps_seen import StampsSeen
from metadata.errors import ArchiveError
from metadata.time import VIETNAM, first_moment

STEPS = 60
"""Steps on one page."""

SPANS = (1, 5, 10, 20, 30, 50, 100)
"""Years that are offered."""

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DIGESTS = ("SHA-256", "SHA-384", "SHA-512", "SHA-1")


class Question(BaseModel):
    """What a page asks, in its address."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    years: Annotated[int, Field(ge=1, le=100)] = 10
    kind: Annotated[Literal["", "broken", "revoked", "ends"], Field(alias="if")] = ""
    """What is supposed; empty: nothing is."""

    name: Annotated[str, Field(max_length=400)] = ""
    since: Annotated[str, Field(max_length=10)] = ""
    """A civil day, ISO; empty: now."""

    start: Annotated[int, Field(alias="from", ge=0, le=100_000)] = 0
    """Steps that stood on the pages before."""

    def day(self) -> date | None:
        """The day that was chosen; None: none was.

        Raises:
            ValueError: there is no such day.
        """
        if not self.since:
            return None
        if _DAY.fullmatch(self.since) is None:
            raise ValueError(self.since)
        return date.fromisoformat(self.since)


@dataclass(frozen=True, slots=True)
class Step:
    """One step, as far as one may see what it is over."""

    due: Due
    stamps: tuple[str, ...]
    batches: frozenset[str]
    """What stands below it, planned steps looked through."""


def asked_plan(archive: Archive, seen: StampsSeen, question: Question) -> dict[str, Any]:
    """Everything that the page shows."""
    try:
        service = archive.evidencing
        known = _names(seen)
        what, wrong = _supposed(question, known)
        shown = [] if wrong else _page(seen, service, question, what)
    except ArchiveError as error:
        return {"trouble": str(error), "calendar": [], "wrong": "", "more": False, "authorities": [], **_choices(())}
    steps, rows = shown[:STEPS], []
    for step in steps:
        missed = what is None and not step.due.assumed and step.due.missed(service.clock.now(), service.terms)
        rows.append(_row(seen, step, missed=missed))
    return {
        "trouble": "",
        "wrong": wrong,
        "calendar": list(_by_month(rows)),
        "more": len(shown) > STEPS,
        **_choices(known),
    }


def _choices(known: Sequence[str]) -> dict[str, Any]:
    return {"spans": SPANS, "digests": _DIGESTS, "authorities": known, "steps_a_page": STEPS}


def _names(seen: StampsSeen) -> list[str]:
    """Authorities that stamped something of which one sees a part."""
    named = (entry.signer for name, entry in seen.entries.items() if entry.signer and seen.shown(name))
    return list(dict.fromkeys(named))


def _supposed(question: Question, known: Sequence[str]) -> tuple[Supposition | None, str]:
    """What is supposed, and the word of what is wrong with the question."""
    kind, name, wrong = question.kind, question.name, ""
    try:
        day = question.day()
    except ValueError:
        return None, "day"
    if kind == "ends" and day is None:
        wrong = "day"
    elif kind == "broken" and not is_digest(name):
        wrong = "digest"
    elif kind in {"ends", "revoked"} and name not in known:
        wrong = "authority"
    if wrong or not kind:
        return None, wrong
    said = {kind: algorithm_called(name) if kind == "broken" else name}
    return Supposition(**said, since=None if day is None else first_moment(day)), ""


def _page(seen: StampsSeen, service: Evidence, question: Question, what: Supposition | None) -> list[Step]:
    """The steps of one page, and one more where there are more."""
    below: dict[str, frozenset[str]] = {}
    found: list[Step] = []
    passed = 0
    for number, due in enumerate(service.plan(question.years, what)):
        known = seen.batches_below(name for name in due.stamps if name not in below)
        batches = known.union(*(below[name] for name in due.stamps if name in below))
        below[f"planned-{number}"] = batches
        if not any(seen.shown(name) for name in batches):
            continue
        passed += 1
        if passed > question.start:
            found.append(Step(due, due.stamps, batches))
        if len(found) > STEPS:
            break
    return found


def _row(seen: StampsSeen, step: Step, *, missed: bool) -> dict[str, Any]:
    due = step.due
    return {
        "kind": due.action.name.lower(),
        "why": due.why.name.lower(),
        "begin": _day(due.begin).isoformat(),
        "end": _day(due.end).isoformat(),
        "month": _day(due.begin).replace(day=1),
        "algorithm": due.algorithm.upper().replace("SHA", "SHA-").replace("SHA-3_", "SHA3-"),
        "documents": seen.held_in(step.batches).documents,
        "batches": sum(seen.shown(name) for name in step.batches),
        "tokens": due.tokens,
        # The bytes are those of the whole archive: for who sees all of it.
        "read_bytes": due.read_bytes if seen.everything else 0,
        "assumed": due.assumed,
        "missed": missed,
        "lost": [name for name in due.lost if seen.shown(name)],
    }


def _day(at: datetime) -> date:
    return at.astimezone(VIETNAM).date()


def _by_month(rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Years, each with its months, each with its steps."""
    for year, of_year in groupby(rows, key=lambda row: row["month"].year):
        months = [
            {"month": month.isoformat()[:7], "rows": list(of_month)}
            for month, of_month in groupby(of_year, key=lambda row: row["month"])
        ]
        yield {"year": year, "months": months}
