"""Exports that are asked for over HTTP, wired; a long-lived process makes them and clears them away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from archive.auth.people import Person
from archive.auth.policy import Action, decide, scope_of
from archive.catalogue.found_documents import FoundDocuments
from archive.composition.browsing import browsing
from archive.dissemination.outgoing import ExportKind
from archive.services.export_jobs import ExportJobs, ExportOrder
from archive.services.found_lists import FoundForm, FoundLists, ListMaker, ListTarget, MadeFound
from archive.services.selections import Chosen, Selections
from metadata.errors import UsageError
from metadata.messages import every_text

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

    def list_found(order: ExportOrder, target: ListTarget) -> MadeFound:
        person = _ordering(archive, order.person_id, order.operator, order.token_id)
        if order.search is None or person is None or not decide(person, Action.SEARCH):
            raise UsageError(every_text("exports.nothing_taken"))
        maker = ListMaker(person.login, person.name, scope_of(person, Action.COPY_EXPORT))
        made = found_lists(archive).make(order.search, FoundForm(order.kind), maker, target)
        if not made.rows:
            raise UsageError(every_text("exports.nothing_taken"))
        return made

    folder = archive.home.work / "exports"
    return ExportJobs(lambda: archive.dissemination, archive.duties, folder, archive.clock, choose, list_found)


def needed_for(kind: ExportKind | FoundForm) -> Action:
    """What one must be allowed to do to take something out as `kind`."""
    return _NEEDS.get(kind, Action.COPY_EXPORT) if isinstance(kind, ExportKind) else Action.COPY_EXPORT


def found_lists(archive: Installation) -> FoundLists:
    """Lists of what searches of `archive` find."""
    from archive.reports.papers import Papers  # noqa: PLC0415 - starting is measured

    return FoundLists(
        indexing=archive.indexing,
        catalogue=archive.catalogue,
        documents=FoundDocuments(archive.database),
        accesses=archive.dossiers.accesses,
        trail=archive.trail,
        clock=archive.clock,
        papers=lambda: Papers(archive.workers, archive.home.scratch),
        archive=archive.settings.archive.name,
        scratch=archive.home.scratch,
    )


def _ordering(archive: Installation, person_id: str, login: str, token_id: str = "") -> Person | None:
    """Who ordered something, with the rights of now; None: nobody that is let in.

    Who ordered it by a token gets no more than that gives today.
    """
    from archive.composition.accounts import accounts  # noqa: PLC0415 - asked only when something is made

    known = accounts(archive)
    account = known.rows.by_login(login)
    if account is None or account.id != person_id or known.is_closed(account):
        return None
    if not token_id:
        return known.person(account, "session")
    token = next((one for one in known.sessions.tokens_of(account.id) if one.id == token_id), None)
    if token is None or not known.is_good(account, token):
        return None
    return known.holder(account, token)


def selections(archive: Installation) -> Selections:
    """What the lists of `archive` hold for a person."""
    ordering = partial(_ordering, archive)
    return Selections(archive.catalogue, browsing(archive), archive.permits.sights, ordering)


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
