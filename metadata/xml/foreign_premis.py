"""PREMIS of other programs, version 2 or 3: what it says of files and events, one record at a time.

Records are plain mappings; `is` names their kind, `line` stands in all:

- `root`: `namespace`, `name`, `version`;
- `object`: `kind` (xsi:type without prefix), `identifiers` (pairs of type and value), `digests` (pairs of algorithm
  and value as written), `size`, `name` (originalName), `location`;
- `event`: `type`, `at`, `outcome`, `detail`, `objects` (identifier values).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from metadata.xml.walking import Name, walk

NAMESPACES = ("http://www.loc.gov/premis/v3", "info:lc/xmlns/premis-v2", "http://www.loc.gov/standards/premis/v1")

_TOP = frozenset({"object", "event", "agent"})
_PLAIN = {
    "object": {"size": "size", "originalName": "name", "contentLocationValue": "location"},
    "event": {
        "eventType": "type",
        "eventDateTime": "at",
        "eventOutcome": "outcome",
        "eventOutcomeDetailNote": "detail",
    },
    "agent": dict[str, str](),
}
_MOST_OF_A_KIND = 1000


def is_premis(namespace: str, name: str) -> bool:
    """Whether a root element is one of PREMIS that is read here."""
    return namespace in NAMESPACES and name in {"premis", *_TOP}


def read_foreign_premis(stream: BinaryIO, emit: Callable[[dict[str, Any]], None]) -> None:
    """Hand every record of the document to `emit`; of what is no PREMIS only its root.

    Raises:
        XmlRefusedError: see `metadata.xml.walking.walk`; records that were handed over before stand.
    """
    walk(stream, _Visitor(emit))


class _Visitor:
    def __init__(self, emit: Callable[[dict[str, Any]], None]) -> None:
        self._emit = emit
        self._known = False
        self._began = False
        self._record: dict[str, Any] | None = None
        self._kind = ""
        self._pending = ""

    def start(self, name: Name, attributes: Mapping[str, str], line: int) -> None:
        namespace, local = name
        if not self._began:
            self._began, self._known = True, is_premis(namespace, local)
            version = attributes.get("version", "")
            self._emit({"is": "root", "line": line, "namespace": namespace, "name": local, "version": version})
        if self._known and namespace in NAMESPACES and local in _TOP and self._record is None:
            self._kind = local
            kind = attributes.get("type", "").rpartition(":")[2]
            self._record = {"is": local, "line": line, "kind": kind, "identifiers": [], "digests": [], "objects": []}

    def end(self, name: Name, text: str) -> None:
        namespace, local = name
        record = self._record
        if record is None or namespace not in NAMESPACES:
            return
        if local == self._kind:
            if local != "agent":
                self._emit(record)
            self._record = None
        elif key := _PLAIN[self._kind].get(local):
            record.setdefault(key, text)
        elif local in {"objectIdentifierType", "messageDigestAlgorithm"}:
            self._pending = text
        elif local == "objectIdentifierValue" and len(record["identifiers"]) < _MOST_OF_A_KIND:
            record["identifiers"].append([self._pending, text])
        elif local == "messageDigest" and len(record["digests"]) < _MOST_OF_A_KIND:
            record["digests"].append([self._pending, text])
        elif local == "linkingObjectIdentifierValue" and len(record["objects"]) < _MOST_OF_A_KIND:
            record["objects"].append(text)
