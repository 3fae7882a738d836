"""What happened to a dossier or document, as pages tell it: ours, and what former keepers tell."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archive.web.words import Words

_OPEN = frozenset({"", ".."})
"""EDTF: an end of an interval that nobody knows."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One event."""

    name: str
    """As people call it."""

    outcome: str
    at: str
    """Its instant, or the beginning of its interval; the end where nobody knows when it began."""

    by: str
    """Names of who acted, without their roles."""

    facts: Sequence[tuple[str, Sequence[str]]]
    """Everything that was recorded, as recorded: name for people, values."""


def told(event: Mapping[str, Any], words: Words) -> Happening:
    """An event of a package, of the trail, or of a former keeper."""
    begin, _, end = event["at"].partition("/")
    outcome = words.label("outcome", event["outcome"])
    agents = list(_agents(event))
    return Happening(
        name=words.label("event", event["type"]),
        outcome=words.label("verdict", event["outcome"]) if outcome == event["outcome"] else outcome,
        at=next((time for time in (begin, end) if time not in _OPEN), ""),
        by=", ".join(name for name, _ in agents),
        facts=[(words.text(f"happened.{key}"), values) for key, values in _facts(event, agents) if values],
    )


def _facts(event: Mapping[str, Any], agents: Sequence[tuple[str, str]]) -> Iterator[tuple[str, Sequence[str]]]:
    yield "type", [event["type"]]
    yield "at", [event["at"]]
    yield "clock", _said(event.get("clock"))
    yield "outcome", _said(event["outcome"])
    yield "agents", [f"{name} ({role})" if role else name for name, role in agents]
    yield "rules", list(event.get("rules", ()))
    yield "detail", list(_detail(event["detail"]))
    yield "objects", list(_objects(event.get("objects", {})))
    yield "others", list(event.get("others", ()))
    yield "subject", _said(event.get("subject"))
    yield "source", _said(event.get("source"))
    yield "identifier", [event["id"]]


def _said(value: str | None) -> list[str]:
    return [value] if value else []


def _agents(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and role of each who acted."""
    agents = event.get("agents", {})
    if isinstance(agents, Mapping):
        yield from agents.items()
    else:
        for agent in agents:
            yield f"{agent['name'] or agent['id']} {agent['version']}".strip(), agent["role"]
    if event.get("agent"):
        yield event["agent"], ""


def _objects(objects: Mapping[str, str] | Sequence[str]) -> Iterator[str]:
    if isinstance(objects, Mapping):
        # The package itself has no path; it is what the page is about.
        yield from (f"{path} ({role})" for path, role in objects.items() if path)
    else:
        yield from objects


def _detail(detail: str | Mapping[str, Any]) -> Iterator[str]:
    """Lines of what was noted; what was noted as JSON by the names that it has there."""
    if isinstance(detail, str):
        try:
            known = json.loads(detail)
        except ValueError:
            known = None
        if not isinstance(known, Mapping | list):
            yield from _said(detail)
            return
        detail = known if isinstance(known, Mapping) else {str(at): value for at, value in enumerate(known, 1)}
    for name, value in detail.items():
        yield f"{name}: {value if isinstance(value, str) else _plain(value)}"


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return " · ".join(f"{name} = {_plain(inner)}" for name, inner in value.items() if inner not in ("", None))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
