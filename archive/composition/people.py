"""People and sign-in, wired."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from archive.auth.passwords import Passwords
from archive.auth.people import EVERYWHERE, READS_UP_TO, Grant, Role
from archive.auth.sealing import Seal, new_key
from archive.catalogue.database import Transaction
from archive.catalogue.grants import GrantRows
from archive.catalogue.rights import RightsRows
from archive.composition.accounts import accounts
from archive.durable import faults_of, write_durably
from archive.services.accounts import Accounts
from archive.services.identifying import Identifying
from archive.services.own_account import OwnAccount
from archive.services.own_tokens import OwnTokens
from archive.services.people import Made, People
from archive.services.signing_in import SigningIn

if TYPE_CHECKING:
    from archive.composition.installation import Installation
    from archive.services.provider_sign_in import ProviderSignIn

FIRST_GRANT = Grant(Role.ADMINISTRATOR, EVERYWHERE, READS_UP_TO[Role.ADMINISTRATOR])
"""What the first administrator has."""


@dataclass(frozen=True)
class FrontDesk:
    """All that people are let in by."""

    accounts: Accounts
    people: People
    own: OwnAccount
    tokens: OwnTokens
    signing_in: SigningIn
    identifying: Identifying
    granting: GrantRows
    provider: ProviderSignIn | None

    def first(self, *, by: str) -> Made | None:
        """The first administrator; None: there is somebody already."""

        def entitle(connection: Transaction, person_id: str) -> None:
            self.granting.give(connection, person_id, FIRST_GRANT, by=by, at=self.accounts.at())

        return self.people.first(by=by, entitle=entitle)


def front_desk(archive: Installation) -> FrontDesk:
    """The desk of one installation."""
    granting = GrantRows(archive.database)
    known = accounts(archive)
    passwords = Passwords()
    seal = Seal(_key(archive.settings.auth.key_file or archive.home.keys / "sign-in.key"))
    signing_in = SigningIn(known, passwords, seal)
    people = People(known, passwords, RightsRows(archive.database))
    own = OwnAccount(known, passwords, seal)
    return FrontDesk(
        known,
        people,
        own,
        OwnTokens(people, own),
        signing_in,
        Identifying(known),
        granting,
        _provider(archive, known, signing_in, seal),
    )


def _provider(archive: Installation, accounts: Accounts, signing_in: SigningIn, seal: Seal) -> ProviderSignIn | None:
    if archive.settings.auth.oidc is None:
        return None
    # Reading tokens takes a fifth of a second to load, and most commands have no use for it.
    from archive.composition.providers import provider  # noqa: PLC0415
    from archive.services.provider_sign_in import ProviderSignIn  # noqa: PLC0415

    found = provider(archive)
    return ProviderSignIn(accounts, signing_in, found, seal) if found else None


def _key(path: Path) -> bytes:
    """The key that seals second factors; made where there is none.

    Raises:
        WorkFolderFaultError: it can be neither read nor made.
    """
    with faults_of(path):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            part = path.with_name(f".{path.name}.{os.getpid()}")
            write_durably(part, new_key())
            part.chmod(0o600)
            try:
                # Linked, not renamed: of two processes that make it at once the first one's stays.
                path.hardlink_to(part)
            except FileExistsError:
                pass
            finally:
                part.unlink()
        return path.read_bytes()
