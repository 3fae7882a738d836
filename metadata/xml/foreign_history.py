"""What other programs tell of the history of a package: PREMIS 2 or 3, in a file of its own or inside METS.

Beside `metadata.xml.foreign_premis`, which is for comparing: here who acted is
kept, and what stands in the same section of METS belongs together
(Archivematica names no object in its events, but puts both into one `amdSec`).
Records are plain mappings; `is` names their kind:

- `object`: `identifiers`, `digests` (values in small letters), `name`, `section`;
- `event`: `id`, `type`, `at`, `outcome`, `detail`, `agents` and `objects` (pairs of identifier and role), `section`;
- `agent`: `identifiers`, `name`, `type`, `version`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from metadata.xml.foreign_premis import NAMESPACES
from metadata.xml.mets import METS
from metadata.xml.walking import Name, walk

_TOP = frozenset({"object", "event", "agent"})
_PLAIN: Mapping[str, Mapping[str, str]] = {
    "object": {"originalName": "name"},
    "event": {
        "eventIdentifierValue": "id",
        "eventType": "type",
        "eventDateTime": "at",
        "eventOutcome": "outcome",
    },
    "agent": {"agentName": "name", "agentType": "type", "agentVersion": "version"},
}
_DETAILS = frozenset({"eventDetail", "eventOutcomeDetailNote"})
_LINKS = {"linkingAgentIdentifier": "agents", "linkingObjectIdentifier": "objects"}
_MOST = 1000
"""Links, identifiers, digests of one record that are taken."""

_LONGEST = 4000
"""Letters of one value."""


def read_foreign_history(stream: BinaryIO, emit: Callable[[dict[str, Any]], None]) -> None:
    """Hand every PREMIS record of the document to `emit`, wherever it stands.

    Raises:
        XmlRefusedError: see `metadata.xml.walking.walk`; records that were handed over before stand.
    """
    walk(stream, _Visitor(emit))


class _Visitor:
    def __init__(self, emit: Callable[[dict[str, Any]], None]) -> None:
        self._emit = emit
        self._record: dict[str, Any] | None = None
        self._kind = ""
        self._section = ""
        self._link = ["", ""]

    def start(self, name: Name, attributes: Mapping[str, str], line: int) -> None:
        del line
        namespace, local = name
        if namespace == METS and local == "amdSec":
            self._section = attributes.get("ID", "")
        elif namespace in NAMESPACES and local in _TOP and self._record is None:
            self._kind = local
            shared = {"is": local, "section": self._section}
            self._record = shared | (
                {"agents": [], "objects": [], "detail": ""} if local == "event" else {"identifiers": [], "digests": []}
            )
        elif local in _LINKS:
            self._link = ["", ""]

    def end(self, name: Name, text: str) -> None:
        namespace, local = name
        if namespace == METS and local == "amdSec":
            self._section = ""
        if self._record is None or namespace not in NAMESPACES:
            return
        text = text[:_LONGEST]
        if local == self._kind:
            self._emit(self._record)
            self._record = None
        elif self._kind == "event":
            self._end_in_event(self._record, local, text)
        elif key := _PLAIN[self._kind].get(local):
            self._record.setdefault(key, text)
        elif local in {"objectIdentifierValue", "agentIdentifierValue"}:
            _add(self._record["identifiers"], text)
        elif local == "messageDigest":
            _add(self._record["digests"], text.strip().lower())

    def _end_in_event(self, record: dict[str, Any], local: str, text: str) -> None:
        if key := _PLAIN["event"].get(local):
            record.setdefault(key, text)
        elif local in _DETAILS and text:
            record["detail"] = f"{record['detail']}; {text}"[:_LONGEST] if record["detail"] else text
        elif local in {"linkingAgentIdentifierValue", "linkingObjectIdentifierValue"}:
            self._link[0] = text
        elif local in {"linkingAgentRole", "linkingObjectRole"}:
            self._link[1] = text
        elif local in _LINKS and self._link[0]:
            _add(record[_LINKS[local]], self._link)


def _add(values: list[Any], value: Any) -> None:  # noqa: ANN401 - text or a pair
    if len(values) < _MOST:
        values.append(value)
