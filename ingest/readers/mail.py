"""The reader "mail": messages (.eml, .msg) without a list become a dossier, each a document with its attachments.

The message is the original. What came with it is taken out as further files of
the same document, so that it can be searched, scanned and judged like any other
file; it stays in the message, too. Where a list names messages, the reader of
folders takes them as the files that they are.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ingest.durable import sync
from ingest.free_names import first_free
from ingest.ordinary_files import opened
from ingest.ports import Workers
from ingest.readers.containers import RoomUnwritableError
from ingest.readers.eark.notes import Notes
from ingest.readers.listing import DeliveryUnreadableError, Listing, has_spreadsheet, list_delivery, shown
from ingest.readers.mail_contents import Message, MessageReading, described
from ingest.readers.undescribed import FILE_NAME, document_of, natural
from metadata.codes import nfc
from metadata.descriptions import Cell, Delivery, DocumentDescription, DossierDescription
from metadata.validation_secrets import secret_findings

PROFILE = "05-2025"
ENDINGS = (".eml", ".msg")
_DEEPEST = 3
_COPIED_TOGETHER = 8


@dataclass(frozen=True, slots=True)
class MailReader:
    """Reads messages.

    Args:
        workers: Where they are parsed.
    """

    workers: Workers
    name: str = "mail"

    def recognises(self, path: Path) -> bool:
        """See `Reader.recognises`: a message, or a folder with messages and without a spreadsheet."""
        if path.is_file():
            return path.name.lower().endswith(ENDINGS)
        return path.is_dir() and not has_spreadsheet(path.resolve(), _DEEPEST) and _holds_mail(path.resolve())

    def read(self, path: Path, room: Path) -> Delivery:
        """See `Reader.read`: everything is laid down in the room, for attachments lie beside their messages.

        Raises:
            DeliveryUnreadableError: the delivery cannot be read.
            RoomUnwritableError: the room cannot be written to.
            ArchiveError: the system failed.
        """
        path = path.resolve()
        listing = Listing(files=(path.name,)) if path.is_file() else list_delivery(path)
        source = path.parent if path.is_file() else path
        root = room / (path.stem if path.is_file() else path.name)
        return _Mails(source, listing, root, MessageReading(self.workers, room / ".attachments")).delivery()


def _holds_mail(root: Path) -> bool:
    pending = [(root, 0)]
    while pending:
        folder, depth = pending.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.lower().endswith(ENDINGS) and entry.is_file(follow_symlinks=False):
                        return True
                    if depth < _DEEPEST and entry.is_dir(follow_symlinks=False):
                        pending.append((Path(entry.path), depth + 1))
        except OSError as error:
            raise DeliveryUnreadableError(shown(str(folder)), error.strerror or str(error)) from error
    return False


@dataclass(slots=True)
class _Found:
    """One file of the delivery on its way to a document."""

    path: str
    message: Message | None = None
    attachments: tuple[str, ...] = ()

    @property
    def sent(self) -> datetime | None:
        return self.message.sent if self.message else None


class _Mails:
    """One delivery while it is put together."""

    def __init__(self, source: Path, listing: Listing, root: Path, reading: MessageReading) -> None:
        self._source = source
        self._listing = listing
        self._root = root
        self._reading = reading
        self._notes = Notes()

    def delivery(self) -> Delivery:
        for oddity in self._listing.oddities:
            self._notes.tell(oddity.rule, oddity.path, detail=oddity.detail)
        self._copy()
        found = sorted(self._read(), key=_in_order)
        documents = tuple(_document(one, ordinal) for ordinal, one in enumerate(found, start=1))
        dossiers = (self._dossier(documents, found),) if documents else ()
        secrets = {dossier.file_code: told for dossier in dossiers if (told := tuple(secret_findings(dossier, None)))}
        return Delivery(
            reader="mail",
            profile=PROFILE,
            root=str(self._root.resolve()),
            dossiers=dossiers,
            ignored=self._listing.ignored,
            findings=() if secrets else self._notes.findings(),
            dossier_findings=secrets,
        )

    def _copy(self) -> None:
        """Lay the delivered files down in the room; durable when this returns."""
        files = self._listing.files
        try:
            for folder in sorted({self._root, *((self._root / path).parent for path in files)}):
                folder.mkdir(parents=True, exist_ok=True)
            with ThreadPoolExecutor(_COPIED_TOGETHER) as threads:
                for _ in threads.map(self._copy_one, files):
                    pass
        except OSError as error:
            raise RoomUnwritableError(shown(str(self._root)), error.strerror or str(error)) from error

    def _copy_one(self, path: str) -> None:
        try:
            source = opened(self._source / path)
        except OSError as error:
            raise DeliveryUnreadableError(shown(path), error.strerror or str(error)) from error
        with source, (self._root / path).open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
            target.flush()
            os.fsync(target.fileno())

    def _read(self) -> Iterator[_Found]:
        mails = [path for path in self._listing.files if path.lower().endswith(ENDINGS)]
        for path in self._listing.files:
            if not path.lower().endswith(ENDINGS):
                yield _Found(path)
        taken = {path.casefold() for path in self._listing.files}
        for path, message in zip(mails, self._reading.messages([self._root / path for path in mails]), strict=True):
            self._tell(path, message)
            yield _Found(path, message, tuple(self._laid_down(path, message, taken)))

    def _laid_down(self, path: str, message: Message, taken: set[str]) -> Iterator[str]:
        """Move attachments into a folder named after their message."""
        if not message.files:
            return
        folder = _free(f"{path.rpartition('.')[0]}.dinh-kem", taken)
        try:
            (self._root / folder).mkdir()
            for name, made in message.files.items():
                made.rename(self._root / folder / name)
                yield f"{folder}/{name}"
            sync(self._root / folder)
            sync((self._root / folder).parent)
        except OSError as error:
            raise RoomUnwritableError(shown(folder), error.strerror or str(error)) from error

    def _tell(self, path: str, message: Message) -> None:
        for rule, values in message.told:
            self._notes.tell(rule, path, file=path, **values)

    def _dossier(self, documents: Sequence[DocumentDescription], found: Sequence[_Found]) -> DossierDescription:
        name = nfc(shown(self._root.name))
        only = found[0].message if len(found) == 1 else None
        title = only.headers.get("Subject", "") if only else ""
        fields = {
            "file_code": Cell(value=name, written="", column=FILE_NAME),
            "title": Cell(value=nfc(title) or name, written=title, column="Subject" if title else FILE_NAME),
            **_period([one.sent for one in found if one.sent]),
        }
        self._notes.tell("MAIL-001", name, count=str(len(documents)))
        return DossierDescription(file_code=name, fields=fields, documents=tuple(documents))


def _period(days: Sequence[datetime]) -> Mapping[str, Cell]:
    if not days:
        return {}
    dates = sorted(day.date().isoformat() for day in days)
    return {
        "start_date": Cell(value=dates[0], written="", column="Date"),
        "end_date": Cell(value=dates[-1], written="", column="Date"),
    }


def _in_order(one: _Found) -> tuple[int, float, object]:
    """Messages by the time at which they were sent, then everything else by name."""
    sent = one.sent
    if sent is None:
        return (1, 0.0, natural(one.path))
    return (0, sent.timestamp() if sent.tzinfo else sent.replace(tzinfo=None).timestamp(), natural(one.path))


def _document(one: _Found, ordinal: int) -> DocumentDescription:
    plain = document_of(one.path, ordinal)
    if one.message is None:
        return plain
    fields, extra = described(one.message)
    fields.setdefault("subject", plain.fields["subject"])
    return plain.model_copy(
        update={"fields": fields, "extra": extra, "source": one.path, "files": (one.path, *one.attachments)}
    )


def _free(folder: str, taken: set[str]) -> str:
    def is_taken(name: str) -> bool:
        return name.casefold() in taken or any(path.startswith(f"{name.casefold()}/") for path in taken)

    name = first_free(folder, is_taken)
    taken.add(name.casefold())
    return name
