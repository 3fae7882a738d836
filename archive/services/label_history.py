"""What people said of how open something is: each label that was set on it, with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from archive.auth.people import Label
from archive.catalogue.labels import Labelled, label_of
from archive.services.rights import Rights
from metadata.errors import ArchiveError
from metadata.events import EventType

_EVENTS = 100


@dataclass(frozen=True, slots=True)
class LabelChange:
    """One label that a person set."""

    at: str
    by: str
    label: Label
    before: Label
    """Under which label it stood until then, all levels together."""

    after: Label
    reason: str | None
    """None: what was kept of it cannot be read now."""

    change_id: str


def history(rights: Rights, on: Labelled) -> list[LabelChange]:
    """The last changes, the newest first; 100 at most, each with its reason read from storage."""
    found = rights.recorded.last(_EVENTS, subject=on.subject, kind=EventType.LABEL_CHANGE.value)
    return [_change(rights, event) for event in found]


def _change(rights: Rights, event: Mapping[str, Any]) -> LabelChange:
    told = event["detail"]
    return LabelChange(
        at=event["at"],
        by=str(event["agent"]).removeprefix("person:"),
        label=Label(told["label"]),
        before=Label(told["from"]) if "from" in told else label_of(None),
        after=Label(told["to"]) if "to" in told else Label(told["label"]),
        reason=_reason(rights, str(told.get("sha256", ""))),
        change_id=str(told.get("change", "")),
    )


def _reason(rights: Rights, sha256: str) -> str | None:
    try:
        return str(orjson.loads(rights.keeper.get(sha256))["reason"])
    except (ArchiveError, ValueError, KeyError, TypeError):
        # That it was changed is told all the same; `luutru fixity` tells what is lost.
        return None
