"""The METS documents of a package: the root's and those of its representations, each read once."""

from __future__ import annotations

import re

from ingest.readers.eark.notes import Notes
from ingest.readers.eark.places import Miss, Places
from ingest.readers.eark.records import MetsRecord, Reading
from metadata.xml.foreign_mets import TOLD, is_mets
from metadata.xml.mets import METS

MOST_METS = 1000
"""METS documents of one package that are read."""

_REPRESENTATION = re.compile(r"^representations/[^/]+/mets\.xml$", re.IGNORECASE)
_MISSES = {Miss.OUTSIDE: "EAR-020", Miss.NETWORK: "EAR-021", Miss.MISSING: "EAR-022", Miss.EMPTY: "EAR-027"}
_SHOWN = 200


class Structure:
    """Reads the METS documents of a package.

    Args:
        reading: Hands them to workers.
        places: The files of the package.
        notes: Takes what is wrong.
    """

    def __init__(self, reading: Reading, places: Places, notes: Notes) -> None:
        self._reading = reading
        self._places = places
        self._notes = notes
        self._above: dict[str, frozenset[str]] = {}
        """Each METS with those through which it was reached, itself among them."""

    def read(self, root: str) -> list[MetsRecord]:
        """The METS at `root` and all that belong to it, the root first; empty where the root cannot be read."""
        found = self._usable(self._reading.mets([root]))
        if not found:
            return []
        visited = {root}
        self._above[root] = frozenset({root})
        pending = self._pointed(found[0], visited)
        # A representation that nothing points to is read too: its files are there, and are told as unlisted.
        pending += [path for path in sorted(self._places.files) if _REPRESENTATION.match(path) and path not in visited]
        pending = [path for path in dict.fromkeys(pending) if path not in visited]
        for path in pending:
            self._above.setdefault(path, frozenset({root, path}))
        while pending and len(visited) < MOST_METS:
            pending = pending[: MOST_METS - len(visited)]
            visited |= set(pending)
            fresh = self._usable(self._reading.mets(pending))
            found += fresh
            pending = list(dict.fromkeys(path for mets in fresh for path in self._pointed(mets, visited)))
        return found

    def _usable(self, read: list[MetsRecord]) -> list[MetsRecord]:
        """Those that are METS; what is wrong with each is told."""
        usable: list[MetsRecord] = []
        for mets in read:
            if mets.problem:
                self._notes.tell("EAR-002", mets.path, file=mets.path, detail=mets.problem)
            if not mets.root:
                continue
            namespace, name = mets.said("namespace"), mets.said("name")
            if not is_mets(namespace, name):
                self._notes.tell("EAR-003", mets.path, file=mets.path, written=name, namespace=namespace)
                continue
            usable.append(mets)
            self._tell_form(mets, namespace)
        return usable

    def _tell_form(self, mets: MetsRecord, namespace: str) -> None:
        if namespace != METS:
            self._notes.tell("EAR-011", mets.path, file=mets.path, namespace=namespace)
        elif mets.schema:
            self._notes.tell("EAR-004", mets.path, file=mets.path, detail=mets.schema)
        end = mets.end
        for identifier, line in end.get("doubled", []):
            self._notes.tell("EAR-012", mets.path, file=mets.path, line=str(line), written=identifier[:_SHOWN])
        if end.get("doubled_count", 0) > TOLD:
            more = f"… (+{end['doubled_count'] - TOLD})"
            self._notes.tell("EAR-012", mets.path, file=mets.path, line="…", written=more)
        for identifier, line in end.get("dangling", [])[:1]:
            values = {"line": str(line), "written": identifier[:_SHOWN], "count": str(end["dangling_count"])}
            self._notes.tell("EAR-013", mets.path, file=mets.path, **values)
        if end.get("wrong_use"):
            self._notes.tell("EAR-015", mets.path, file=mets.path, count=str(end["wrong_use"]))

    def _pointed(self, mets: MetsRecord, visited: set[str]) -> list[str]:
        """METS files that `mets` points to for the first time; circles and dead ends are told."""
        found: list[str] = []
        for href, line in mets.pointers:
            place = self._places.find(href, mets.folder)
            values = {"line": str(line), "written": href[:_SHOWN]}
            if place.miss is not None:
                if rule := _MISSES.get(place.miss):
                    self._notes.tell(rule, href[:_SHOWN] or "mptr", file=mets.path, **values)
            elif place.path in self._above[mets.path]:
                self._notes.tell("EAR-014", place.path, file=mets.path, **values)
            elif place.path not in visited:
                found.append(place.path)
                self._above[place.path] = self._above[mets.path] | {place.path}
        return found
