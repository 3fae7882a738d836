"""The history of a package before this archive, as PREMIS beside the archive's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from archive.dissemination.assembly import Assembly
from archive.services.foreign_history import BEFORE, ForeignEvent
from metadata.edtf import is_edtf
from metadata.package import PackageAgent, PackageEvent, PackageRecord
from metadata.xml.premis import PremisObject, write_premis

_UNKNOWN = "unknown"
_ROLE = "history before this archive, as former keepers told it; the archive does not vouch for it"


def add_before(assembly: Assembly, record: PackageRecord, events: Sequence[ForeignEvent]) -> None:
    """Put `events` into `assembly`: each with its own identifier and agents, tied to the files that it happened to.

    A time that PREMIS 3 has no form for (EDTF) stands in the detail, and the event before the receipt. Without
    events there is no such file.
    """
    if not events:
        return
    urn = f"urn:uuid:{record.package_id}"
    whole = PremisObject("", kind="intellectualEntity", properties=(("role", _ROLE),))
    told = [_event(event, record) for event in events]
    agents = list(_agents(events))
    assembly.write(BEFORE, lambda out: write_premis(out, urn, [whole], told, agents))
    assembly.describe(BEFORE, "PREMIS")


def _event(event: ForeignEvent, record: PackageRecord) -> PackageEvent:
    known = is_edtf(event.at)
    details = [
        event.detail,
        "" if known or not event.at else f"eventDateTime: {event.at}",
        f"linkingObject: {', '.join(event.others)}" if event.others else "",
        f"source: {event.source}",
    ]
    return PackageEvent(
        id=event.id,
        type=event.type or _UNKNOWN,
        at=event.at if known else f"../{record.received_at or record.created_at}",
        outcome=event.outcome,
        detail="; ".join(filter(None, details)),
        agents={agent.id: agent.role or _UNKNOWN for agent in event.agents},
        objects=dict.fromkeys(event.objects, "source") or {"": "source"},
    )


def _agents(events: Iterable[ForeignEvent]) -> Iterator[PackageAgent]:
    known: set[str] = set()
    for event in events:
        for agent in event.agents:
            if agent.id not in known:
                known.add(agent.id)
                yield PackageAgent(
                    id=agent.id, name=agent.name or agent.id, type=agent.type or _UNKNOWN, version=agent.version
                )
