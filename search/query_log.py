"""What was searched for, without who searched: what relevance is judged by. Kept only where a setting asks for it.

A line has the hour, the query, and how many documents it found or which place of
the list was opened. No account, address or session is known here; numbers that
name a person or a telephone and addresses of mail are masked before anything is
written. Names that somebody typed stay in the query: the file is for the
archive's own staff.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Final

from metadata.time import Clock
from search.highlight import plain
from search.query import MAX_QUERY_CHARS as _MAX_READ_CHARS
from search.vietnamese import nfc

MAX_FILE_BYTES: Final = 4 << 20
KEPT_FILES: Final = 4
"""The one that is written to, and those before it."""

MAX_QUERY_CHARS: Final = 300
MASK: Final = "***"

_FILE: Final = "queries.jsonl"
_MAIL = re.compile(r'[^\s@<>"(),;:]{1,64}@[^\s@<>"(),;:]+')
_DIGITS = re.compile(r"\+?\d(?:[\s.()-]{0,2}\d){8,}")
"""Nine digits and more, however they are grouped: identity numbers, telephones, accounts."""

_log = logging.getLogger(__name__)


def masked(query: str) -> str:
    """`query` on one line, without what names a person by number or address; `MAX_QUERY_CHARS` of it."""
    text = plain(nfc(unicodedata.normalize("NFKC", query[:_MAX_READ_CHARS]))).strip()
    return _DIGITS.sub(MASK, _MAIL.sub(MASK, text))[:MAX_QUERY_CHARS]


@dataclass(frozen=True, slots=True)
class QueryLog:
    """A bounded log in a folder of the home, shared by its processes; only the service's account may read it."""

    folder: Path | None
    """None: nothing is kept."""

    clock: Clock

    def searched(self, query: str, total: int) -> None:
        """Note that a query found `total` documents."""
        self._note(query, {"total": total})

    def opened(self, query: str, place: int) -> None:
        """Note that the document at a place (from 1) of the answers was opened."""
        self._note(query, {"opened": place})

    def _note(self, query: str, what: Mapping[str, int]) -> None:
        shown = masked(query) if self.folder else ""
        if self.folder is None or not shown:
            return
        hour = self.clock.now().astimezone(UTC).strftime("%Y-%m-%dT%H:00Z")
        line = json.dumps({"hour": hour, "query": shown, **what}, ensure_ascii=False) + "\n"
        try:
            with _alone(self.folder):
                _append(self.folder / _FILE, line.encode())
        except OSError as error:
            # A full disk keeps nobody from searching.
            _log.warning("query_not_logged", extra={"error": type(error).__name__})


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(mode=0o700, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _append(path: Path, line: bytes) -> None:
    if path.exists() and path.stat().st_size + len(line) > MAX_FILE_BYTES:
        for number in range(KEPT_FILES - 1, 0, -1):
            older = path.with_suffix(f".{number - 1}.jsonl") if number > 1 else path
            if older.exists():
                older.replace(path.with_suffix(f".{number}.jsonl"))
    written = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        os.write(written, line)
    finally:
        os.close(written)
