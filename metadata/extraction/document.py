"""All suggestions of one document, while its pages pass by: one look at the first, one at each for the signer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from metadata.extraction import suggestions as keys
from metadata.extraction.agreement import agreed
from metadata.extraction.bodies import organ_of
from metadata.extraction.days import day_of, least_on
from metadata.extraction.gazette import gazette_of
from metadata.extraction.letters import alike
from metadata.extraction.numbers import NumberReading, number_of
from metadata.extraction.reading import Reading
from metadata.extraction.signers import Signer, signer_on
from metadata.extraction.straightening import Straight, straightened
from metadata.extraction.suggestions import Suggestion
from metadata.extraction.titles import LETTER, Title, title_of
from metadata.extraction.witnesses import Look, settled
from metadata.extraction.zones import Head, head_of
from metadata.profiles.vocabularies import fold, vocabularies
from metadata.texts import PageText

MOST_PAGES = 60
"""Pages on which a signer is looked for: longer papers are books, and end in annexes."""


@dataclass(slots=True)
class DocumentReader:
    """Takes the pages of one file in order and says what they suggest.

    Args:
        last_year: No paper is of a later year; that of the day on which it came in.
    """

    last_year: int
    _found: dict[str, Suggestion] = field(default_factory=dict)
    _signer: Signer | None = None
    _known: bool = False
    """The first page is that of an administrative paper."""

    def add(self, page: PageText, again: PageText | None = None, closer: Sequence[PageText] = ()) -> None:
        """Look at `page`; pages come in order, each once.

        Args:
            page: As it was read.
            again: The head of page 1 as OCR read it when it looked a second time.
            closer: The same head with the digits of which it was unsure as closer looks read them.
        """
        if page.page == 1:
            whole = [look_at(text, self.last_year) for text in (page, again) if text is not None]
            self._found = whole[0].told if again is None else agreed(whole[0].told, whole[1].told)
            if closer:
                self._found = settled(self._found, whole, [look_at(text, self.last_year) for text in closer])
            self._known = bool(self._found)
        if self._known and self._signer is None and page.page <= MOST_PAGES:
            straight = straightened(page)
            self._signer = _signer_placed(signer_on(straight.page), straight)

    def suggestions(self) -> tuple[Suggestion, ...]:
        """What was found, in the order of `suggestions.KEYS`."""
        found = dict(self._found)
        if self._signer is not None:
            for key, read in ((keys.POSITION, self._signer.position), (keys.SIGNER, self._signer.name)):
                if read is not None:
                    found[key] = read.suggestion(key, self._signer.page)
        return tuple(found[key] for key in keys.KEYS if key in found)


def look_at(page: PageText, last_year: int) -> Look:
    """What the first page says; nothing where it is no administrative paper."""
    straight = straightened(page)
    head = head_of(straight.page)
    least = least_on(page.confidence)
    found = gazette_of(straight.page, last_year) if head is None else _headed(head, last_year, least)
    told: dict[str, Suggestion] = {}
    doubtful: dict[str, Suggestion] = {}
    for key, read in found.items():
        placed = _placed(read, straight)
        if placed is not None:
            (doubtful if placed.doubtful else told)[key] = placed.suggestion(key, page.page)
    return Look(told, doubtful)


def _placed(read: Reading | None, straight: Straight) -> Reading | None:
    """`read` at its place on the page as it was scanned."""
    return replace(read, box=straight.place(read.box)) if read is not None else None


def _signer_placed(signer: Signer | None, straight: Straight) -> Signer | None:
    if signer is None:
        return None
    return replace(signer, position=_placed(signer.position, straight), name=_placed(signer.name, straight))


def _headed(head: Head, last_year: int, least: float) -> dict[str, Reading | None]:
    # The title decides between DA and ĐA, the body what the letters after it mean, and the number where both end and
    # begin: one look before, one after.
    number = number_of(head.left, party=head.party)
    place = number.piece if number else None
    title = title_of(head, place, None, number.notation.value if number and number.notation else "")
    organ = organ_of(head.left, place, head.top, bilingual=head.bilingual)
    number = number_of(head.left, title.abbreviation, party=head.party, body=organ.value if organ else "")
    # A day in the text below the title is another paper's.
    right = [piece for piece in head.right if title.top is None or piece.centre < title.top]
    day = day_of(right, last_year, least)
    agreed, day = _agreed(number, day)
    return {
        keys.NUMBER: _either(agreed, 0),
        keys.NOTATION: _either(agreed, 1),
        keys.DAY: day,
        keys.ORGAN: organ,
        keys.TYPE: _type(title, agreed),
        keys.SUBJECT: title.subject,
    }


def _either(number: NumberReading | None, place: int) -> Reading | None:
    """The number (0) or notation (1), marked where it is doubtful."""
    if number is None:
        return None
    doubtful = number.doubtful[place]
    return replace(doubtful, doubtful=True) if doubtful else (number.number, number.notation)[place]


def _type(title: Title, number: NumberReading | None) -> Reading | None:
    """The title's type, mended by the notation where OCR took one type for a like one (`THÔNG CÁO`, `TB-UBND`).

    Without a title that could be read the notation tells the type: that of a letter names none.
    """
    if number is None or number.notation is None:
        return title.type
    first = next((part for part in re.split("[/-]", number.notation.value) if not part.isdigit()), "")
    entry = vocabularies()["type_name"].abbreviated(first)
    if entry is not None and (title.type is None or title.type.value == LETTER):
        return replace(number.notation, value=entry.vi)
    if (
        title.type is None
        or entry is None
        or entry.abbr == title.abbreviation
        or not alike(fold(title.type.value), fold(entry.vi), 0.2)
    ):
        return title.type
    return replace(title.type, value=entry.vi)


def _agreed(number: NumberReading | None, day: Reading | None) -> tuple[NumberReading | None, Reading | None]:
    """Number and day, unless the year in the number is another than the day's: then one of both was misread."""
    if number is None or number.year is None or day is None or day.value.startswith(str(number.year)):
        return number, day
    if day.doubtful:
        return number, None
    return NumberReading(number.number, None, number.piece, doubtful=(number.doubtful[0], None)), None
