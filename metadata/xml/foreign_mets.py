"""METS of other programs, whatever version and habit: everything that it says, with its lines, one record at a time.

A record is a plain mapping that goes through JSON as it is; `is` names its kind:

- `root`: `namespace`, `name`, `objid`, `label`, `type`, `profile`, `content`, `locations` (xsi:schemaLocation);
- `header`: `created`, `modified`, `status` (RECORDSTATUS), `package` (OAISPACKAGETYPE);
- `agent`: `role`, `type`, `other`, `name`, `notes` (pairs of type and text); `alternative`: `type`, `value`;
- `metadata`: `section`, `id`, `status`, `kind` (MDTYPE), `other`, `href` and what is claimed of the file; `wrapped`
  with `fields` (namespace, name, text) instead of `href` where the metadata stand in METS itself;
- `file`: `id`, `use` (of all groups around it, parted by `/`), `groups` (their IDs), `href`, `amd`, `dmd`, claims;
- `division`: `label`, `type`, `dmd`, `files` (FILEIDs); `pointer`: `href`, `label` of its division;
- `end`: `doubled` and `dangling` identifiers with lines (the first few), `wrong_use` (`USER` for `USE`), how many.

Claims are `checksum`, `algorithm`, `size`, `mime`, `created` as written. `line` stands in all but `end`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from metadata.xml.mets import METS
from metadata.xml.walking import Name, walk

Emit = Callable[[dict[str, Any]], None]

NEAR_NAMESPACES = frozenset({"http://www.loc.gov/METS", "https://www.loc.gov/METS/", "http://www.loc.gov/mets/", ""})
"""What programs write for the namespace of METS by mistake."""

TOLD = 50
"""Identifiers of one kind that are told by name; more are only counted."""

_SECTIONS = frozenset({"dmdSec", "digiprovMD", "techMD", "rightsMD", "sourceMD"})
_MOST_FIELDS = 20_000
_MOST_REFERENCES = 10_000
"""FILEIDs of one division that are told: one that lists all files of a package says nothing of a single document."""


def is_mets(namespace: str, name: str) -> bool:
    """Whether a root element is one of METS, its namespace perhaps misspelt."""
    return name == "mets" and (namespace == METS or namespace in NEAR_NAMESPACES)


def read_foreign_mets(stream: BinaryIO, emit: Emit) -> None:
    """Hand every record of the document to `emit` as soon as it is complete; of what is no METS only its root.

    Raises:
        XmlRefusedError: see `metadata.xml.walking.walk`; records that were handed over before stand.
    """
    visitor = _Visitor(emit)
    walk(stream, visitor)
    visitor.finish()


def _claims(attributes: Mapping[str, str]) -> dict[str, str]:
    return {
        "checksum": attributes.get("CHECKSUM", ""),
        "algorithm": attributes.get("CHECKSUMTYPE", ""),
        "size": attributes.get("SIZE", ""),
        "mime": attributes.get("MIMETYPE", ""),
        "created": attributes.get("CREATED", ""),
    }


class _Identifiers:
    """Identifiers that are given and used, as far as anything is wrong with them."""

    def __init__(self) -> None:
        # Numbers instead of the texts: of a million identifiers the odds are one in ten million that two meet.
        self._given: set[int] = set()
        self._open: dict[str, int] = {}
        self.doubled: list[tuple[str, int]] = []
        self.doubled_count = 0

    def give(self, identifier: str, line: int) -> None:
        if hash(identifier) in self._given:
            self.doubled_count += 1
            if len(self.doubled) < TOLD:
                self.doubled.append((identifier, line))
        self._given.add(hash(identifier))
        self._open.pop(identifier, None)

    def use(self, identifiers: str, line: int) -> list[str]:
        found = identifiers.split()
        for identifier in found:
            if hash(identifier) not in self._given and len(self._open) < _MOST_REFERENCES:
                self._open.setdefault(identifier, line)
        return found

    def dangling(self) -> list[tuple[str, int]]:
        return list(self._open.items())


class _Visitor:
    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._namespace: str | None = None
        self._foreign = False
        self._identifiers = _Identifiers()
        self._wrong_use = 0
        self._groups: list[tuple[str, str]] = []
        self._files: list[dict[str, Any]] = []
        self._located = False
        """Whether the innermost open file has said where its bytes are; one around it is not asked again."""
        self._divisions: list[dict[str, Any]] = []
        self._section: dict[str, Any] = {}
        self._agent: dict[str, Any] = {}
        self._alternative: dict[str, Any] = {}
        self._note_type = ""
        self._wrapped: dict[str, Any] | None = None
        self._starts: Mapping[str, Callable[[Mapping[str, str], int], None]] = {
            "metsHdr": self._header,
            "agent": self._agent_starts,
            "note": self._note,
            "altRecordID": self._alternative_starts,
            "mdRef": self._reference,
            "mdWrap": self._wrap,
            "fileGrp": self._group,
            "file": self._file,
            "FLocat": self._location,
            "FContent": self._content,
            "div": self._division,
            "fptr": self._file_pointer,
            "mptr": self._pointer,
        } | dict.fromkeys(_SECTIONS, self._section_starts)
        self._current = ""

    # ------------------------------------------------------------ elements open

    def start(self, name: Name, attributes: Mapping[str, str], line: int) -> None:
        namespace, local = name
        if self._namespace is None:
            self._root(namespace, local, attributes, line)
            return
        if self._foreign or namespace != self._namespace or (self._wrapped is not None and not self._namespace):
            return
        if identifier := attributes.get("ID", ""):
            self._identifiers.give(identifier, line)
        if handler := self._starts.get(local):
            self._current = local
            handler(attributes, line)

    def _root(self, namespace: str, local: str, attributes: Mapping[str, str], line: int) -> None:
        self._namespace = namespace
        self._foreign = not is_mets(namespace, local)
        self._emit(
            {
                "is": "root",
                "line": line,
                "namespace": namespace,
                "name": local,
                "objid": attributes.get("OBJID", ""),
                "label": attributes.get("LABEL", ""),
                "type": attributes.get("TYPE", ""),
                "profile": attributes.get("PROFILE", ""),
                "content": attributes.get("CONTENTINFORMATIONTYPE", ""),
                "locations": attributes.get("schemaLocation", ""),
            }
        )

    def _header(self, attributes: Mapping[str, str], line: int) -> None:
        self._emit(
            {
                "is": "header",
                "line": line,
                "created": attributes.get("CREATEDATE", ""),
                "modified": attributes.get("LASTMODDATE", ""),
                "status": attributes.get("RECORDSTATUS", ""),
                "package": attributes.get("OAISPACKAGETYPE", ""),
            }
        )

    def _agent_starts(self, attributes: Mapping[str, str], line: int) -> None:
        self._agent = {
            "is": "agent",
            "line": line,
            "role": attributes.get("ROLE", ""),
            "type": attributes.get("TYPE", ""),
            "other": attributes.get("OTHERTYPE", ""),
            "name": "",
            "notes": [],
        }

    def _note(self, attributes: Mapping[str, str], _line: int) -> None:
        self._note_type = attributes.get("NOTETYPE", "")

    def _alternative_starts(self, attributes: Mapping[str, str], line: int) -> None:
        self._alternative = {"is": "alternative", "line": line, "type": attributes.get("TYPE", "")}

    def _section_starts(self, attributes: Mapping[str, str], _line: int) -> None:
        self._section = {
            "section": self._current,
            "id": attributes.get("ID", ""),
            "status": attributes.get("STATUS", ""),
            "created": attributes.get("CREATED", ""),
        }

    def _metadata(self, attributes: Mapping[str, str], line: int) -> dict[str, Any]:
        kind = {"kind": attributes.get("MDTYPE", ""), "other": attributes.get("OTHERMDTYPE", "")}
        return {"is": "metadata", "line": line, **_claims(attributes), **self._section, **kind}

    def _reference(self, attributes: Mapping[str, str], line: int) -> None:
        self._emit(self._metadata(attributes, line) | {"href": attributes.get("href", "")})

    def _wrap(self, attributes: Mapping[str, str], line: int) -> None:
        self._wrapped = self._metadata(attributes, line) | {"is": "wrapped", "fields": []}

    def _group(self, attributes: Mapping[str, str], _line: int) -> None:
        use = attributes.get("USE", "")
        if not use and "USER" in attributes:
            # The circular's own example of a fetch group writes it so.
            use, self._wrong_use = attributes["USER"], self._wrong_use + 1
        self._groups.append((use, attributes.get("ID", "")))

    def _file(self, attributes: Mapping[str, str], line: int) -> None:
        if not attributes.get("USE") and "USER" in attributes:
            self._wrong_use += 1
        own = attributes.get("USE") or attributes.get("USER", "")
        self._located = False
        self._files.append(
            {
                "is": "file",
                "line": line,
                "id": attributes.get("ID", ""),
                "use": "/".join(use for use in (*(use for use, _ in self._groups), own) if use),
                "groups": [identifier for _, identifier in self._groups if identifier],
                "amd": self._identifiers.use(attributes.get("ADMID", ""), line),
                "dmd": self._identifiers.use(attributes.get("DMDID", ""), line),
                "href": "",
                **_claims(attributes),
            }
        )

    def _location(self, attributes: Mapping[str, str], line: int) -> None:
        if self._files:
            self._located = True
            self._emit({**self._files[-1], "line": line, "href": attributes.get("href", "")})

    def _content(self, _attributes: Mapping[str, str], line: int) -> None:
        if self._files:
            self._located = True
            self._emit({**self._files[-1], "is": "embedded", "line": line})

    def _division(self, attributes: Mapping[str, str], line: int) -> None:
        self._identifiers.use(attributes.get("ADMID", ""), line)
        self._divisions.append(
            {
                "is": "division",
                "line": line,
                "label": attributes.get("LABEL", ""),
                "type": attributes.get("TYPE", ""),
                "dmd": self._identifiers.use(attributes.get("DMDID", ""), line),
                "files": [],
            }
        )

    def _file_pointer(self, attributes: Mapping[str, str], line: int) -> None:
        found = self._identifiers.use(attributes.get("FILEID", ""), line)
        if self._divisions and len(self._divisions[-1]["files"]) < _MOST_REFERENCES:
            self._divisions[-1]["files"] += found

    def _pointer(self, attributes: Mapping[str, str], line: int) -> None:
        label = self._divisions[-1]["label"] if self._divisions else ""
        self._emit({"is": "pointer", "line": line, "href": attributes.get("href", ""), "label": label})

    # ------------------------------------------------------------ elements close

    def end(self, name: Name, text: str) -> None:
        namespace, local = name
        if self._foreign:
            return
        if self._wrapped is not None and (namespace != self._namespace or not namespace) and local != "mdWrap":
            if text and len(self._wrapped["fields"]) < _MOST_FIELDS:
                self._wrapped["fields"].append([namespace, local, text])
            return
        if namespace == self._namespace:
            self._close(local, text)

    def _close(self, local: str, text: str) -> None:
        match local:
            case "name" if self._agent:
                self._agent["name"] = text
            case "note" if self._agent:
                self._agent["notes"].append([self._note_type, text])
            case "agent":
                self._emit(self._agent)
                self._agent = {}
            case "altRecordID":
                self._emit({**self._alternative, "value": text})
            case "mdWrap" if self._wrapped is not None:
                self._emit(self._wrapped)
                self._wrapped = None
            case _:
                self._close_structure(local)

    def _close_structure(self, local: str) -> None:
        if local == "fileGrp" and self._groups:
            self._groups.pop()
        elif local == "file" and self._files:
            file = self._files.pop()
            if not self._located:
                self._emit(file)
            self._located = bool(self._files)
        elif local == "div" and self._divisions:
            self._emit(self._divisions.pop())

    def finish(self) -> None:
        """Tell what only the end of the document can tell."""
        if self._foreign:
            return
        dangling = self._identifiers.dangling()
        self._emit(
            {
                "is": "end",
                "doubled": self._identifiers.doubled,
                "doubled_count": self._identifiers.doubled_count,
                "dangling": dangling[:TOLD],
                "dangling_count": len(dangling),
                "wrong_use": self._wrong_use,
            }
        )
