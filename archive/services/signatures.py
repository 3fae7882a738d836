"""Use case `signatures validate`: verdicts on files and on what the archive holds."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from archive.catalogue.holdings import Catalogue
from archive.services.stored_packages import StoredPackages
from ingest.ports import SignatureJudge
from metadata.errors import NotFoundError
from metadata.verdicts import SignatureVerdict


@dataclass(frozen=True, slots=True)
class SignatureService:
    """Judges now, with the trust in force or with trust that a caller brings."""

    judge: SignatureJudge
    catalogue: Catalogue | None
    stored: StoredPackages | None
    scratch: Path
    warnings: Sequence[str] = ()
    """Files in the caller's trust folder that are no certificates."""

    def validate(self, subject: str) -> Iterator[tuple[str, tuple[SignatureVerdict, ...]]]:
        """Verdicts for a file, or for each original of a dossier or document.

        Raises:
            NotFoundError: neither a file nor an identifier.
            ArchiveError: the system failed.
        """
        path = Path(subject)
        if path.is_file() or self.catalogue is None or self.stored is None:
            yield subject, self._judge_file(path)
            return
        for place in self.catalogue.find(subject):
            for record in self.catalogue.records(place.dossier_id):
                for document in record.documents:
                    if place.ordinal not in {None, document.ordinal}:
                        continue
                    for file in document.originals:
                        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
                            copy = Path(folder) / Path(file.path).name
                            with self.stored.open(record, file) as stream, copy.open("wb") as out:
                                shutil.copyfileobj(stream, out, 1 << 20)
                            yield f"{record.dossier_id}/{document.ordinal}/{file.path}", self.judge.judge([copy])[0]

    def _judge_file(self, path: Path) -> tuple[SignatureVerdict, ...]:
        if not path.is_file():
            raise NotFoundError(str(path))
        return self.judge.judge([path.absolute()])[0]
