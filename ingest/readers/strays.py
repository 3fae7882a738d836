"""Files that no row names: the dossier that their name or folder points to answers for them, else all dossiers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from ingest.readers.resolution import plain
from metadata.descriptions import DossierDescription


class Strays:
    """Sorts stray files by dossier."""

    def __init__(self, dossiers: Sequence[DossierDescription], paths: Iterable[str]) -> None:
        self._codes = {plain(dossier.file_code): dossier.file_code for dossier in dossiers}
        self._folder_names = dict(self._codes)
        for dossier in dossiers:
            if notation := dossier.value("file_notation"):
                self._folder_names.setdefault(plain(notation), dossier.file_code)
        self._folders: dict[str, set[str]] = defaultdict(set)
        for dossier in dossiers:
            for document in dossier.documents:
                for path in document.files:
                    self._folders[plain(path).rpartition("/")[0]].add(dossier.file_code)
        self.by_code: dict[str, list[str]] = defaultdict(list)
        self.everybodys: list[str] = []
        for path in paths:
            owner = self.owner(path)
            (self.everybodys if owner is None else self.by_code[owner]).append(path)

    def owner(self, path: str) -> str | None:
        """Code of the dossier that answers for `path`; None: all do."""
        if len(self._codes) == 1:
            return next(iter(self._codes.values()))
        folder, _, name = plain(path).rpartition("/")
        for end in range(len(name), 0, -1):
            if name[:end] in self._codes and not name[end : end + 1].isalnum():
                return self._codes[name[:end]]
        segments = folder.split("/") if folder else []
        for depth in range(len(segments), 0, -1):
            inside = self._folders.get("/".join(segments[:depth]), set())
            if len(inside) == 1:
                return next(iter(inside))
            if segments[depth - 1] in self._folder_names:
                return self._folder_names[segments[depth - 1]]
        return None
