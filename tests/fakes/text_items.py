"""Dossiers for the stage `text`: files that lie somewhere, with the facts that earlier stages would have left."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from ingest.facts import FileFormat, FileRole, FileText, Formats, Inspection, Received, ReceivedFile, Validated
from ingest.ports import Answer, Limits, Workers
from ingest.work import WorkItem
from metadata.descriptions import Delivery, DocumentDescription, DossierDescription, RecordKind
from metadata.digests import digests_of_file
from metadata.texts import PageText
from metadata.texts_io import iter_page_texts
from tests.fakes.workers import InlineWorkers

MIMES = {
    ".pdf": "application/pdf",
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".tif": "image/tiff",
    ".doc": "application/msword",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xls": "application/vnd.ms-excel",
    ".rtf": "application/rtf",
    ".txt": "text/plain",
    ".csv": "text/csv",
    ".html": "text/html",
    ".mp4": "video/mp4",
}


def text_item(
    folder: Path,
    files: Mapping[str, Path],
    *,
    photos: frozenset[str] = frozenset(),
    inspections: Mapping[str, Inspection] | None = None,
) -> WorkItem:
    """A dossier whose documents are `files`, by the path as received."""
    folder.mkdir(parents=True, exist_ok=True)
    received, formats, documents = [], {}, []
    for number, (name, path) in enumerate(files.items(), start=1):
        digests = digests_of_file(path)
        received.append(
            ReceivedFile(
                path=name,
                stored=str(path.resolve()),
                sha256=digests.sha256,
                sha512=digests.sha512,
                size_bytes=digests.size_bytes,
                role=FileRole.DOCUMENT,
                ordinal=number,
            )
        )
        formats[name] = FileFormat(puid="", name="", version="", mime=MIMES[path.suffix])
        kind = RecordKind.PHOTO if name in photos else RecordKind.DOCUMENT
        documents.append(DocumentDescription(ordinal=number, files=(name,), kind=kind))
    dossier = DossierDescription(file_code="HS-01", documents=tuple(documents))
    delivery = Delivery(reader="folder", profile="02-2019", root=str(folder), dossiers=(dossier,))
    item = WorkItem("job", "submission", "package", "agency", folder, delivery, dossier)
    item = item.having(Received(files=tuple(received), received_at="2026-01-01T00:00:00.000Z", fingerprint="f"))
    item = item.having(Formats(formats=formats))
    return item.having(Validated(findings=(), inspections=dict(inspections or {})))


def pages_of(item: WorkItem, text: FileText) -> list[PageText]:
    """The kept pages of `text`."""
    with (item.folder / text.jsonl).open("rb") as stream:
        return list(iter_page_texts(stream))


_RECOGNISED: dict[str, Answer] = {}


class RememberingWorkers(InlineWorkers):
    """Runs tasks in this process, and recognises a page that looks the same only once a test run."""

    def submit(
        self, task: str, arguments: Mapping[str, Any], *, limits: Limits, deposit: Path | None = None
    ) -> Future[Answer]:
        if not task.endswith(":recognise"):
            return super().submit(task, arguments, limits=limits, deposit=deposit)
        with_bytes = dict(arguments) | {"source": digests_of_file(Path(arguments["source"])).sha256}
        key = json.dumps(with_bytes, sort_keys=True)
        if key not in _RECOGNISED:
            _RECOGNISED[key] = super().submit(task, arguments, limits=limits, deposit=deposit).result()
        future: Future[Answer] = Future()
        future.set_result(_RECOGNISED[key])
        return future


class WatchedWorkers:
    """Hands tasks on to other workers and remembers them; `answer` may answer in their place."""

    def __init__(
        self, inner: Workers, answer: Callable[[str, Mapping[str, Any]], Answer | BaseException | None] | None = None
    ) -> None:
        self._inner = inner
        self._answer = answer
        self.asked: list[tuple[str, dict[str, Any]]] = []

    @property
    def size(self) -> int:
        return self._inner.size

    def submit(
        self, task: str, arguments: Mapping[str, Any], *, limits: Limits, deposit: Path | None = None
    ) -> Future[Answer]:
        self.asked.append((task.partition(":")[2], dict(arguments)))
        own = self._answer(task.partition(":")[2], arguments) if self._answer else None
        if own is None:
            return self._inner.submit(task, arguments, limits=limits, deposit=deposit)
        future: Future[Answer] = Future()
        if isinstance(own, Answer):
            future.set_result(own)
        else:
            future.set_exception(own)
        return future

    def count(self, task: str) -> int:
        """How often `task` was asked for."""
        return sum(name == task for name, _ in self.asked)
