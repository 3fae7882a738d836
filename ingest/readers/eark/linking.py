"""Which files belong to which description: by METS, by name, by code, by ordinal; never by guessing at an order."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain

from ingest.readers.eark.descriptive import Draft
from ingest.readers.eark.inventory import Inventory
from ingest.readers.eark.layout import FETCH, representation_of, stem_of
from ingest.readers.eark.notes import Notes
from ingest.readers.eark.places import Names, plain
from ingest.readers.eark.records import MetsRecord
from metadata.compact import by_name

_NUMBERED = re.compile(r"^(?P<code>.+?)\.(?P<ordinal>\d{3,7})(?:\.(?P<part>\d{1,3}))?$")
_PART = re.compile(r"\d{1,4}")
_ALONE = re.compile(r"^0*(\d{1,7})$")


class Linking:
    """Gives drafts of documents their files.

    Args:
        documents: Descriptions of documents, without files.
        data: Files of documents, those of the representation that holds them first.
        notes: Takes what is wrong.
    """

    def __init__(self, documents: Sequence[Draft], data: Sequence[str], notes: Notes) -> None:
        self._documents = documents
        self._data = list(data)
        self._notes = notes
        self._owner: dict[str, Draft] = {}

    @cached_property
    def _stems(self) -> Names:
        return Names(self._data, _names_of)

    @cached_property
    def _parts(self) -> Names:
        """Files by what stands before the last dot of their stems."""
        return Names(self._data, lambda path: _halves(path)[:1])

    @cached_property
    def _numbered(self) -> Mapping[int, list[str]]:
        return _numbered(self._data)

    def link(self, documents: Iterable[MetsRecord], inventory: Inventory) -> list[str]:
        """Link all; the data files that no description claims come back."""
        by_description = _by_description(documents, inventory)
        for draft in self._documents:
            # A description that stands in METS itself is known by the identifier of its section.
            key = f"{draft.path}{draft.called}" if draft.called.startswith("#") else draft.path
            for path in by_description.get(key, ()) if not draft.hrefs else ():
                self._claim(draft, path)
        for step in (self._by_name, self._by_code, self._by_ordinal):
            for draft in self._documents:
                if not draft.files and not draft.hrefs:
                    for path in step(draft):
                        self._claim(draft, path)
        if len(self._documents) == 1 and not self._documents[0].files:
            for path in self._data:
                self._claim(self._documents[0], path)
        self._claim_beside()
        return [path for path in self._data if path not in self._owner]

    def _claim_beside(self) -> None:
        """A detached signature (`x.pdf.p7s`) goes with the file that it signs."""
        for path in self._data:
            owner = self._owner.get(path.rpartition(".")[0])
            if owner is not None and path not in self._owner:
                self._claim(owner, path)

    def claim_named(self, draft: Draft, paths: Iterable[str]) -> None:
        """Give `draft` the files that it names itself."""
        for path in paths:
            self._claim(draft, path)

    def _claim(self, draft: Draft, path: str) -> None:
        owner = self._owner.setdefault(path, draft)
        if owner is draft:
            if path not in draft.files:
                draft.files.append(path)
        elif (owner.path, owner.line) != (draft.path, draft.line):
            self._notes.tell("EAR-050", path, file=draft.path, other=owner.path)

    def _near(self, draft: Draft, paths: Sequence[str]) -> list[str]:
        """Of several representations the description's own."""
        own = representation_of(draft.path)
        near = [path for path in paths if representation_of(path) == own]
        return near or list(paths)

    def _by_name(self, draft: Draft) -> list[str]:
        return self._named(draft, draft.called) if draft.called else []

    def _by_code(self, draft: Draft) -> list[str]:
        for key in ("doc_code", "doc_id"):
            cell = draft.fields.cells.get(key)
            if cell and (found := self._named(draft, cell.value)):
                return found
        return []

    def _named(self, draft: Draft, name: str) -> list[str]:
        """Files called `name`, and its numbered parts `name.1.pdf`, `name.2.pdf`."""
        wanted = plain(name)
        found = self._near(draft, self._stems.of(wanted))
        if found:
            return found
        parts = [
            (int(number), path)
            for path in self._parts.of(wanted)
            for _, number in (_halves(path),)
            if _PART.fullmatch(number)
        ]
        return self._near(draft, [path for _, path in sorted(parts)])

    def _by_ordinal(self, draft: Draft) -> list[str]:
        cell = draft.fields.cells.get("ordinal")
        alone = _ALONE.match(draft.called)
        number = cell.value if cell and cell.value.isdigit() else alone[1] if alone else ""
        return self._near(draft, self._numbered.get(int(number), [])) if number else []


def _names_of(path: str) -> tuple[str, ...]:
    """Names by which a description may call the file at `path`."""
    name = path.rpartition("/")[2]
    whole = name[: -len(FETCH)] if name.casefold().endswith(FETCH) else name
    return plain(name), plain(whole), plain(stem_of(whole))


def _halves(path: str) -> tuple[str, ...]:
    """The stem of a file before and behind its last dot; nothing where it has none."""
    head, dot, number = plain(stem_of(path)).rpartition(".")
    return (head, number) if dot else ()


def _numbered(data: Sequence[str]) -> Mapping[int, list[str]]:
    """Files by the ordinal in their names; only where all bear the code of one dossier."""
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    codes: set[str] = set()
    for path in data:
        match = _NUMBERED.match(stem_of(path))
        if match:
            codes.add(plain(match["code"]))
            found[int(match["ordinal"])].append((int(match["part"] or 0), path))
    if len(codes) != 1:
        return {}
    return {ordinal: [path for _, path in sorted(paths)] for ordinal, paths in found.items()}


def _by_description(documents: Iterable[MetsRecord], inventory: Inventory) -> dict[str, list[str]]:
    """Files by the descriptive file that METS joins them to: `file/@DMDID`, or a division with one DMDID and fptr."""
    found: dict[str, list[str]] = defaultdict(list)
    for mets in documents:
        wrapped = by_name(bool, ((str(record.get("id", "")), True) for record in mets.wrapped))
        for entry in chain(mets.joined, mets.divisions):
            paths = (inventory.path_of(mets.path, identifier) for identifier in entry["dmd"])
            described = [path for path in paths if path and inventory.listed[path].section]
            described += [f"{mets.path}#{identifier}" for identifier in entry["dmd"] if identifier in wrapped]
            # A division that names all descriptions and all files joins none of them to another.
            if len(described) == 1:
                files = (inventory.path_of(mets.path, identifier) for identifier in entry["files"])
                known = found[described[0]]
                known += [path for path in files if path and path not in known]
    return found
