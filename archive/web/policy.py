"""The page of the policy: who may do what and why, the settings that the law bounds, how signatures are judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from archive.api.rights import Asking, may
from archive.auth.legal import LegalNote, legal_notes
from archive.auth.people import READS_AT_MOST, READS_UP_TO, Label, Role
from archive.auth.policy import ALLOWED, FOR_EVERYBODY, LABELLED, Action
from archive.settings import Settings
from archive.web.administration import shown
from metadata.errors import ArchiveError
from metadata.time import rfc3339

router = APIRouter(prefix="/administration/policy", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Row:
    """One action: who may do it, and what the law says to it."""

    action: str
    marks: tuple[str, ...]
    """By role: `label` (within agencies and up to a label), `agency` (within agencies), or nothing."""

    note: LegalNote | None


@dataclass(frozen=True, slots=True)
class InForce:
    """One setting that the law bounds, as it is now."""

    name: str
    """Message `administration.setting.{name}`."""

    value: str | int
    note: LegalNote
    word: str = ""
    """Message that tells a value that is a word; empty: the value is a number."""

    variable: str = ""
    """Environment variable that sets it; empty: fixed."""


@router.get("")
def policy(request: Request, asking: Annotated[Asking, may(Action.RIGHTS_READ)]) -> Response:
    """The rows, with their sources."""
    return shown(
        request,
        asking,
        "policy.html",
        roles=[(role.value, legal_notes()["role"][role.value], _reads(role)) for role in Role],
        rows=list(_rows()),
        settings=list(_settings(asking.archive.settings)),
        **_signatures(asking),
    )


def _rows() -> Iterator[Row]:
    for action in Action:
        if action not in FOR_EVERYBODY:
            kind = "label" if action in LABELLED else "agency"
            marks = tuple(kind if action in ALLOWED[role] else "" for role in Role)
            yield Row(action.value, marks, legal_notes()["action"].get(action.value))


def _reads(role: Role) -> tuple[str, str]:
    """Up to which label a role reads, and at most; empty: no content."""
    if not ALLOWED[role] & LABELLED:
        return "", ""
    return READS_UP_TO[role].value, READS_AT_MOST.get(role, Label.CONFIDENTIAL).value


def _settings(settings: Settings) -> Iterator[InForce]:
    from archive.auth.passwords import IDLE_DAYS, LOCKED, MAX_FAILURES, MIN_CHARACTERS  # noqa: PLC0415 - the hasher

    notes, auth = legal_notes()["setting"], settings.auth
    minutes = {
        "idle_administrators": auth.idle_minutes_administrators,
        "idle_staff": auth.idle_minutes_staff,
        "idle_others": auth.idle_minutes,
    }
    for name, value in minutes.items():
        variable = {"idle_others": "IDLE_MINUTES"}.get(name, f"IDLE_MINUTES_{name.removeprefix('idle_').upper()}")
        yield InForce(name, value, notes[name], variable=f"LUUTRU_AUTH__{variable}")
    yield InForce("session", auth.session_hours, notes["session"], variable="LUUTRU_AUTH__SESSION_HOURS")
    word = f"administration.setting.second_factor_{auth.second_factor}"
    yield InForce("second_factor", "", notes["second_factor"], word, "LUUTRU_AUTH__SECOND_FACTOR")
    yield InForce("password", MIN_CHARACTERS, notes["password"])
    yield InForce("lock", f"{MAX_FAILURES} · {LOCKED.total_seconds() / 3600:.0f}", notes["lock"])
    yield InForce("unused", IDLE_DAYS, notes["unused"])
    yield InForce("token", auth.token_days, notes["token"], variable="LUUTRU_AUTH__TOKEN_DAYS")
    word = f"administration.setting.approval_{settings.intake.approval}"
    yield InForce("approval", "", notes["approval"], word, "LUUTRU_INTAKE__APPROVAL")
    word = f"rights.label.{settings.rights.unlabelled.value}"
    yield InForce("unlabelled", "", notes["unlabelled"], word, "LUUTRU_RIGHTS__UNLABELLED")
    yield InForce("second_person", "", notes["second_person"], "administration.setting.always")


def _signatures(asking: Asking) -> dict[str, Any]:
    """The validation policy in force, with its rows; None where it cannot be read."""
    try:
        found = asking.archive.trusting.policy()
        own = bool(asking.archive.trust.snapshot().policy)
    except ArchiveError as error:
        return {"validation": None, "unreadable": error.code}
    algorithms = [(name, row.until, row.source) for name, row in (*found.digests.items(), *found.curves.items())]
    algorithms += [(f"RSA {bits}", row.until, row.source) for bits, row in found.rsa]
    return {
        "validation": found,
        "own": own,
        "practices": list(found.practices.values()),
        "algorithms": [(name, rfc3339(until)[:10] if until else "", source) for name, until, source in algorithms],
    }
