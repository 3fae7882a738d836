"""The state of the system: what `luutru doctor` says, grouped, the worst first, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from archive.api.rights import Asking, may
from archive.auth.policy import Action
from archive.services.doctor import GRAVEST_FIRST, Check
from archive.services.doctor_rounds import DoctorRounds
from archive.web.rendering import page
from metadata.time import rfc3339

router = APIRouter(prefix="/doctor", include_in_schema=False)

Looking = Annotated[Asking, may(Action.SYSTEM_READ)]
FRESH = timedelta(minutes=10)
"""How long what was found is shown without looking again."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "evidence": ("trust", "revocation", "tsa", "evidence"),
    "storage": ("home", "storage", "database", "index", "disk"),
    "people": ("factors", "rights", "tls"),
    "work": ("workers", "jobs", "duties"),
    "tools": ("tesseract", "libreoffice", "siegfried", "mediainfo", "fonts", "verapdf", "clamd"),
}
"""Checks by what they are about; one that is not named here stands under `work`."""


@router.get("")
def examined(request: Request, asking: Looking) -> Response:
    """What was found, not more than ten minutes ago. What it tells is of the whole archive."""
    asking.everything()
    rounds: DoctorRounds = request.app.state.doctor_rounds
    found = rounds.last(FRESH) or rounds.run()
    return page(
        request,
        "doctor.html",
        at=rfc3339(found.at),
        groups=list(grouped(found.checks)),
        counts={status.value: sum(check.status is status for check in found.checks) for status in GRAVEST_FIRST},
    )


@router.post("")
def examine(request: Request, asking: Looking) -> Response:
    """Look again."""
    asking.everything()
    rounds: DoctorRounds = request.app.state.doctor_rounds
    rounds.run()
    return RedirectResponse("/doctor", 303)


def grouped(checks: Iterable[Check]) -> Iterator[dict[str, Any]]:
    """Checks by group, groups and checks with the gravest first."""
    group_of = {name: group for group, names in GROUPS.items() for name in names}
    found: dict[str, list[Check]] = {group: [] for group in GROUPS}
    for check in checks:
        found[group_of.get(check.name, "work")].append(check)
    for group in found.values():
        group.sort(key=lambda check: GRAVEST_FIRST.index(check.status))
    names = [name for name in found if found[name]]
    for name in sorted(names, key=lambda name: GRAVEST_FIRST.index(found[name][0].status)):
        yield {"name": name, "worst": found[name][0].status.value, "checks": [_row(check) for check in found[name]]}


def _row(check: Check) -> dict[str, Any]:
    key = check.message if "." in check.message else f"doctor.{check.message}"
    return {"name": check.name, "status": check.status.value, "key": f"cli.{key}", "said": check.values}
