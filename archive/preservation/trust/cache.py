"""Revocation data that was fetched or imported, kept as long as it holds. May be deleted at any time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from archive.durable import faults_of, write_durably
from metadata.time import from_rfc3339, rfc3339

FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=6)
"""How long an address that failed is left alone: doubled with each failure."""

MOST_ANSWERS = 2000
"""Answers of one issuer that are kept without looking whether they still hold."""


@dataclass(frozen=True, slots=True)
class Held:
    """A list or an answer in the cache."""

    sha256: str
    kind: str
    """`list` or `answer`."""

    issuer_key: str
    issuer: str
    """Subject of the issuer, RFC 4514."""

    serial: str = ""
    """Of the certificate that an answer is about, hexadecimal; empty for a list."""

    scope: str = ""
    """Digest of the issuing distribution point of a list that speaks of a part of the certificates; empty: of all."""

    number: str = ""
    """CRL number, 40 hexadecimal digits, so that texts compare as numbers; empty: the list has none."""

    this_update: str = ""
    next_update: str = ""
    """RFC 3339; empty: it does not say."""

    url: str = ""
    """Where it was fetched; empty: it came from a folder."""

    got_at: str = ""
    """When it was fetched or imported, RFC 3339."""

    def fresh_at(self, at: datetime) -> bool:
        """Whether it still holds at `at`; without a date until which it does, for a day."""
        if not self.next_update:
            return at <= from_rfc3339(self.this_update) + timedelta(days=1)
        return at <= from_rfc3339(self.next_update)

    def newer_than(self, other: Held) -> bool:
        """Whether it supersedes `other` of the same issuer: by number where both have one, else by date."""
        if self.number and other.number and self.number != other.number:
            return self.number > other.number
        return self.this_update > other.this_update


@dataclass(frozen=True, slots=True)
class Trouble:
    """An address that failed last time."""

    url: str
    why: str
    failures: int
    again_at: str
    """Not asked before, RFC 3339."""


@dataclass(frozen=True, slots=True)
class Use:
    """An issuer whose certificates were asked about."""

    issuer_key: str
    issuer: str
    asked_at: str
    answered_at: str = ""
    """When data of it was last got; empty: never."""

    why: str = ""
    """Why none was got the last time; empty: some was."""

    expected: bool = False
    """An allowed address of it was named: data should come."""


Row = TypeVar("Row", Held, Trouble, Use)


class RevocationCache:
    """Lists by issuer, answers by issuer and serial number, in a folder of the home.

    Several processes may use it at once: each file is written whole, and a lost race costs one more question.

    Args:
        folder: Made when something is put in.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    # ------------------------------------------------------------ what is held

    def put(self, held: Held, data: bytes) -> bool:
        """Keep `data` unless something newer of the same issuer (and serial number) is there; whether it was kept.

        An older list with a true signature is what somebody plays back who wants a revocation forgotten.
        """
        path = self._row(held)
        before = _read(path, Held)
        if before is not None and before.newer_than(held):
            return False
        write_durably(self._data(held), data)
        _write(path, held)
        if before is not None and before.sha256 != held.sha256:
            with faults_of(path):
                self._data(before).unlink(missing_ok=True)
        return True

    def lists_of(self, issuer_key: str) -> tuple[Held, ...]:
        """The newest list of an issuer for each part of its certificates, stale or not."""
        return tuple(self._rows(f"lists/{issuer_key}/*.json"))

    def answer_about(self, issuer_key: str, serial: str) -> Held | None:
        """The newest answer about a certificate, stale or not."""
        return _read(self._folder / "answers" / issuer_key / f"{serial}.json", Held)

    def data(self, held: Held) -> bytes | None:
        """The bytes; None where they are gone or altered: then it is asked again."""
        try:
            data = self._data(held).read_bytes()
        except OSError:
            return None
        return data if hashlib.sha256(data).hexdigest() == held.sha256 else None

    def path(self, held: Held) -> Path:
        """Where the bytes lie, for a worker that reads them itself."""
        return self._data(held)

    def lists(self) -> tuple[Held, ...]:
        """The newest lists of all issuers, stale or not."""
        return tuple(self._rows("lists/*/*.json"))

    def answers(self) -> tuple[Held, ...]:
        """All answers, stale or not."""
        return tuple(self._rows("answers/*/*.json"))

    def thin_out(self, issuer_key: str, at: datetime, *, most: int = MOST_ANSWERS) -> int:
        """Forget answers of an issuer that no longer hold, once there are more than `most`; how many went."""
        rows = list((self._folder / "answers" / issuer_key).glob("*.json"))
        if len(rows) <= most:
            return 0
        held = [entry for entry in (_read(path, Held) for path in rows) if entry is not None]
        stale = [entry for entry in held if not entry.fresh_at(at)]
        for entry in stale:
            with faults_of(self._folder):
                self._row(entry).unlink(missing_ok=True)
                self._data(entry).unlink(missing_ok=True)
        return len(stale)

    def _rows(self, pattern: str) -> Iterator[Held]:
        for path in sorted(self._folder.glob(pattern)):
            held = _read(path, Held)
            if held is not None:
                yield held

    def _row(self, held: Held) -> Path:
        if held.kind == "list":
            return self._folder / "lists" / held.issuer_key / f"{held.scope or 'all'}.json"
        return self._folder / "answers" / held.issuer_key / f"{held.serial}.json"

    def _data(self, held: Held) -> Path:
        folder = "lists" if held.kind == "list" else "answers"
        return self._folder / folder / held.issuer_key / f"{held.sha256}.der"

    # ------------------------------------------------------------ issuers in use

    def note_use(self, use: Use) -> None:
        """Remember that an issuer was asked about; what was known of earlier answers stays."""
        path = self._folder / "issuers" / f"{use.issuer_key}.json"
        before = _read(path, Use)
        if before is not None and not use.answered_at:
            use = replace(use, answered_at=before.answered_at)
        if before is None or replace(before, asked_at="", answered_at="") != replace(use, asked_at="", answered_at=""):
            _write(path, use)
        elif use.asked_at[:10] != before.asked_at[:10]:
            # One write a day and issuer is enough: this is asked for every signed document.
            _write(path, use)

    def uses(self) -> tuple[Use, ...]:
        """Every issuer that was ever asked about."""
        found = (_read(path, Use) for path in sorted((self._folder / "issuers").glob("*.json")))
        return tuple(use for use in found if use is not None)

    # ------------------------------------------------------------ addresses that fail

    def trouble(self, url: str, at: datetime) -> Trouble | None:
        """The trouble with an address that is to be left alone at `at`."""
        found = _read(self._trouble(url), Trouble)
        return found if found is not None and rfc3339(at) < found.again_at else None

    def note_failure(self, url: str, why: str, at: datetime) -> None:
        """Leave an address alone for a while."""
        before = _read(self._trouble(url), Trouble)
        failures = 1 + (before.failures if before is not None else 0)
        wait = min(FIRST_WAIT * 2 ** min(failures - 1, 10), LONGEST_WAIT)
        _write(self._trouble(url), Trouble(url, why, failures, rfc3339(at + wait)))

    def note_success(self, url: str) -> None:
        """The address answered."""
        with faults_of(self._folder):
            self._trouble(url).unlink(missing_ok=True)

    def forget_troubles(self) -> None:
        """Ask every address again at once: somebody says that the cause is gone."""
        with faults_of(self._folder):
            for path in (self._folder / "troubles").glob("*.json"):
                path.unlink(missing_ok=True)

    def _trouble(self, url: str) -> Path:
        return self._folder / "troubles" / f"{hashlib.sha256(url.encode()).hexdigest()[:32]}.json"


def _read(path: Path, kind: type[Row]) -> Row | None:
    """A row of the cache; what is unreadable counts as not there, for all of it can be had again."""
    try:
        return kind(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def _write(path: Path, row: Held | Trouble | Use) -> None:
    write_durably(path, json.dumps(asdict(row), ensure_ascii=False, sort_keys=True).encode() + b"\n")
