"""The doctor's checks for a page: in bounded time, one round at a time, the last one kept for whoever asks next."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any
from uuid import uuid4

from archive.durable import alone, write_durably
from archive.services.doctor import Check, CheckStatus, Probe
from metadata.time import Clock, from_rfc3339, rfc3339

EACH = timedelta(seconds=6)
"""How long one look may take."""

TOGETHER = timedelta(seconds=25)
"""How long a round may take: a browser still waits."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Round:
    """What one round found."""

    id: str
    at: datetime
    checks: tuple[Check, ...]

    def as_json(self) -> dict[str, Any]:
        """What is kept of it."""
        checks = [
            {"name": check.name, "status": check.status.value, "message": check.message, "values": check.values}
            for check in self.checks
        ]
        return {"id": self.id, "at": rfc3339(self.at), "checks": checks}

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Round:
        """The round of which `kept` is left."""
        checks = (Check(**{**check, "status": CheckStatus(check["status"])}) for check in kept["checks"])
        return cls(kept["id"], from_rfc3339(kept["at"]), tuple(checks))


@dataclass(slots=True)
class DoctorRounds:
    """Examines on demand. A look that hangs is left behind and told; it is not begun a second time meanwhile.

    The last round lies in `folder`, for all processes that answer.
    """

    probes: Callable[[], Sequence[Probe]]
    clock: Clock
    folder: Path
    each: timedelta = EACH
    together: timedelta = TOGETHER
    _hanging: dict[str, threading.Thread] = field(default_factory=dict, repr=False)

    def last(self, within: timedelta) -> Round | None:
        """The last round, if it is no older."""
        found = self._kept()
        return found if found is not None and self.clock.now() - found.at <= within else None

    def run(self) -> Round:
        """Examine now. Who asks while a round is under way gets that one's answer.

        Raises:
            WorkFolderFaultError: the disk refused.
        """
        before = self._kept()
        with alone(self.folder / "doctor.lock", wait=True):
            meanwhile = self._kept()
            if meanwhile is not None and (before is None or meanwhile.id != before.id):
                return meanwhile
            ends = monotonic() + self.together.total_seconds()
            checks = tuple(self._looked(probe, ends) for probe in self.probes())
            found = Round(str(uuid4()), self.clock.now(), checks)
            write_durably(self._file, json.dumps(found.as_json(), ensure_ascii=False, default=str).encode())
            return found

    @property
    def _file(self) -> Path:
        return self.folder / "doctor.json"

    def _kept(self) -> Round | None:
        # Of an older version, or damaged: then it is made anew.
        with suppress(FileNotFoundError, ValueError, LookupError, TypeError):
            return Round.of(json.loads(self._file.read_bytes()))
        return None

    def _looked(self, probe: Probe, ends: float) -> Check:
        left = min(self.each.total_seconds(), ends - monotonic())
        if left <= 0:
            seconds = int(self.together.total_seconds())
            return Check(probe.name, CheckStatus.WARN, "not_asked", {"seconds": seconds})
        slow = Check(probe.name, CheckStatus.FAIL, "slow", {"seconds": max(round(left), 1)})
        hanging = self._hanging.pop(probe.name, None)
        if hanging is not None and hanging.is_alive():
            self._hanging[probe.name] = hanging
            return slow
        answers: SimpleQueue[Check] = SimpleQueue()
        thread = threading.Thread(target=_look, args=(probe, answers), name=f"doctor-{probe.name}", daemon=True)
        thread.start()
        try:
            return answers.get(timeout=left)
        except Empty:
            self._hanging[probe.name] = thread
            return slow


def _look(probe: Probe, answers: SimpleQueue[Check]) -> None:
    try:
        answers.put(probe.look())
    except Exception as error:  # noqa: BLE001 - told on the page and in the log
        # One look that breaks in a way nobody foresaw must not take the page with it.
        _log.exception("doctor_failed", extra={"check": probe.name})
        answers.put(Check(probe.name, CheckStatus.FAIL, "broken", {"why": type(error).__name__}))
