"""What is done to the members of every container alike: rules of their names, bounds, and writing them down."""

from __future__ import annotations

import errno
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.engines.unpacking_names import MemberName, doubled, shown, twins, unsafe

MAX_FILES = 200_000
"""Most files in one container."""

MEMBERS = "members.jsonl"
"""Name of the output that tells what each member is called."""

RATIO = 200
"""A container may unpack to so many times its size."""

_RATIO_FROM_BYTES = 64 << 20
"""Below this size no ratio is suspicious: a small text may shrink by any factor."""

_TOLD = 50
"""Findings of one rule that are told at most."""

_QUOTED = 3


class DamagedError(Exception):
    """The container cannot be read as what it claims; the message says where."""


class RefusedError(Exception):
    """The container breaks rules, all of which are among the findings; nothing of it is given."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much may come out of a container."""

    max_file_bytes: int
    max_total_bytes: int
    packed_bytes: int
    """Size of the container."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that the container breaks."""

    rule: str
    subject: str = ""
    """The member; empty: the container."""

    values: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As `metadata.findings.Finding` reads it."""
        return {"rule": self.rule, "subject": self.subject, "values": self.values}


class Findings:
    """Rules that a container breaks; of each only the first are kept, with how many more there are."""

    def __init__(self) -> None:
        self._kept: list[Broken] = []
        self._counts: Counter[str] = Counter()
        self.errors = 0

    def refuse(self, rule: str, subject: str = "", **values: str) -> None:
        """Tell of a rule for whose sake the container is refused."""
        self.errors += 1
        self._tell(Broken(rule, shown(subject), {key: shown(value) for key, value in values.items()}))

    def warn(self, rule: str, subject: str = "", **values: str) -> None:
        """Tell of what was forgiven."""
        self._tell(Broken(rule, shown(subject), values))

    def _tell(self, broken: Broken) -> None:
        self._counts[broken.rule] += 1
        if self._counts[broken.rule] <= _TOLD:
            self._kept.append(broken)

    def as_json(self) -> list[dict[str, Any]]:
        """All that is kept, in the order in which it was told."""
        return [broken.as_json() for broken in self._kept]


class Members:
    """The files of one container, as they are met."""

    def __init__(self, bounds: Bounds, findings: Findings, scratch: Path) -> None:
        self._bounds = bounds
        self._findings = findings
        self._scratch = scratch
        self._names: list[MemberName] = []
        self._sizes: list[int] = []
        self._total = 0

    @property
    def count(self) -> int:
        """How many files were met."""
        return len(self._names)

    def folder(self, name: MemberName) -> None:
        """A folder: made when a file lies in it, so that only its name is looked at."""
        if name.path and (why := unsafe(name.path)) is not None:
            self._findings.refuse("CON-002", name.written, detail=why)

    def file(self, name: MemberName, size: int) -> str:
        """A file of `size` bytes as the container says; the number under which it may be written.

        Raises:
            RefusedError: a bound is passed, and going on would serve the bomb.
        """
        if (why := unsafe(name.path)) is not None:
            self._findings.refuse("CON-002", name.written, detail=why)
        if size > self._bounds.max_file_bytes:
            self._findings.refuse("CON-005", name.path, detail=f"{size} bytes")
        self._names.append(name)
        self._sizes.append(size)
        self._total += size
        self._hold_bounds()
        return f"{len(self._names):06}"

    def _hold_bounds(self) -> None:
        if len(self._names) > MAX_FILES:
            self._findings.refuse("CON-005", detail=f"> {MAX_FILES} files")
            raise RefusedError
        bomb = self._total > _RATIO_FROM_BYTES and self._total > RATIO * max(self._bounds.packed_bytes, 1)
        if self._total > self._bounds.max_total_bytes or bomb:
            self._findings.refuse("CON-005", detail=f"{self._bounds.packed_bytes} → {self._total} bytes")
            raise RefusedError

    def require_room(self) -> None:
        """See whether the disk can take what is announced, before half of it is written.

        Raises:
            OSError: it cannot.
        """
        disk = os.statvfs(self._scratch)
        if self._total > disk.f_bavail * disk.f_frsize:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def write(self, number: str, chunks: Iterable[bytes]) -> None:
        """Write what a file holds.

        Raises:
            DamagedError: it holds more or less than the container said.
        """
        name, size = self._names[int(number) - 1], self._sizes[int(number) - 1]
        written = 0
        with (self._scratch / number).open("xb") as out:
            for chunk in chunks:
                written += len(chunk)
                if written > size:
                    break
                out.write(chunk)
        if written != size:
            msg = f"{shown(name.path)}: {'more' if written > size else 'fewer'} bytes than told"
            raise DamagedError(msg)

    def judge(self) -> None:
        """Rules of all names together, once every member is met."""
        paths = [name.path for name in self._names]
        if not paths:
            self._findings.refuse("CON-001", detail="no file inside")
        for path in doubled(paths):
            self._findings.refuse("CON-006", path)
        for first, second in twins(paths):
            self._findings.warn("CON-023", second, other=first)
        self._tell_names()

    def _tell_names(self) -> None:
        encodings: dict[str, list[str]] = {}
        for name in self._names:
            if name.encoding:
                encodings.setdefault(name.encoding, []).append(name.path)
        for encoding, paths in sorted(encodings.items()):
            self._findings.warn("CON-020", encoding=encoding.upper(), **_examples(paths))
        for rule, paths in (
            ("CON-022", [name.path for name in self._names if name.decomposed and not name.encoding]),
            ("CON-024", [name.path for name in self._names if name.backslashed]),
        ):
            if paths:
                self._findings.warn(rule, **_examples(paths))

    def outputs(self) -> dict[str, str]:
        """What the task hands over: the files by number, and the list of what they are called."""
        with (self._scratch / MEMBERS).open("x", encoding="ascii") as out:
            out.writelines(f"{json.dumps(line)}\n" for line in self._lines())
        numbers = [f"{number:06}" for number in range(1, len(self._names) + 1)]
        return {**{number: number for number in numbers}, MEMBERS: MEMBERS}

    def _lines(self) -> Iterator[dict[str, str]]:
        for number, name in enumerate(self._names, start=1):
            told = {"number": f"{number:06}", "path": name.path}
            yield told | ({"written": name.written} if name.written != name.path else {})


def _examples(paths: list[str]) -> dict[str, str]:
    return {"count": str(len(paths)), "examples": "; ".join(shown(path) for path in paths[:_QUOTED])}
