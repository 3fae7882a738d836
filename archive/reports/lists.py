"""Rows and sums of the lists that go with dossiers (Nghị định 30/2020/NĐ-CP, Phụ lục V), made from records.

What nobody told stays empty: a list is signed by people, and they fill in what they know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from metadata.codes import document_number, document_title
from metadata.dates import CivilDate, from_iso
from metadata.descriptions import Description, DocumentDescription, RecordKind
from metadata.messages import text
from metadata.package import PackageDocument, PackageRecord
from metadata.retention import read_period
from metadata.succession import Standing, standings

FORM = "vi"
"""Forms of the law are Vietnamese, whatever language the person who prints them reads."""

_DATES = {
    RecordKind.DOCUMENT: "issued_date",
    RecordKind.PHOTO: "photo_time",
    RecordKind.MEDIA: "record_date",
}
_AUTHORS = ("organ_name", "photographer", "recorder", "signer")


def say(key: str, **values: object) -> str:
    """Words of the forms."""
    return text(f"lists.{key}", FORM, **values)


@dataclass(frozen=True, slots=True)
class Whole:
    """A dossier with the documents of all its parts, in their order."""

    head: PackageRecord
    documents: tuple[PackageDocument, ...]

    @property
    def dossier(self) -> Description:
        """Fields of the dossier."""
        return self.head.dossier

    @property
    def files(self) -> int:
        """Files as received, lists not counted."""
        return sum(len(document.originals) for document in self.documents)

    @property
    def bytes(self) -> int:
        """Bytes of these files."""
        return sum(file.size_bytes for document in self.documents for file in document.originals)


def whole(records: Iterable[PackageRecord]) -> Whole:
    """A dossier out of the records of its parts, the first one first."""
    parts = list(records)
    documents = [document for part in parts for document in part.documents]
    return Whole(parts[0], tuple(sorted(documents, key=lambda document: document.ordinal)))


# ---------------------------------------------------------------- values


def date_of(document: DocumentDescription) -> CivilDate | None:
    """The day, month or year of a document, picture or recording."""
    return from_iso(document.value(_DATES[document.kind])) or from_iso(document.value("issued_date"))


def written_date(document: DocumentDescription) -> str:
    """That day as people write it; where it was not understood, as it was written."""
    if day := date_of(document):
        return day.vietnamese()
    return document.written(_DATES[document.kind]) or document.written("issued_date")


def author(document: DocumentDescription) -> str:
    """Who issued or made it."""
    return next((value for key in _AUTHORS if (value := document.value(key))), "")


def kind_and_subject(document: DocumentDescription) -> str:
    """Type and subject in one; pictures and recordings by their kind and title."""
    kind = document.value("type_name")
    if not kind and document.kind is not RecordKind.DOCUMENT:
        kind = say(f"kind.{document.kind.value}")
    title = document_title(document)
    # Many lists repeat the type at the head of the subject.
    if title.casefold().startswith(kind.casefold()):
        return title
    return f"{kind} {title}".strip()


def number_of(document: DocumentDescription) -> str:
    """Number and notation; of a picture or recording its number in the archive."""
    return document_number(document) or document.value("archives_number")


def pages_of(document: PackageDocument) -> int | None:
    """Pages as counted in the files, else as delivered."""
    counted = sum(text.pages for text in document.texts)
    written = document.description.value("page_amount")
    return counted or (int(written) if written.isdecimal() else None)


def place_of(document: PackageDocument) -> str:
    """`Tờ số/Trang số`: the sheet where it lies in the paper dossier, else how long it is."""
    description = document.description
    if sheet := description.value("sheet_number"):
        return sheet
    if long := description.value("play_time"):
        return long
    pages = pages_of(document)
    return say("pages", pages=pages) if pages else ""


def standing_words(standing: Standing) -> Iterator[str]:
    """What later documents did to it."""
    for key, ordinals in (("replaces", standing.replaces), ("replaced_by", standing.replaced_by)):
        if ordinals:
            yield say(key, ordinals=", ".join(map(str, ordinals)))
    if standing.recalled:
        yield say("recalled")


def period(found: Whole) -> tuple[CivilDate | None, CivilDate | None]:
    """First and last day of a dossier: as told, else of its documents."""
    days = [day for document in found.documents if (day := date_of(document.description))]
    first = from_iso(found.dossier.value("start_date")) or min(days, key=CivilDate.earliest, default=None)
    last = from_iso(found.dossier.value("end_date")) or max(days, key=CivilDate.latest, default=None)
    return first, last


def written_period(first: CivilDate | None, last: CivilDate | None) -> str:
    """A period as people write it."""
    days = [day.vietnamese() for day in (first, last) if day]
    return " - ".join(dict.fromkeys(days))


def amount(found: Whole) -> str:
    """`Số tờ/Số trang` of a dossier."""
    sheets, pages = found.dossier.value("sheet_count"), found.dossier.value("page_count")
    counted = sum(pages_of(document) or 0 for document in found.documents)
    if not pages and counted:
        pages = str(counted)
    if sheets and pages:
        return f"{sheets}/{pages}"
    if sheets:
        return say("sheets", sheets=sheets)
    return say("pages", pages=pages) if pages else ""


# ---------------------------------------------------------------- rows


def dossier_row(number: int, found: Whole) -> list[str]:
    """A row of `Mục lục hồ sơ, tài liệu nộp lưu`."""
    dossier = found.dossier
    notes = [dossier.value("remark") or dossier.value("description")]
    without = sum(1 for document in found.documents if not document.originals)
    # A register is handed over like anything else, and its list says what is not there.
    if not found.documents:
        notes.append(say("no_documents"))
    elif without:
        notes.append(say("no_files_of", missing=without, documents=len(found.documents)))
    return [
        str(number),
        dossier.value("file_notation") or found.head.file_code,
        dossier.value("title"),
        written_period(*period(found)) or dossier.value("archives_time"),
        dossier.value("maintenance") or dossier.written("maintenance"),
        amount(found),
        "; ".join(note for note in notes if note),
    ]


def document_rows(found: Whole) -> Iterator[list[str]]:
    """Rows of `Mục lục văn bản, tài liệu`, one a document."""
    standing = standings([document.description for document in found.documents])
    for number, document in enumerate(found.documents, start=1):
        description = document.description
        notes = [description.value("description"), *standing_words(standing[document.ordinal])]
        if not document.originals:
            notes.append(say("no_file"))
        yield [
            str(number),
            number_of(description),
            written_date(description),
            kind_and_subject(description),
            author(description),
            place_of(document),
            "; ".join(note for note in notes if note),
        ]


# ---------------------------------------------------------------- sums


@dataclass(slots=True)
class Totals:
    """Sums over dossiers; grows as they pass by."""

    dossiers: int = 0
    documents: int = 0
    files: int = 0
    bytes: int = 0
    electronic: int = 0
    """Dossiers with files."""

    on_paper: int = 0
    """Dossiers of which paper lies somewhere."""

    without_files: int = 0
    """Documents that are only described."""

    first: CivilDate | None = None
    last: CivilDate | None = None
    boxes: set[tuple[str, str]] = field(default_factory=set)
    retention: Counter[str] = field(default_factory=Counter)
    conditions: Counter[str] = field(default_factory=Counter)
    agencies: dict[str, str] = field(default_factory=dict)
    fonds: dict[str, None] = field(default_factory=dict)
    submissions: dict[str, None] = field(default_factory=dict)
    givers: dict[str, None] = field(default_factory=dict)
    takers: dict[str, None] = field(default_factory=dict)

    def add(self, found: Whole) -> None:
        """Count one dossier."""
        head, dossier = found.head, found.dossier
        self.dossiers += 1
        self.documents += len(found.documents)
        self.files += found.files
        self.bytes += found.bytes
        self.electronic += found.files > 0
        self.on_paper += any(dossier.value(key) for key in ("paper_file_code", "sheet_count", "box"))
        self.without_files += sum(1 for document in found.documents if not document.originals)
        first, last = period(found)
        self.first = min((day for day in (self.first, first) if day), key=CivilDate.earliest, default=None)
        self.last = max((day for day in (self.last, last) if day), key=CivilDate.latest, default=None)
        if box := dossier.value("box"):
            self.boxes.add((dossier.value("shelf"), box))
        self.retention[dossier.value("maintenance") or say("unknown")] += 1
        if condition := dossier.value("format"):
            self.conditions[condition] += 1
        self.agencies[head.agency] = head.agency_name or head.agency
        for names, name in (
            (self.fonds, dossier.value("fonds_name")),
            (self.submissions, head.submission_id),
            (self.givers, head.submitted_by),
            (self.takers, head.approval.by if head.approval else ""),
        ):
            if name:
                names[name] = None

    @property
    def permanent(self) -> int:
        """Dossiers that are kept for ever."""
        return sum(count for word, count in self.retention.items() if (p := read_period(word)) and p.permanent)

    @property
    def years(self) -> str:
        """`2019` or `2017 - 2019`; empty where nothing is known."""
        known: Sequence[CivilDate] = [day for day in (self.first, self.last) if day]
        return " - ".join(dict.fromkeys(f"{day.year:04d}" for day in known))
