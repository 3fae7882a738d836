"""PREMIS of the sender against METS: what it says of files must be what METS says, and the bytes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

from ingest.readers.eark.inventory import Inventory, algorithm_of
from ingest.readers.eark.notes import Notes
from ingest.readers.eark.places import Names, Places, plain
from ingest.readers.eark.records import Reading
from metadata.compact import by_name
from metadata.dates import read_date
from metadata.descriptions import Claim
from metadata.digests import CLAIMABLE
from metadata.xml.foreign_premis import is_premis

_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Preserved:
    """What PREMIS adds to what METS claims."""

    claims: Mapping[str, tuple[Claim, ...]]
    """Digests by algorithms that METS does not give, by path."""

    names: Mapping[str, str]
    """originalName by path; empty where the file is called so."""


class Preservation:
    """Compares the PREMIS files of a package with its METS.

    Args:
        inventory: What METS lists.
        places: The files of the package.
        notes: Takes what is wrong.
    """

    def __init__(self, inventory: Inventory, places: Places, notes: Notes) -> None:
        self._inventory = inventory
        self._places = places
        self._notes = notes
        self._claims: dict[str, list[Claim]] = defaultdict(list)
        self._names: dict[str, str] = {}

    def check(self, reading: Reading, paths: Sequence[str]) -> Preserved:
        """Read the PREMIS files at `paths`."""
        problems = reading.premis(paths, self._take)
        for path, problem in problems.items():
            self._notes.tell("EAR-037", path, file=path, detail=problem)
        claims = {path: tuple(found) for path, found in self._claims.items()}
        return Preserved(claims, self._names)

    @cached_property
    def _ids(self) -> Mapping[str, int]:
        """Numbers of files by the identifiers of all METS."""
        return by_name(int, chain.from_iterable(numbers.items() for numbers in self._inventory.by_id.values()))

    @cached_property
    def _by_name(self) -> Names:
        return Names(tuple(self._inventory.listed), lambda path: (plain(path.rpartition("/")[2]),))

    def _take(self, premis: str, record: dict[str, Any]) -> None:
        match record["is"]:
            case "root" if not is_premis(record["namespace"], record["name"]):
                detail = f"{record['namespace']} {record['name']}".strip()
                self._notes.tell("EAR-037", premis, file=premis, detail=detail)
            case "event":
                self._take_event(premis, record)
            case "object" if record["digests"] and record["kind"] in {"", "file"}:
                self._take_object(premis, record)

    def _take_event(self, premis: str, record: dict[str, Any]) -> None:
        at = str(record.get("at", "")).strip()
        # EDTF: an instant, a day, or two of them parted by a slash; `..` is an open end.
        parts = [part.partition("T")[0].rstrip("Z?~%") for part in at.split("/") if part not in {"..", ""}]
        if not parts or any(read_date(part).date is None for part in parts):
            values = {"line": str(record["line"]), "written": at[:_SHOWN]}
            self._notes.tally("EAR-038", premis, file=premis, **values)

    def _take_object(self, premis: str, record: dict[str, Any]) -> None:
        path = self._path(premis, record)
        if not path:
            shown = record["identifiers"][0][1] if record["identifiers"] else str(record.get("name", ""))
            self._notes.tally("EAR-036", premis, file=premis, written=shown[:_SHOWN])
            return
        if name := str(record.get("name", "")):
            # Most files are called what they were called: that needs no remembering.
            self._names.setdefault(path, "" if name == path.rpartition("/")[2] else name)
        listed = self._inventory.listed.get(path)
        claims = {} if listed is None else listed.digests
        more: dict[str, str] = {}
        for written, value in record["digests"]:
            name = algorithm_of(written, value)
            digest = value.strip().lower()
            if not name or len(digest) != CLAIMABLE[name]:
                continue
            if name not in claims:
                more[name] = digest
            elif claims[name] != digest:
                said, expected = f"{name} {digest}", f"{name} {claims[name]}"
                self._contradiction(premis, record, path, said, expected)
        size = str(record.get("size", ""))
        if size.isascii() and size.isdigit() and listed and listed.size is not None and int(size) != listed.size:
            self._contradiction(premis, record, path, f"{size} B", f"{listed.size} B")
        if more:
            self._claims[path].append(Claim(by=premis, digests=more))

    def _contradiction(self, premis: str, record: dict[str, Any], path: str, said: str, expected: str) -> None:
        values = {"line": str(record["line"]), "written": said, "expected": expected}
        self._notes.tell("EAR-035", path, file=premis, **values)

    def _path(self, premis: str, record: dict[str, Any]) -> str:
        """The file that an object is: by its identifiers, its location, or a name that only one file has."""
        folder = premis.rpartition("metadata/")[0]
        named = [value for _, value in record["identifiers"]] + [str(record.get("location", ""))]
        for value in named:
            if not value:
                continue
            if (number := self._ids.get(value)) is not None:
                return self._places.files[number]
            for base in dict.fromkeys((folder, "")):
                for text in (value, value.partition("/")[2] if value.startswith("urn:") else ""):
                    place = self._places.find(text, base) if text else None
                    if place and place.path:
                        return place.path
        for value in (str(record.get("name", "")), *named):
            files = self._by_name.of(plain(value.replace("\\", "/").rpartition("/")[2])) if value else []
            if len(files) == 1:
                return files[0]
        return ""
