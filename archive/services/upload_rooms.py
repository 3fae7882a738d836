"""The folders of uploads: whose each is, how long it stays, and what of it has come."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID, uuid4

from archive.catalogue.journal import Journal
from archive.durable import write_durably
from archive.services.incoming import UploadConflictError
from archive.services.resumable import Resumable
from archive.services.upload_names import delivery_name
from metadata.descriptions import RecordStatus
from metadata.errors import NotFoundError, UsageError
from metadata.time import Clock, from_rfc3339, rfc3339

_GONE = ".gone-"
"""Begins the names of folders that were given up."""

MOST_OPEN = 1000
"""Uploads that one person may have open."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much an upload brings, and how long what came stays here."""

    max_file_bytes: int
    unfinished: timedelta = timedelta(days=7)
    """An upload that nobody hands in."""

    refused: timedelta = timedelta(days=30)
    """The files of a delivery of which something was rejected or returned, to be handed in again."""


class TooManyOpenError(UsageError):
    """One person has more uploads open than anybody works on."""

    code: ClassVar[str] = "upload.too_many_open"


@dataclass(frozen=True, slots=True)
class OpenUpload:
    """An upload that is not handed in yet."""

    id: str
    name: str
    created: str
    """RFC 3339."""

    expires: str
    files: int
    """Whole ones."""

    size_bytes: int
    """Of what has come, unfinished files included."""


class UploadRooms:
    """One folder an upload below `folder`, called as its submission will be."""

    def __init__(self, folder: Path, journal: Journal, clock: Clock, bounds: Bounds) -> None:
        self._folder = folder
        self._journal = journal
        self._clock = clock
        self._resumable = Resumable(bounds.max_file_bytes)
        self.bounds = bounds

    def begin(
        self,
        name: str = "",
        *,
        owner: str = "",
        fingerprint: str = "",
        register: bool = False,
        status: RecordStatus | None = None,
        **more: Any,  # noqa: ANN401 - what `resumed` uploads carry, as JSON
    ) -> str:
        """Make room for an upload; the identifier that its submission will have.

        An upload of the same person and fingerprint that is still open is gone on with.

        Args:
            name: What people call the delivery, such as the name of the ZIP.
            owner: Login of who sends it; for others it is not there.
            fingerprint: By which the sender knows the same choice of files again; empty: never.
            register: Documents may have no files (`Reading.register`).
            status: Supplement or replacement (`Reading.status`).
            more: Kept beside: what `resumed` uploads carry, `accept_suggestions` (`Reading.accept_suggestions`).

        Raises:
            TooManyOpenError: the person has `MOST_OPEN` uploads open.
        """
        mine = list(self._open_states(owner)) if owner else []
        for state in mine:
            if fingerprint and state.get("fingerprint") == fingerprint:
                return str(state["id"])
        if len(mine) >= MOST_OPEN:
            msg = f"{MOST_OPEN} uploads are open: hand them in or discard them"
            raise TooManyOpenError(msg)
        upload_id = str(uuid4())
        said: dict[str, Any] = {"name": delivery_name(name), "created": rfc3339(self._clock.now())}
        said |= {"register": register, "status": status.value if status else None}
        said |= {"owner": owner, "fingerprint": fingerprint, **more}
        write_durably(self._folder / upload_id / "state.json", json.dumps(said, ensure_ascii=False).encode())
        return upload_id

    def require_owner(self, upload_id: str, login: str) -> None:
        """Refuse the uploads of others as if they were not there.

        Raises:
            NotFoundError: no such upload, or another person's.
        """
        try:
            owner = self._journal.submission(upload_id)["operator"]
        except NotFoundError:
            # Uploads that were begun by an older version name nobody.
            owner = self.state(self.root(upload_id)).get("owner", "")
        if owner not in {"", login}:
            raise NotFoundError(upload_id)

    def open_of(self, owner: str) -> list[OpenUpload]:
        """Uploads of a person that wait to be gone on with, newest first."""
        found = []
        for state in self._open_states(owner):
            root = self._folder / state["id"]
            files = [size for _, size in listed(root / "files")]
            begun = [size for _, size in listed(root / "parts")] + [b.offset for b in self._resumable.all(root)]
            expires = rfc3339(from_rfc3339(state["created"]) + self.bounds.unfinished)
            total = sum(files) + sum(begun)
            found.append(OpenUpload(state["id"], state["name"], state["created"], expires, len(files), total))
        return sorted(found, key=lambda upload: upload.created, reverse=True)

    def _open_states(self, owner: str) -> Iterator[dict[str, Any]]:
        for path in self._folder.glob("[!.]*/state.json"):
            with suppress(FileNotFoundError):
                state = {"owner": "", **self.state(path.parent), "id": path.parent.name}
                if state["owner"] == owner and not self.is_over(state) and not self.is_submission(state["id"]):
                    yield state

    def expires(self, upload_id: str) -> datetime:
        """When an upload is forgotten that nobody hands in.

        Raises:
            NotFoundError: no such upload.
        """
        return from_rfc3339(self.state(self.root(upload_id))["created"]) + self.bounds.unfinished

    def is_over(self, state: Mapping[str, Any]) -> bool:
        """Whether an upload that nobody handed in is forgotten."""
        return self._clock.now() - from_rfc3339(state["created"]) > self.bounds.unfinished

    def discard(self, upload_id: str) -> None:
        """Forget an upload that its sender gives up.

        Raises:
            NotFoundError: no such upload.
            UploadConflictError: it is handed in.
        """
        self.open_root(upload_id)
        self.drop(upload_id)

    def drop(self, upload_id: str) -> None:
        """Forget an upload, at once and whole, even while somebody writes into it; safe to repeat."""
        gone = self._folder / f"{_GONE}{uuid4()}"
        with suppress(FileNotFoundError):
            (self._folder / upload_id).rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def clear(self, path: Path) -> None:
        """Remove what `drop` could not: what it left, and folders that a late write made anew."""
        with suppress(FileNotFoundError):
            if path.name.startswith(_GONE) or self._age(path) > self.bounds.unfinished.total_seconds():
                shutil.rmtree(path, ignore_errors=True)

    def _age(self, path: Path) -> float:
        return self._clock.now().timestamp() - path.stat().st_mtime

    def is_submission(self, upload_id: str) -> bool:
        """Whether the upload was handed in."""
        try:
            self._journal.submission(upload_id)
        except NotFoundError:
            return False
        return True

    def root(self, upload_id: str) -> Path:
        """Folder of an upload, handed in or not.

        Raises:
            NotFoundError: no such upload.
        """
        try:
            root = self._folder / str(UUID(upload_id))
        except ValueError:
            raise NotFoundError(upload_id) from None
        if not (root / "state.json").is_file():
            raise NotFoundError(upload_id)
        return root

    def open_root(self, upload_id: str) -> Path:
        """Folder of an upload that may still change.

        Raises:
            NotFoundError: no such upload, or it is forgotten.
            UploadConflictError: it is handed in.
        """
        if self.is_submission(upload_id):
            raise UploadConflictError("the upload is handed in already")
        root = self.root(upload_id)
        if self.is_over(self.state(root)):
            raise NotFoundError(upload_id)
        return root

    def state(self, root: Path) -> dict[str, Any]:
        """What was said when the upload was begun."""
        state: dict[str, Any] = json.loads((root / "state.json").read_bytes())
        return state


def listed(folder: Path) -> Iterator[tuple[str, int]]:
    """Paths of all files below `folder` with their bytes."""
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path.stat().st_size
