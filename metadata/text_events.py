"""Corrections of texts as a package tells them: one PREMIS event each, whose detail says what the text is by then."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from metadata.package import PackageDocument, PackageEvent, PackageRecord, TextSummary
from metadata.package_reader import CORRECTION, METADATA_MODIFICATION
from metadata.texts import PageText

AUTHOR = "implementer"
"""Role of the person in the event."""

OUTCOME = "outcome"
MAX_NOTE = 1000


@unique
class Kind(StrEnum):
    """What a person did to the text of a page."""

    CORRECTED = "corrected"
    CONFIRMED = "confirmed"
    """Read, and nothing was to be corrected."""

    RESTORED = "restored"
    """An earlier version was brought back."""


@unique
class Reason(StrEnum):
    """Why; words of people, not of a law."""

    MISREAD = "misread"
    MISSING = "missing"
    """Something on the page was not read."""

    SURPLUS = "surplus"
    """Something was read that does not stand there: dirt, a stamp, the back of the sheet."""

    SPACING = "spacing"
    """Words parted or joined wrongly."""

    ORDER = "order"
    OTHER = "other"


class Correction(BaseModel):
    """One act of a person on one page."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    page: int
    """Number in its file, from 1."""

    kind: Kind
    reason: Reason | None = None
    note: Annotated[str, Field(max_length=MAX_NOTE)] = ""
    stored: str
    """Version of the package (OCFL) in which the page stands so, such as `v2`."""

    seen: str
    """Tag (`metadata.page_corrections.page_tag`) of the page that the person saw."""

    made: str
    """Tag of the page as it is since then."""

    request: str
    """SHA-256 of what was asked: the same act again is no second one."""

    restores: int | None = None
    """Number of the version that was brought back."""


@dataclass(frozen=True, slots=True)
class CorrectionEvent:
    """A correction with what the event says around it."""

    event: PackageEvent
    path: str
    """Of the text file in the package."""

    correction: Correction

    @property
    def author(self) -> str:
        """Login of who did it."""
        agents = (agent for agent, role in self.event.agents.items() if role == AUTHOR)
        return next(agents, "").removeprefix("person:")


def correction_of(event: PackageEvent) -> CorrectionEvent | None:
    """What `event` says of a page; None: it is about something else."""
    if event.type != METADATA_MODIFICATION or not event.detail:
        return None
    try:
        said = json.loads(event.detail)
        told = Correction.model_validate(said[CORRECTION])
        path = next(path for path, role in event.objects.items() if role == OUTCOME)
    except (ValueError, KeyError, TypeError, StopIteration, ValidationError):
        return None
    return CorrectionEvent(event, path, told)


def corrections(record: PackageRecord, path: str | None = None, page: int | None = None) -> Iterator[CorrectionEvent]:
    """Corrections of a part, oldest first: of all texts, of the text file `path`, of one page of it."""
    for event in record.events:
        found = correction_of(event)
        if found is None or (path is not None and found.path != path):
            continue
        if page is None or found.correction.page == page:
            yield found


def event_detail(summary: TextSummary, correction: Correction) -> str:
    """The detail of a correction's event."""
    said = summary.model_dump(mode="json", exclude={"path"}, exclude_defaults=True)
    said[CORRECTION] = correction.model_dump(mode="json", exclude_defaults=True)
    return json.dumps(said, ensure_ascii=False)


def standings(history: Sequence[Correction]) -> list[Kind | None]:
    """What each version of a page is, the first being what was read at intake: corrected, confirmed, or neither."""
    found: list[Kind | None] = [None]
    for act in history:
        match act.kind:
            case Kind.CORRECTED:
                found.append(Kind.CORRECTED)
            case Kind.CONFIRMED:
                # Read and found right, whoever wrote it: what was corrected stays so.
                found.append(found[-1] if found[-1] is Kind.CORRECTED else Kind.CONFIRMED)
            case Kind.RESTORED:
                found.append(found[(act.restores or 1) - 1])
    return found


def summary_after(before: TextSummary, pages: Iterable[PageText], page: int, standing: Kind | None) -> TextSummary:
    """What is known of a text, counted anew, after a person looked at `page`.

    Args:
        before: As it was.
        pages: All pages as they are now; read once.
        page: Its number in the file.
        standing: What it is now, the last of `standings`.
    """
    count, words, confidence = 0, 0, 0.0
    sources: dict[str, int] = {}
    doubtful: list[int] = []
    for each in pages:
        count += 1
        sources[each.source] = sources.get(each.source, 0) + 1
        if each.doubtful:
            doubtful.append(each.page)
        if each.confidence is not None:
            read = sum(word.confidence is not None for word in each.words)
            words += read
            confidence += each.confidence * read
    corrected, confirmed = set(before.corrected_pages) - {page}, set(before.confirmed_pages) - {page}
    if standing is Kind.CORRECTED:
        corrected.add(page)
    elif standing is Kind.CONFIRMED:
        confirmed.add(page)
    return TextSummary(
        path=before.path,
        pages=count,
        sources=dict(sorted(sources.items())),
        mean_confidence=round(confidence / words, 1) if words else None,
        doubtful_pages=tuple(doubtful),
        corrected_pages=tuple(sorted(corrected)),
        confirmed_pages=tuple(sorted(confirmed)),
    )


def place_of_page(document: PackageDocument, page: int) -> tuple[TextSummary, int] | None:
    """The text file in which page `page` of a document stands, and its number there; None: there is no such page."""
    for text in document.texts:
        if page <= text.pages:
            return text, page
        page -= text.pages
    return None


def pages_of(document: PackageDocument, wanted: str) -> tuple[int, ...]:
    """`doubtful`, `corrected` or `confirmed` pages of a document, counted through its files."""
    found: list[int] = []
    first = 0
    for text in document.texts:
        found += [first + page for page in getattr(text, f"{wanted}_pages")]
        first += text.pages
    return tuple(found)


def standing_of(document: PackageDocument, page: int) -> str:
    """`corrected` or `confirmed`: what a person did to a page of a document; empty: nothing."""
    return next((word for word in (Kind.CORRECTED.value, Kind.CONFIRMED.value) if page in pages_of(document, word)), "")
