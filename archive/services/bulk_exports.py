"""Everything of a selection in one ZIP: each thing is made, packed and cleared away before the next."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.dissemination.outgoing import Exported, ExportKind, Options
from archive.services.dissemination import Dissemination
from archive.services.selections import Chosen
from metadata.errors import NotFoundError, UsageError
from metadata.messages import every_text
from metadata.package_names import safe

MOST_BYTES = 50 << 30
"""Bytes that one order makes at most: the disk of the archive is for what comes in."""

CONTENTS = "danh-sach.txt"
"""In the ZIP: what is in it, and what could not be taken, a line each."""


@dataclass(frozen=True, slots=True)
class Gathering:
    """Makes the ZIP of one order."""

    dissemination: Dissemination
    kind: ExportKind
    operator: str
    options: Options
    room: Path
    """Folder of what is being made."""

    told: Callable[[int], bool]
    """Hears how many are done; False: nobody wants it any more."""

    line: Callable[[Mapping[str, Any]], None]
    """Hears of each file."""

    def gather(self, chosen: Iterable[Chosen], target: Path) -> tuple[list[Chosen], int]:
        """What was packed into `target`, and how many could not be taken.

        Raises:
            UsageError: nothing could be taken, or it is too much.
            ArchiveError: the system failed.
        """
        taken: list[Chosen] = []
        contents: list[str] = []
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            for number, one in enumerate(chosen, start=1):
                why = self._add(archive, number, one)
                contents.append("\t".join((one.identifier, one.file_code, why or "ok")))
                if not why:
                    taken.append(one)
                if not self.told(number):
                    break
                if target.stat().st_size > MOST_BYTES:
                    raise UsageError(every_text("exports.too_large", gib=MOST_BYTES >> 30, done=number))
            archive.writestr(CONTENTS, "\n".join(contents) + "\n")
        if not taken:
            raise UsageError(every_text("exports.nothing_taken"))
        return taken, len(contents) - len(taken)

    def _add(self, archive: zipfile.ZipFile, number: int, one: Chosen) -> str:
        """Make one thing and pack it; why it could not be taken, or nothing."""
        place = self.room / "one"
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        called = f"{number:03d}-{safe(one.file_code, 'HS')}"
        single = one.ordinal is not None
        target = place if single else place / f"{called}-{self.kind.value}.zip"
        below = f"{called}-{one.ordinal}/" if single else ""
        try:
            for file in self.dissemination.export(
                one.identifier,
                self.kind,
                target,
                operator=self.operator,
                options=self.options,
                without=frozenset(one.without),
            ):
                self.line(_told(file, place, below) | {"of": one.identifier})
        except (NotFoundError, UsageError) as error:
            # Of this thing only: it left meanwhile, or cannot leave in this form.
            self.line({"of": one.identifier, "path": None, "refused": error.code, "detail": str(error)})
            return error.code
        for path in sorted(path for path in place.rglob("*") if path.is_file()):
            archive.write(path, below + path.relative_to(place).as_posix())
        shutil.rmtree(place)
        return ""


def _told(file: Exported, place: Path, below: str) -> dict[str, Any]:
    """A line as it is told afar: no path of this machine."""
    line = file.as_json()
    path = line["path"]
    if path is not None and Path(path).is_absolute():
        line["path"] = below + Path(path).relative_to(place).as_posix()
    return line


def kept(chosen: Iterable[Chosen]) -> bytes:
    """What was taken, as it is kept beside the file."""
    return json.dumps([one.model_dump() for one in chosen], ensure_ascii=False).encode()
