"""Exports that are asked for over HTTP, wired; a long-lived process makes them and clears them away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from archive.auth.people import Person
from archive.auth.policy import Action
from archive.composition.browsing import browsing
from archive.dissemination.outgoing import ExportKind
from archive.services.export_jobs import ExportJobs, ExportOrder
from archive.services.selections import Chosen, Selections

if TYPE_CHECKING:
    from archive.composition.installation import Installation

POLL_SECONDS = 2.0
"""How often orders are looked for that another process has taken."""

SWEEP_SECONDS = 600.0

_NEEDS: Mapping[ExportKind, Action] = {
    ExportKind.AIP: Action.PACKAGE_EXPORT,
    ExportKind.SIP: Action.PACKAGE_EXPORT,
    ExportKind.BAGIT: Action.PACKAGE_EXPORT,
    ExportKind.PROOF: Action.PROOF,
    ExportKind.PDF_LTA: Action.PROOF,
}
"""Every other kind is a copy for use."""


def export_jobs(archive: Installation) -> ExportJobs:
    """Exports of the holding of `archive`."""

    def choose(order: ExportOrder) -> Iterator[Chosen]:
        if order.selection is not None:
            action = needed_for(order.kind)
            yield from selections(archive).chosen(order.selection, order.person_id, order.operator, action)

    folder = archive.home.work / "exports"
    return ExportJobs(lambda: archive.dissemination, archive.duties, folder, archive.clock, choose)


def needed_for(kind: ExportKind) -> Action:
    """What one must be allowed to do to take something out as `kind`."""
    return _NEEDS.get(kind, Action.COPY_EXPORT)


def selections(archive: Installation) -> Selections:
    """What the lists of `archive` hold for a person."""

    def person(person_id: str, login: str) -> Person | None:
        from archive.composition.accounts import accounts  # noqa: PLC0415 - asked only when a selection is made

        known = accounts(archive)
        account = known.rows.by_login(login)
        if account is None or account.id != person_id or known.is_closed(account):
            return None
        return known.person(account, "session")

    return Selections(archive.catalogue, browsing(archive), archive.permits.sights, person)


class ExportDuty:
    """Makes exports while a process lives. `wake` when there is something new."""

    def __init__(self, jobs: ExportJobs) -> None:
        self._jobs = jobs
        self._news = threading.Event()
        self._since_sweep = SWEEP_SECONDS

    def wake(self) -> None:
        """Look for orders at once."""
        self._news.set()

    def keep_up(self, stop: threading.Event) -> None:
        """Work until `stop`."""
        while not stop.is_set():
            self._jobs.work(stop.is_set)
            if self._since_sweep >= SWEEP_SECONDS:
                self._jobs.sweep()
                self._since_sweep = 0.0
            if not self._news.wait(POLL_SECONDS):
                self._since_sweep += POLL_SECONDS
            self._news.clear()


def work_exports(archive: Installation, stopped: Callable[[], bool] = lambda: False) -> int:
    """Make what is left; how many."""
    return export_jobs(archive).work(stopped)
