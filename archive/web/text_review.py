"""The pages of the text review: what waits, and one page with its picture, its words in doubt and their fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from archive.api.access import Cursor, cursor_after, cursor_parts
from archive.api.rights import Asking, may
from archive.auth.policy import Action
from archive.catalogue.text_changes import TextChanges, Waiting
from archive.composition.correcting import text_changes, text_corrections
from archive.services.text_corrections import PageState, TextChangedError, Wanted
from archive.web.forms import fields_of
from archive.web.page_pictures import picture_of
from archive.web.reading import Reading, asked_document
from archive.web.rendering import page as rendered
from metadata.codes import document_title
from metadata.errors import UsageError
from metadata.page_corrections import Edit, EditRefusedError
from metadata.text_events import MAX_NOTE, Reason, pages_of
from metadata.texts import PageText, Word

router = APIRouter(prefix="/text-review", include_in_schema=False)

Describing = Annotated[Asking, may(Action.DESCRIBE)]
Ordinal = Annotated[int, Path(ge=0, le=999_999_999)]
PageNumber = Annotated[int, Path(ge=1, le=999_999_999)]

DOUBTED_BELOW = 80.0
"""Confidence of a word below which it gets a field of its own."""

MOST_FIELDS = 400
"""Words in doubt that get one; a page with more is better typed as a whole."""

MOST_TYPED = 12_000
"""Letters of a page that can be sent back as one text by a form."""

_SAID = frozenset({"corrected", "confirmed", "restored", "already"})
_LISTED = 50
_SCALE = 1000
"""Width of a page in the units of its picture's marks."""

_AROUND, _MARGIN = 90, 6
"""What a cut-out shows beside and above a word."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which part of the queue somebody works through."""

    agency: str
    fonds: str
    dossier: str
    by: str = ""
    """`text`: the page is typed as a whole."""

    said: str = ""
    """What came of the page before."""

    @property
    def wanted(self) -> Waiting:
        """The same for the catalogue."""
        return Waiting(self.agency, self.fonds, self.dossier)

    def address(self, path: str, **more: str) -> str:
        """An address that keeps them."""
        told = {"agency": self.agency, "fonds": self.fonds, "dossier": self.dossier, **more}
        said = urlencode({name: value for name, value in told.items() if value})
        return f"{path}?{said}" if said else path


def filters(
    agency: Annotated[str, Query(max_length=64)] = "",
    fonds: Annotated[str, Query(max_length=400)] = "",
    dossier: Annotated[str, Query(max_length=36)] = "",
    by: Annotated[str, Query(max_length=10)] = "",
    said: Annotated[str, Query(max_length=20)] = "",
) -> Filters:
    """Taken from the address."""
    return Filters(agency.strip(), fonds.strip(), dossier.strip(), by, said if said in _SAID else "")


Filtered = Annotated[Filters, Depends(filters)]


@router.get("")
def waiting(
    request: Request,
    asking: Describing,
    chosen: Filtered,
    cursor: Cursor = None,
) -> Response:
    """Documents with pages in doubt, those with the most first."""
    parts = cursor_parts(cursor, numbers=(0, 2), parts=3)
    after = (int(parts[0]), parts[1], int(parts[2])) if parts else None
    changes = text_changes(asking.archive)
    rows = changes.doubtful(chosen.wanted, _LISTED + 1, after, within=asking.scope)
    documents, pages = changes.count(chosen.wanted, within=asking.scope)
    last = rows[_LISTED - 1] if len(rows) > _LISTED else None
    return rendered(
        request,
        "text-reviews.html",
        rows=[
            (row, [(number, chosen.address(_path(row.dossier_id, row.ordinal, number))) for number in row.pages])
            for row in rows[:_LISTED]
        ],
        documents=documents,
        pages=pages,
        chosen=chosen,
        agencies=asking.archive.catalogue.agencies(within=asking.scope),
        more=cursor_after(last.doubtful, last.dossier_id, last.ordinal) if last else "",
        said=chosen.said,
    )


def _path(dossier_id: str, ordinal: int, number: int) -> str:
    return f"/text-review/{dossier_id}/{ordinal}/{number}"


@router.get("/{package_id}/{ordinal}/{number}")
def one_page(
    request: Request, asking: Describing, package_id: str, ordinal: Ordinal, number: PageNumber, chosen: Filtered
) -> Response:
    """One page: its picture with the words in doubt marked, and a field for each of them."""
    reading = asked_document(asking, package_id, ordinal)
    archive = asking.archive
    archive.dossiers.accesses.looked(reading.record, asking.login, ordinal=ordinal, what="text")
    state = text_corrections(archive).state(reading.place.dossier_id, ordinal, number)
    return _shown(request, asking, reading, state, chosen, said=chosen.said)


