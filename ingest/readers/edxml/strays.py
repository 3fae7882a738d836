"""Files beside messages that nothing names: the dossier whose messages lie with them answers for them, else all do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from metadata.descriptions import DossierDescription


class Strays:
    """Knows which dossier a folder points to."""

    def __init__(self, dossiers: Sequence[DossierDescription]) -> None:
        self._codes = [dossier.file_code for dossier in dossiers]
        self._folders: dict[str, set[str]] = defaultdict(set)
        for dossier in dossiers:
            for path in dossier.sources:
                folder = path.rpartition("/")[0]
                while folder:
                    self._folders[folder].add(dossier.file_code)
                    folder = folder.rpartition("/")[0]

    def owner(self, path: str) -> str | None:
        """Code of the only dossier with messages in the folder of `path`, or in the nearest one above; None: all."""
        if len(self._codes) == 1:
            return self._codes[0]
        folder = path.rpartition("/")[0]
        while folder:
            codes = self._folders.get(folder, set())
            if codes:
                return next(iter(codes)) if len(codes) == 1 else None
            folder = folder.rpartition("/")[0]
        return None
