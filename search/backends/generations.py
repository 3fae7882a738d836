"""Folders of an embedded index: which generation serves, who may write, what an unfinished rebuild must still learn.

`generation-N` holds a whole index, `generation-N.building` one that is being made,
`CURRENT` names the one that serves. The pointer is replaced in one step, so a
reader sees the old index or the new one, and a killed rebuild leaves the old one
serving.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from search.errors import SearchFaultError, SearchFormatError

_COMPLETE = re.compile(r"^generation-([0-9]+)$")
_BUILDING = ".building"
_POINTER = "CURRENT"
_TOUCHED = "touched.jsonl"
_LOCK_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Generations:
    """One index folder, shared by the processes of a home."""

    folder: Path
    format: int
    """Number of the schema; a folder of another number is refused."""

    lock_wait_seconds: float
    _read: dict[Path, tuple[tuple[int, int, int], tuple[object, object]]] = field(
        default_factory=dict, repr=False, compare=False
    )
    """What the pointer said in the state that it was last seen in."""

    def current(self) -> Path | None:
        """Folder of the generation that serves; None when the index was never made.

        Raises:
            SearchFormatError: another version made it.
            SearchFaultError: the pointer cannot be read.
        """
        pointer = self.folder / _POINTER
        try:
            found, name = self._pointed(pointer)
        except FileNotFoundError:
            # Killed between the first index and its pointer; what has its final name is whole.
            highest = self._highest()
            return self.folder / f"generation-{highest}" if highest else None
        except (OSError, ValueError, TypeError, KeyError) as error:
            msg = f"{pointer} cannot be read ({error}); run: luutru index rebuild"
            raise SearchFaultError(msg) from error
        if found != self.format:
            raise SearchFormatError(found=found, expected=self.format)
        if not isinstance(name, str) or not _COMPLETE.match(name):
            msg = f"{pointer} names {name!r}; run: luutru index rebuild"
            raise SearchFaultError(msg)
        return self.folder / name

    def _pointed(self, pointer: Path) -> tuple[object, object]:
        """Format and name of the generation that `pointer` tells; read when it has been replaced since.

        Every look asks for it, some of them ten times a page.
        """
        told = pointer.stat()
        state = told.st_ino, told.st_mtime_ns, told.st_size
        found = self._read.get(pointer)
        if found is None or found[0] != state:
            written = json.loads(pointer.read_bytes())
            found = state, (written["format"], written["generation"])
            self._read[pointer] = found
        return found[1]

    @contextmanager
    def writing(self) -> Iterator[None]:
        """The right to write to the serving generation or to change the pointer: one holder on the machine.

        Raises:
            SearchFaultError: another process held it longer than the setting allows.
        """
        with self._locked("writer.lock", self.lock_wait_seconds, "another process is writing to the search index"):
            yield

    @contextmanager
    def rebuilding(self) -> Iterator[None]:
        """The right to rebuild.

        Raises:
            SearchFaultError: another process is rebuilding.
        """
        with self._locked("rebuild.lock", 0, "another process is rebuilding the search index"):
            yield

    @contextmanager
    def _locked(self, name: str, wait_seconds: float, refusal: str) -> Iterator[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = (self.folder / name).open("a")
        except OSError as error:
            msg = f"the search index cannot be written: {error}"
            raise SearchFaultError(msg) from error
        with lock:
            deadline = time.monotonic() + wait_seconds
            while True:
                try:
                    # A lock of the kernel's: it ends with its process, however that ends.
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= deadline:
                        raise SearchFaultError(refusal) from None
                    time.sleep(_LOCK_POLL_SECONDS)
            yield

    def fresh(self) -> Path:
        """Path for a generation that is about to be built; the caller makes it and holds a right to write.

        An unfinished one is given again, with what it holds.
        """
        unfinished = self.unfinished()
        if unfinished is not None:
            return unfinished
        return self.folder / f"generation-{self._highest() + 1}{_BUILDING}"

    def empty(self) -> Path:
        """Path for the first generation of an index that was never made; under `writing`."""
        path = self.folder / f"generation-{self._highest() + 1}.empty"
        if path.exists():
            shutil.rmtree(path)
        return path

    def unfinished(self) -> Path | None:
        """The generation that a rebuild is making or left behind."""
        found = sorted(self.folder.glob(f"generation-*{_BUILDING}"))
        return found[-1] if found else None

    def _highest(self) -> int:
        names = (_COMPLETE.match(path.name) for path in self.folder.glob("generation-*"))
        return max((int(name[1]) for name in names if name), default=0)

    def publish(self, building: Path) -> Path:
        """Make `building` serve, durably, and remove the generations before it; under `writing`."""
        complete = self.folder / f"generation-{self._highest() + 1}"
        (building / _TOUCHED).unlink(missing_ok=True)
        building.rename(complete)
        _sync(self.folder)
        pointer = self.folder / f"{_POINTER}.new"
        with pointer.open("w", encoding="utf-8") as file:
            json.dump({"format": self.format, "generation": complete.name}, file)
            file.flush()
            os.fsync(file.fileno())
        pointer.replace(self.folder / _POINTER)
        _sync(self.folder)
        for path in self.folder.glob("generation-*"):
            if path != complete and path.suffix != _BUILDING:
                # Readers that have it open keep their files: names go, mapped bytes stay.
                shutil.rmtree(path, ignore_errors=True)
        return complete

    def discard_unfinished(self) -> None:
        """Forget an unfinished rebuild; under `writing`."""
        for path in self.folder.glob(f"generation-*{_BUILDING}"):
            shutil.rmtree(path)

    def touch(self, package_ids: set[str]) -> None:
        """Tell an unfinished rebuild which packages changed since it began, durably; under `writing`."""
        building = self.unfinished()
        if building is None or not package_ids:
            return
        with (building / _TOUCHED).open("a", encoding="utf-8") as file:
            # A leading line break parts this batch from a line that a kill cut off.
            file.write("\n")
            file.writelines(json.dumps(package_id) + "\n" for package_id in sorted(package_ids))
            file.flush()
            os.fsync(file.fileno())

    def touched(self, building: Path) -> set[str]:
        """Packages that changed while `building` was made; under `writing`."""
        journal = building / _TOUCHED
        if not journal.exists():
            return set()
        found = set()
        for line in journal.read_text(encoding="utf-8").splitlines():
            try:
                found.add(str(json.loads(line)))
            except ValueError:
                # Cut off by a kill before the change itself was made: that call was not acknowledged.
                continue
        return found


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