def _shown(
    request: Request,
    asking: Asking,
    reading: Reading,
    state: PageState,
    chosen: Filters,
    **more: Any,  # noqa: ANN401
) -> Response:
    number, place = state.text.page, reading.place
    picture = picture_of(request, reading, number)
    height = round(_SCALE * picture.height / picture.width) if picture else 0
    doubts = list(doubts_of(state.text, height))
    by_text = chosen.by == "text" or not doubts
    description = reading.document.description
    versions = [
        {"number": at, "event": event, "current": at == state.version}
        for at, event in enumerate(state.history, start=2)
    ]
    following = _following(text_changes(asking.archive), asking, chosen, state)
    here = _path(place.dossier_id, reading.document.ordinal, number)
    values = {
        "place": place,
        "document_title": document_title(description) or description.value("doc_code"),
        "dossier_title": reading.record.dossier.value("title") or reading.record.file_code,
        "state": state,
        "doubtful": pages_of(reading.document, "doubtful"),
        "pages": sum(text.pages for text in reading.document.texts),
        "height": height,
        "picture": f"/api/v1/documents/{place.dossier_id}/{place.ordinal}/pages/{number}/picture" if picture else "",
        "doubts": doubts,
        "lines": lines_of(state.text, doubts),
        "by_text": by_text,
        "typed": state.text.text,
        "too_long": len(state.text.text) > MOST_TYPED,
        "versions": versions,
        "reasons": [reason.value for reason in Reason],
        "max_note": MAX_NOTE,
        "here": chosen.address(here, by=chosen.by),
        "other_way": chosen.address(here, by="" if by_text else "text"),
        "following": following,
        "chosen": chosen,
        "lost": [],
        "refused": "",
        "said": "",
    }
    told = {name: value for name, value in more.items() if name in values}
    return rendered(request, "text-review.html", status=more.get("status", 200), **(values | told))


@router.post("/{package_id}/{ordinal}/{number}")
async def do(
    request: Request, asking: Describing, package_id: str, ordinal: Ordinal, number: PageNumber, chosen: Filtered
) -> Response:
    """Save what was typed, say that all is right, or bring an earlier version back; then the next page."""
    fields = await fields_of(request)
    return await run_in_threadpool(_done, request, asking, (package_id, ordinal, number), chosen, fields)


def _done(
    request: Request, asking: Asking, at: tuple[str, int, int], chosen: Filters, fields: Mapping[str, str]
) -> Response:
    reading = asked_document(asking, *at[:2])
    place = (reading.place.dossier_id, *at[1:])
    corrections = text_corrections(asking.archive)
    before = corrections.state(*place)
    following = _following(text_changes(asking.archive), asking, chosen, before)
    wanted = _wanted(asking, before, fields)
    try:
        answer = corrections.act(wanted)
    except TextChangedError:
        lost = [(old, new) for old, new in _typed(fields) if old != new]
        return _shown(request, asking, reading, before, chosen, status=412, refused="changed", lost=lost)
    except EditRefusedError:
        lost = [(old, new) for old, new in _typed(fields) if old != new]
        return _shown(request, asking, reading, before, chosen, status=400, refused="edit", lost=lost)
    last = "already" if answer.already else answer.state.history[-1].correction.kind.value
    if fields.get("do") == "restore":
        return RedirectResponse(chosen.address(_path(*place), said=last), 303)
    path, more = following or ("/text-review", {})
    return RedirectResponse(chosen.address(path, said=last, **more), 303)


def _wanted(asking: Asking, state: PageState, fields: Mapping[str, str]) -> Wanted:
    reason = fields.get("reason", "")
    if reason and reason not in set(Reason):
        raise UsageError("reason")
    base = {
        "dossier_id": state.record.dossier_id,
        "ordinal": state.document.ordinal,
        "page": state.text.page,
        "seen": fields.get("tag", ""),
        "author": asking.login,
        "reason": Reason(reason) if reason else None,
        "note": fields.get("note", "").strip()[:MAX_NOTE],
    }
    match fields.get("do"):
        case "confirm":
            return Wanted(**base)  # type: ignore[arg-type]  # fields of several types, by their names
        case "restore":
            version = fields.get("version", "")
            if not (version.isascii() and version.isdecimal() and len(version) <= 6):  # noqa: PLR2004 - digits
                raise UsageError("version")
            return Wanted(**base, version=int(version))  # type: ignore[arg-type]
        case "save" if "text" in fields:
            return Wanted(**base, text=fields["text"].replace("\r\n", "\n"))  # type: ignore[arg-type]
        case "save":
            return Wanted(**base, edits=_edits(fields, state.text.text))  # type: ignore[arg-type]
        case _:
            raise UsageError("do")


