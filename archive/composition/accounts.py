"""Accounts alone, wired: for who asks what a person may, and lets nobody in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.catalogue.grants import GrantRows
from archive.catalogue.people import PeopleRows
from archive.catalogue.sessions import SessionRows
from archive.catalogue.sights import Sights
from archive.services.accounts import Accounts

if TYPE_CHECKING:
    from archive.composition.installation import Installation


def accounts(archive: Installation) -> Accounts:
    """The accounts of one installation; no key is read or made."""
    return Accounts(
        PeopleRows(archive.database),
        SessionRows(archive.database),
        archive.trail,
        archive.clock,
        archive.settings.auth,
        GrantRows(archive.database).of_each,
        Sights(archive.database).path,
    )
