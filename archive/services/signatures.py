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
from metadata.package import PackageFile, PackageRecord
from metadata.verdicts import SignatureVerdict

_DETACHED = ".p7s"


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
            records = self.catalogue.records(place.dossier_id)
            originals = [
                (record, document.ordinal, file)
                for record in records
                for document in record.documents
                for file in document.originals
            ]
            by_name = {file.original_name: (record, file) for record, _, file in originals}
            for record, ordinal, file in originals:
                if place.ordinal in {None, ordinal}:
                    signed = by_name.get(_signed_name(file.original_name))
                    name = f"{record.dossier_id}/{ordinal}/{file.path}"
                    yield name, self._judge_stored(self.stored, (record, file), signed)

    def _judge_stored(
        self,
        stored: StoredPackages,
        subject: tuple[PackageRecord, PackageFile],
        signed: tuple[PackageRecord, PackageFile] | None,
    ) -> tuple[SignatureVerdict, ...]:
        """Judge a stored original; a detached signature with the stored file that it signs."""
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            path = _fetched(stored, subject, Path(folder) / "subject")
            contents = {path: _fetched(stored, signed, Path(folder) / "signed")} if signed else None
            return self.judge.judge([path], contents=contents)[0]

    def _judge_file(self, path: Path) -> tuple[SignatureVerdict, ...]:
        if not path.is_file():
            raise NotFoundError(str(path))
        return self.judge.judge([path.absolute()])[0]


def _signed_name(name: str) -> str:
    """Name of the file that a detached signature called `name` signs; empty for other files."""
    return name[: -len(_DETACHED)] if name.lower().endswith(_DETACHED) else ""


def _fetched(stored: StoredPackages, kept: tuple[PackageRecord, PackageFile], folder: Path) -> Path:
    record, file = kept
    folder.mkdir()
    copy = folder / Path(file.path).name
    with stored.open(record, file) as stream, copy.open("wb") as out:
        shutil.copyfileobj(stream, out, 1 << 20)
    return copy
