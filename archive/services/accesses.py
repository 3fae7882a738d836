"""Who was shown what: recorded before the first byte leaves, or it is not shown."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from archive.catalogue.places import Place
from archive.catalogue.trail import AuditTrail
from metadata.events import EventType
from metadata.package import PackageRecord
from metadata.time import Clock, from_rfc3339

ONE_LOOK = timedelta(minutes=5)
"""A reader on the screen asks for a file range by range, for text page by page: within this time that is one look."""

_MOST_LOOKS = 10_000

Shown = Callable[[PackageRecord, int | None], None]
"""Records that verdicts on the signatures of a dossier or document of it are shown; durable on return."""


class Accesses:
    """Records showings. May be called from many threads."""

    def __init__(self, trail: AuditTrail, clock: Clock) -> None:
        self._trail = trail
        self._clock = clock
        self._looks: OrderedDict[tuple[str, ...], datetime] = OrderedDict()
        self._lock = threading.Lock()

    def shown(
        self, record: PackageRecord, operator: str, *, ordinal: int | None = None, file: str = "", what: str = "record"
    ) -> None:
        """Record that a dossier, a document or a file of it is shown; durable on return.

        Args:
            record: Of any part of the dossier.
            operator: Account that looks.
            ordinal: The document; None: the dossier as a whole.
            file: SHA-256 of the file, where one is handed out.
            what: `record`, `file`, `text` or `verdicts`.

        Raises:
            DatabaseFaultError: it could not be recorded, so nothing may be shown.
        """
        self._trail.record(
            self._trail.event(
                EventType.ACCESS,
                record.dossier_id,
                agency=record.agency,
                agent=f"person:{operator}",
                detail=_detail(what, "" if ordinal is None else str(ordinal), file),
            )
        )

    def looked(self, record: PackageRecord, operator: str, *, ordinal: int, file: str = "", what: str) -> None:
        """Record a part of one look (a range of a file, the text of a page): once in `ONE_LOOK`. See `shown`."""
        look = (operator, record.dossier_id, str(ordinal), what, file)
        if self._is_told(look):
            return
        at = self._told_elsewhere(look)
        if at is None:
            self.shown(record, operator, ordinal=ordinal, file=file, what=what)
        self._told(look, at)

    def found(self, places: Sequence[tuple[Place, str]], operator: str, what: str = "hit") -> None:
        """Record that a search showed pieces of documents, each with its agency: once in `ONE_LOOK`. See `shown`.

        Args:
            places: Of the documents.
            operator: Account that searches.
            what: `hit`: on the screen; `list`: in a list that leaves.
        """
        looks = {(operator, place.dossier_id, str(place.ordinal), what, ""): agency for place, agency in places}
        fresh = {look: agency for look, agency in looks.items() if not self._is_told(look)}
        if not fresh:
            # Most searches show nothing that is closed: they wait for nobody who writes.
            return
        self._trail.record_all(
            [
                self._trail.event(
                    EventType.ACCESS,
                    dossier_id,
                    agency=agency,
                    agent=f"person:{operator}",
                    detail=_detail(what, ordinal),
                )
                for (_, dossier_id, ordinal, *_), agency in fresh.items()
            ]
        )
        for look in fresh:
            self._told(look)

    def _is_told(self, look: tuple[str, ...]) -> bool:
        with self._lock:
            before = self._looks.get(look)
        return before is not None and self._clock.now() - before < ONE_LOOK

    def _told_elsewhere(self, look: tuple[str, ...]) -> datetime | None:
        """When another process recorded it: a picture and its file come over several lines. None: none did."""
        operator, dossier_id, ordinal, what, file = look
        detail = _detail(what, ordinal, file)
        for event in self._trail.showings(dossier_id, self._clock.now() - ONE_LOOK):
            if (event["agent"], event["detail"]) == (f"person:{operator}", detail):
                return from_rfc3339(event["at"])
        return None

    def _told(self, look: tuple[str, ...], at: datetime | None = None) -> None:
        with self._lock:
            self._looks[look] = at or self._clock.now()
            self._looks.move_to_end(look)
            while len(self._looks) > _MOST_LOOKS:
                self._looks.popitem(last=False)


def _detail(what: str, ordinal: str, file: str = "") -> dict[str, str]:
    """What an event of access tells of its object."""
    told = {"what": what, "ordinal": ordinal, "file": file}
    return {name: value for name, value in told.items() if value}
