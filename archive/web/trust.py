"""Trust on the screen: the set in force with its age, what ends when, how fresh revocation data is, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from archive.api.rights import Asking, may
from archive.auth.policy import Action
from archive.preservation.trust.cache import Held
from archive.preservation.trust.sets import TrustedCertificate, TrustRole, TrustSnapshot, TrustStoreDamagedError
from archive.services.doctor import GRAVEST_FIRST
from archive.services.trust import SOON, TrustCheck, TrustService
from archive.web.rendering import page
from metadata.time import from_rfc3339, rfc3339

router = APIRouter(prefix="/trust", include_in_schema=False)

Looking = Annotated[Asking, may(Action.EVIDENCE_READ)]
_LISTED = 200
_ENDS = 12
_LISTS = 200
_SETS = 50


@router.get("")
def trust(
    request: Request, asking: Looking, start: Annotated[int, Query(alias="from", ge=0, le=20_000)] = 0
) -> Response:
    """The trust of this installation; the same for all its agencies."""
    service: TrustService = asking.archive.trusting
    now = asking.archive.clock.now()
    checks = sorted(service.checks(), key=lambda check: GRAVEST_FIRST.index(check.status))
    try:
        snapshot = service.store.snapshot()
    except TrustStoreDamagedError:
        # The first check says so, and what to do.
        snapshot = TrustSnapshot(())
    entries = sorted(snapshot.certificates, key=lambda c: (list(TrustRole).index(c.role), c.name or c.subject))
    lists = sorted(service.cache.lists(), key=lambda held: held.next_update)
    return page(
        request,
        "trust.html",
        checks=[_check(check) for check in checks],
        digest=snapshot.trust_set() if entries else "",
        looked=service.looked_at(snapshot) if entries else "",
        roles={role.name.lower(): len(snapshot.of_role(role)) for role in TrustRole},
        rows=[_row(entry, now) for entry in entries[start : start + _LISTED]],
        start=start,
        following=start + _LISTED if len(entries) > start + _LISTED else 0,
        ends=list(_ends(entries, now)),
        lists=[_list(held, now) for held in lists[:_LISTS]],
        sets=service.store.outlines()[:_SETS],
        policy=snapshot.policy,
        allowed=bool(asking.archive.settings.revocation.allow),
    )


def _check(check: TrustCheck) -> dict[str, Any]:
    return {
        "name": check.name,
        "status": check.status.value,
        "key": f"cli.trust_check.{check.message}",
        "said": check.values,
    }


def _row(entry: TrustedCertificate, now: datetime) -> dict[str, Any]:
    end = from_rfc3339(entry.not_after)
    return {
        "name": entry.name or entry.subject,
        "subject": entry.subject,
        "role": entry.role.name.lower(),
        "begins": entry.not_before,
        "ends": entry.not_after,
        "known": entry.added_at or "",
        "sha256": entry.sha256,
        "over": end < now,
        "soon": now <= end < now + SOON,
    }


def _ends(entries: Sequence[TrustedCertificate], now: datetime) -> Iterator[dict[str, Any]]:
    """What ends next."""
    to_come = sorted((entry for entry in entries if entry.not_after >= rfc3339(now)), key=lambda c: c.not_after)
    for entry in to_come[:_ENDS]:
        yield _row(entry, now)


def _list(held: Held, now: datetime) -> dict[str, Any]:
    return {
        "issuer": held.issuer,
        "made": held.this_update,
        "until": held.next_update,
        "got": held.got_at,
        "fetched": bool(held.url),
        "fresh": held.fresh_at(now),
    }
