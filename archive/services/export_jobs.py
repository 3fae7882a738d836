"""Exports that are asked for from afar: a job each, its file fetched when it is made, and gone after some days.

Everything of one lies in its folder below `root`: the order, what is made, and in the end what was made. Whoever holds
the lock of the folder works on it, so that a process that died holds nobody up.
"""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

from pydantic import BaseModel, ConfigDict

from archive.catalogue.duties import NEVER, Duties, DutyKind, Owed
from archive.catalogue.journal import Job, JobStatus
from archive.dissemination.outgoing import PACKAGES, CopyForm, ExportKind, Options, Shape
from archive.durable import alone, faults_of, write_durably
from archive.services.asked_searches import AskedSearch
from archive.services.bulk_exports import Gathering, kept
from archive.services.dissemination import Dissemination
from archive.services.found_lists import FoundForm, ListTarget, MadeFound
from archive.services.selections import Chosen, Selection
from metadata.digests import Digests, digests_of_file
from metadata.errors import ArchiveError, NotFoundError
from metadata.formats import by_extension, extension_of
from metadata.package_names import safe
from metadata.time import VIETNAM, Clock, from_rfc3339, rfc3339

KEPT = timedelta(days=7)
"""How long what was made is kept."""

_ORDER, _RESULT, _LINES, _MADE, _LOCK = "order.json", "result.json", "lines.jsonl", "made", "lock"
_CHOSEN, _PLACES = "chosen.json", "places.txt"
_ZIP = "application/zip"


class ExportOrder(BaseModel):
    """What was asked for, by whom."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    export_id: str = ""
    job_id: str = ""
    ordered_at: str = ""
    operator: str
    dossier_id: str
    ordinal: int | None = None
    agency: str
    file_code: str
    kind: ExportKind | FoundForm
    """Of a list of what a search finds: its form."""

    shape: Shape = Shape.TT05
    eark_version: str
    request: dict[str, str] = {}
    copies: CopyForm | None = None
    authentication: dict[str, str] = {}
    without: tuple[int, ...] = ()
    """Documents of the dossier that the asker may not read."""

    selection: Selection | None = None
    """A filter, in the place of a dossier or document."""

    search: AskedSearch | None = None
    """What a list is made of, in the place of a dossier or document."""

    person_id: str = ""
    """Of a selection or search: whose rights decide when it is made."""

    token_id: str = ""
    """Of the token by which it was ordered: it gets no more than that gives then; empty: by a browser."""

    counted: int = 1
    """Things that it held when it was ordered."""

    @property
    def identifier(self) -> str:
        """As `luutru export` knows it."""
        return self.dossier_id if self.ordinal is None else f"{self.dossier_id}/{self.ordinal}"

    @property
    def options(self) -> Options:
        """How it shall leave."""
        return Options(self.shape, self.eark_version, self.request, self.copies, self.authentication)


class ExportResult(BaseModel):
    """What was made."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    mime: str
    size_bytes: int
    sha256: str
    files: int
    """Lines that tell of it."""

    taken: int = 1
    """Things that are in it, and those of a selection that could not be taken."""

    refused: int = 0

    made_at: str
    until: str
    """When it goes."""


def _no_list(order: ExportOrder, _target: ListTarget) -> MadeFound:
    raise NotFoundError(order.export_id)


