"""What findings on a delivery may name of what is held: who hands in and who reads the delivery must not learn more."""

from __future__ import annotations

from dataclasses import dataclass

from archive.auth.people import Label
from archive.auth.policy import Action, Target, decide
from archive.catalogue.places import Place
from archive.catalogue.sights import Sights
from archive.services.accounts import Accounts

NOTHING = -1
"""Below every label."""


@dataclass(frozen=True, slots=True)
class Naming:
    """Asks the policy for people who are not there: findings are made by machines and kept."""

    sights: Sights
    accounts: Accounts

    def up_to(self, job_id: str) -> int:
        """Rank of the most closed label of what findings of a job may name; `NOTHING`: none.

        What the delivery itself is labelled, for so far reads whoever reads its findings, and no further than who
        handed it in may read. Who has no account works on the server itself.
        """
        target = self.sights.job(job_id)
        if target is None:
            return NOTHING
        account = self.accounts.rows.by_login(target.submitter)
        if account is None:
            return target.label.rank
        person = self.accounts.person(account, "session")
        seen = (label for label in Label if label.rank <= target.label.rank)
        read = (decide(person, Action.HOLDING_READ, Target(target.agencies, label)) for label in seen)
        return sum(map(bool, read)) - 1

    def names(self, job_id: str, *, package_id: str, holder_job_id: str) -> bool:
        """Whether findings of a job may name a package, be it on its way yet by another job."""
        target = self.sights.place(Place(package_id)) or self.sights.job(holder_job_id)
        return target is not None and target.label.rank <= self.up_to(job_id)
