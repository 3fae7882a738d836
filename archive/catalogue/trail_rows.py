"""Rows of the trail's table, made of events and of the lines of sealed segments."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from archive.catalogue.tables import audit_events, audit_head
from metadata.audit_chain import ChainHead, Link, SegmentHeading, canonical
from metadata.events import AuditEvent

HEAD = 1
"""Identifier of the one row that has the head of the chain."""


def missing(lines: Iterable[bytes], segment: str, known: set[str], rows: list[dict[str, Any]]) -> None:
    """Put rows of a segment that the database has not behind `rows`; `known` learns their ids.

    Where the segment breaks, `rows` has what stood before.

    Raises:
        ValueError: a line is no event.
    """
    for line in lines:
        found = restored(line, segment)
        if found is not None and found["id"] not in known:
            known.add(found["id"])
            rows.append(found)


def head_after(rows: Iterable[Mapping[str, Any]], head: ChainHead) -> ChainHead:
    """The head of the chain with these rows in it."""
    for found in rows:
        if found["number"] is not None and found["number"] > head.seq:
            head = ChainHead(found["number"], found["sha256"], found["at"])
    return head


def sealed_lines(bodies: Sequence[Mapping[str, Any]]) -> list[bytes]:
    """The lines of a segment with these events, at least one."""
    lines = [canonical(body) for body in bodies]
    first = bodies[0].get("seq")
    return lines if first is None else [SegmentHeading.over(lines, int(first)).line(), *lines]


def row(body: Mapping[str, Any], head: ChainHead | None) -> dict[str, Any]:
    """An event that no segment has yet; `head` is the head that it makes, None before there was a chain."""
    return {
        "id": body["id"],
        "at": body["at"],
        "type": body["type"],
        "subject": body["subject"],
        "body": body,
        "segment": None,
        "sealed": 0,
        "number": head.seq if head else None,
        "sha256": head.sha256 if head else None,
    }


def restored(line: bytes, segment: str) -> dict[str, Any] | None:
    """The row of a sealed line; None for the heading of a segment."""
    if SegmentHeading.of_line(line) is not None:
        return None
    event = AuditEvent.model_validate_json(line)
    link = Link.of_line(line) if event.seq is not None else None
    head = ChainHead(link.seq, link.sha256, event.at) if link else None
    return {**row(json.loads(line), head), "segment": segment, "sealed": 1}


def append(connection: sa.Connection, rows: Sequence[Mapping[str, Any]], head: ChainHead) -> None:
    """Keep rows, and the head that they make; without rows the head alone."""
    if rows:
        connection.execute(audit_events.insert(), [dict(row) for row in rows])
    connection.execute(
        audit_head.update().where(audit_head.c.id == HEAD).values(seq=head.seq, sha256=head.sha256, at=head.at)
    )