@dataclass(frozen=True, slots=True)
class ExportJobs:
    """Orders, makes, gives and clears exports away."""

    dissemination: Callable[[], Dissemination]
    """Asked when something is made."""

    duties: Duties
    root: Path
    clock: Clock
    choose: Callable[[ExportOrder], Iterable[Chosen]] = lambda _: ()
    """What a selection holds now for who ordered it."""

    list_found: Callable[[ExportOrder, ListTarget], MadeFound] = _no_list
    """Makes a list of what a search finds now for who ordered it."""

    # ------------------------------------------------------------ ordering

    def order(self, wanted: ExportOrder) -> ExportOrder:
        """Open a job, durable on return."""
        export_id, now = str(uuid4()), rfc3339(self.clock.now())
        why, count = wanted.kind.value, wanted.counted
        owed = Owed(DutyKind.EXPORT, wanted.dossier_id, "", wanted.agency, wanted.file_code, count, why, key=export_id)
        # The order first: a duty without one could never be done.
        told = wanted.model_copy(update={"export_id": export_id, "ordered_at": now})
        folder = self.root / export_id
        write_durably(folder / _ORDER, told.model_dump_json().encode())
        told = told.model_copy(update={"job_id": self.duties.owe(owed, due_at=NEVER)})
        write_durably(folder / _ORDER, told.model_dump_json().encode())
        return told

    def ordered(self, export_id: str) -> ExportOrder:
        """An order.

        Raises:
            NotFoundError: there is none, or it was cleared away.
        """
        if not export_id.replace("-", "").isalnum():
            raise NotFoundError(export_id)
        with suppress(FileNotFoundError, NotADirectoryError, ValueError):
            order = ExportOrder.model_validate_json((self.root / export_id / _ORDER).read_bytes())
            if order.job_id:
                return order
        raise NotFoundError(export_id)

    def all(self) -> list[ExportOrder]:
        """Orders, newest first."""
        found = []
        for path in self.root.glob(f"*/{_ORDER}"):
            with suppress(NotFoundError):
                found.append(self.ordered(path.parent.name))
        return sorted(found, key=lambda order: (order.ordered_at, order.export_id), reverse=True)

    def lists_waiting(self, operator: str) -> int:
        """Lists of what searches find that somebody has ordered and that are not made yet."""
        return sum(order.search is not None and order.operator == operator for order in self.left())

    def job(self, order: ExportOrder) -> Job:
        """How far it is."""
        return self.duties.duty(order.job_id)

    # ------------------------------------------------------------ making

    def left(self) -> list[ExportOrder]:
        """Orders that nobody works on, the oldest first."""
        waiting = {job.id for job in self.duties.unfinished(DutyKind.EXPORT) if job.status is not JobStatus.FAULT}
        return [order for order in reversed(self.all()) if order.job_id in waiting] if waiting else []

    def work(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """Make what is left; how many. What meets a fault says so in its job."""
        worked = 0
        for order in self.left():
            if stopped():
                break
            worked += self.run(order)
        return worked

    def run(self, order: ExportOrder) -> bool:
        """Make one; False where somebody else is at it, or it is made."""
        folder = self.root / order.export_id
        with alone(folder / _LOCK) as mine:
            if not mine or (folder / _RESULT).exists():
                return False
            duty = self.duties.hold(order.job_id)
            if duty.status is JobStatus.CANCELLED:
                shutil.rmtree(folder, ignore_errors=True)
                return False
            try:
                result = self._made(folder, order)
                write_durably(folder / _RESULT, result.model_dump_json().encode())
            except ArchiveError as error:
                shutil.rmtree(folder / _MADE, ignore_errors=True)
                self.duties.fault(duty, code=error.code, why=str(error))
            else:
                self.duties.finish(duty)
            if self.job(order).status is JobStatus.CANCELLED:
                shutil.rmtree(folder, ignore_errors=True)
            return True

    def _made(self, folder: Path, order: ExportOrder) -> ExportResult:
        room = folder / _MADE
        shutil.rmtree(room, ignore_errors=True)
        if order.search is not None:
            return self._listed(folder, order)
        if order.selection is not None:
            return self._gathered(folder, order)
        kind = ExportKind(order.kind)
        single = order.ordinal is not None and kind not in PACKAGES
        name = f"{safe(order.file_code, 'HS')}-{kind.value}.zip"
        with faults_of(folder):
            room.mkdir(parents=True)
        leaving = self.dissemination().export(
            order.identifier,
            kind,
            room if single else room / name,
            operator=order.operator,
            options=order.options,
            without=frozenset(order.without),
        )
        count = 0
        with faults_of(folder), (folder / _LINES).open("w", encoding="utf-8") as lines:
            for file in leaving:
                count += 1
                lines.write(json.dumps(_told(file.as_json(), room), ensure_ascii=False) + "\n")
        with faults_of(folder):
            made = _one(room, folder / name) if single else room / name
            digests = digests_of_file(made)
        return self._result(made, digests, count)

    def _gathered(self, folder: Path, order: ExportOrder) -> ExportResult:
        """All that a selection holds now."""
        room, count, kind = folder / _MADE, 0, ExportKind(order.kind)
        target = room / f"chon-loc-{kind.value}.zip"
        with faults_of(folder):
            room.mkdir(parents=True)
        with faults_of(folder), (folder / _LINES).open("w", encoding="utf-8") as lines:

            def line(told: Mapping[str, Any]) -> None:
                nonlocal count
                count += 1
                lines.write(json.dumps(told, ensure_ascii=False) + "\n")

            def told(done: int) -> bool:
                return self.duties.told(order.job_id, done)

            maker = Gathering(self.dissemination(), kind, order.operator, order.options, room, told, line)
            taken, refused = maker.gather(self.choose(order), target)
        write_durably(folder / _CHOSEN, kept(taken))
        with faults_of(folder):
            digests = digests_of_file(target)
        result = self._result(target, digests, count)
        return result.model_copy(update={"taken": len(taken), "refused": refused})

    def _listed(self, folder: Path, order: ExportOrder) -> ExportResult:
        """A list of all that a search finds now."""
        room = folder / _MADE
        day = self.clock.now().astimezone(VIETNAM)
        target = room / f"ket-qua-tim-kiem-{day:%Y%m%d-%H%M}.{order.kind.value}"
        with faults_of(folder):
            room.mkdir(parents=True)

        def told(done: int) -> bool:
            return self.duties.told(order.job_id, done)

        made = self.list_found(order, ListTarget(target, told, folder / _PLACES, order.job_id))
        with faults_of(folder):
            digests = digests_of_file(target)
            line = {"path": target.name, "sha256": digests.sha256, "bytes": digests.size_bytes, **made.more}
            (folder / _LINES).write_text(json.dumps(line) + "\n", encoding="utf-8")
        result = self._result(target, digests, 1)
        return result.model_copy(update={"taken": made.rows, "refused": max(0, made.total - made.rows)})

    def _result(self, made: Path, digests: Digests, count: int) -> ExportResult:
        now = self.clock.now()
        known = by_extension(extension_of(made.name))
        return ExportResult(
            name=made.name,
            mime=_ZIP if made.suffix == ".zip" else known.mime if known else "application/octet-stream",
            size_bytes=digests.size_bytes,
            sha256=digests.sha256,
            files=count,
            made_at=rfc3339(now),
            until=rfc3339(now + KEPT),
        )

    # ------------------------------------------------------------ giving

    def result(self, order: ExportOrder) -> ExportResult | None:
        """What was made of an order; None: nothing yet."""
        with suppress(FileNotFoundError, ValueError):
            return ExportResult.model_validate_json((self.root / order.export_id / _RESULT).read_bytes())
        return None

    def things(self, order: ExportOrder) -> Sequence[Chosen]:
        """What is in it; of a selection nothing before it is made.

        Raises:
            NotFoundError: nobody knows any more what was put into it.
        """
        if order.selection is None:
            return (
                Chosen(
                    dossier_id=order.dossier_id,
                    ordinal=order.ordinal,
                    agency=order.agency,
                    file_code=order.file_code,
                    without=order.without,
                ),
            )
        if self.result(order) is None:
            return ()
        with suppress(FileNotFoundError, ValueError):
            found = json.loads((self.root / order.export_id / _CHOSEN).read_bytes())
            return [Chosen.model_validate(one) for one in found]
        # Without the list nobody could say whether the asker may have the file.
        raise NotFoundError(order.export_id)

    def places(self, order: ExportOrder) -> Path:
        """Where the places of the documents in a list are written.

        Raises:
            NotFoundError: nobody knows any more what was put into it.
        """
        path = self.root / order.export_id / _PLACES
        if not path.is_file():
            raise NotFoundError(order.export_id)
        return path

    @contextmanager
    def opened(self, order: ExportOrder, result: ExportResult, offset: int) -> Iterator[BinaryIO]:
        """The file from `offset` on.

        Raises:
            NotFoundError: it was cleared away meanwhile.
        """
        folder = self.root / order.export_id
        path = next((path for path in (folder / _MADE / result.name, folder / result.name) if path.is_file()), None)
        if path is None:
            inside = sorted(path for path in (folder / _MADE).rglob("*") if path.is_file())
            path = inside[0] if inside else None
        if path is None:
            raise NotFoundError(order.export_id)
        with path.open("rb") as stream:
            stream.seek(offset)
            yield stream

    def lines(self, order: ExportOrder, first: int, most: int) -> Sequence[Mapping[str, Any]]:
        """Lines of the files that left, from the place `first` on."""
        path = self.root / order.export_id / _LINES
        if self.result(order) is None:
            return ()
        with faults_of(path), path.open(encoding="utf-8") as lines:
            return [json.loads(line) for line in islice(lines, first, first + most)]

    # ------------------------------------------------------------ clearing

    def drop(self, order: ExportOrder) -> None:
        """Clear an export away at once; one that somebody works on is cleared when that ends."""
        folder = self.root / order.export_id
        with alone(folder / _LOCK) as mine:
            if mine:
                job = self.job(order)
                if job.status is not JobStatus.DONE:
                    self.duties.finish(job)
                shutil.rmtree(folder, ignore_errors=True)

    def clear_cancelled(self, job_id: str) -> None:
        """Clear away what a cancelled order left; where somebody works on it, that clears it when it ends."""
        for order in self.all():
            if order.job_id == job_id:
                self.drop(order)

    def sweep(self) -> int:
        """Clear away what is older than `KEPT`; how many."""
        now, swept = self.clock.now(), 0
        for order in self.all():
            result = self.result(order)
            until = from_rfc3339(result.until) if result else from_rfc3339(order.ordered_at) + KEPT
            if until < now:
                self.drop(order)
                swept += 1
        return swept


def _told(line: dict[str, Any], room: Path) -> dict[str, Any]:
    """A line as it is told afar: no path of this machine."""
    path = line["path"]
    if path is not None and Path(path).is_absolute():
        line["path"] = str(Path(path).relative_to(room))
    return line


def _one(room: Path, packed: Path) -> Path:
    """The only file of `room`, or all of them in one ZIP."""
    files = sorted(path for path in room.rglob("*") if path.is_file())
    if len(files) == 1:
        return files[0]
    part = packed.with_suffix(".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED) as archive:
        for path in files:
            archive.write(path, path.relative_to(room).as_posix())
    os.replace(part, packed)  # noqa: PTH105 - as one step
    return packed