def _edits(fields: Mapping[str, str], text: str) -> list[Edit]:
    """What was typed into the fields of words, as far as it differs from what stood there.

    A word that was emptied leaves with the space before it.
    """
    found: list[Edit] = []
    for name, typed in fields.items():
        kind, _, place = name.partition(":")
        if kind != "word":
            continue
        start, _, end = place.partition("-")
        if not all(part.isascii() and part.isdecimal() and len(part) <= 7 for part in (start, end)):  # noqa: PLR2004
            raise UsageError(name[:40])
        if typed != fields.get(f"was:{place}"):
            first = int(start)
            alone = not typed and text[max(0, first - 1) : first] == " "
            found.append(Edit(first - alone, int(end), typed))
    return found


def _typed(fields: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What stood in each field, and what was typed."""
    if "text" in fields:
        yield "", fields["text"]
    for name, typed in fields.items():
        if name.startswith("word:"):
            yield fields.get(f"was:{name.partition(':')[2]}", ""), typed


def _following(
    changes: TextChanges, asking: Asking, chosen: Filters, state: PageState
) -> tuple[str, dict[str, str]] | None:
    """Where to go after a page: the next doubtful one of the document, else the next document that waits."""
    place = (state.record.dossier_id, state.document.ordinal)
    doubtful = pages_of(state.document, "doubtful")
    later = next((page for page in doubtful if page > state.text.page), None)
    if later is not None:
        return _path(*place, later), {}
    here = (len(doubtful), *place)
    for after in (here, None):
        rows = changes.doubtful(chosen.wanted, 2, after, within=asking.scope)
        other = next((row for row in rows if (row.dossier_id, row.ordinal) != place and row.pages), None)
        if other is not None:
            return _path(other.dossier_id, other.ordinal, other.pages[0]), {}
    return None


# ---------------------------------------------------------------- what is shown


@dataclass(frozen=True, slots=True)
class Doubt:
    """A word in doubt."""

    number: int
    """On the page, from 1."""

    start: int
    end: int
    text: str
    confidence: float
    rect: tuple[int, int, int, int]
    """Left, top, width, height in the units of the picture's marks."""

    cut: tuple[int, int, int, int]
    """What the cut-out shows."""


def doubts_of(page: PageText, height: int) -> Iterator[Doubt]:
    """The words of a page that the machine was not sure of, in order.

    Args:
        page: Its text.
        height: Of its picture, where it is 1,000 wide; 0: there is none.
    """
    doubted = [word for word in page.words if word.confidence is not None and word.confidence < DOUBTED_BELOW]
    for number, word in enumerate(doubted[:MOST_FIELDS], start=1):
        rect = _rect(word, height)
        left, top = max(0, rect[0] - _AROUND), max(0, rect[1] - _MARGIN)
        right, bottom = min(_SCALE, rect[0] + rect[2] + _AROUND), min(height, rect[1] + rect[3] + _MARGIN)
        cut = (left, top, max(1, right - left), max(1, bottom - top))
        yield Doubt(number, word.start, word.end, page.text[word.start : word.end], word.confidence or 0.0, rect, cut)


def _rect(word: Word, height: int) -> tuple[int, int, int, int]:
    left, top, right, bottom = word.box
    x, y = round(left * _SCALE), round(top * height)
    return x, y, max(1, round((right - left) * _SCALE)), max(1, round((bottom - top) * height))


def lines_of(page: PageText, doubts: Sequence[Doubt]) -> list[list[str | Doubt]]:
    """The lines of a page, each cut at its words in doubt."""
    found: list[list[str | Doubt]] = []
    start = 0
    left = list(doubts)
    for line in page.text.split("\n"):
        end = start + len(line)
        pieces: list[str | Doubt] = []
        at = start
        while left and left[0].start < end:
            doubt = left.pop(0)
            pieces += [page.text[at : doubt.start], doubt]
            at = doubt.end
        pieces.append(page.text[at:end])
        found.append([piece for piece in pieces if piece != ""])
        start = end + 1
    return found
