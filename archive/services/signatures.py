"""Use case `signatures validate`: verdicts on files and on what the archive holds, with reports and pages on them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from archive.catalogue.holdings import Catalogue
from archive.preservation.signatures.adapter import Judge
from archive.preservation.signatures.reporting import Examined, Reporter
from archive.services.accesses import Shown
from archive.services.stored_packages import StoredPackages
from metadata.errors import NotFoundError
from metadata.package import PackageFile, PackageRecord
from metadata.verdicts import SignatureVerdict

_DETACHED = ".p7s"


@dataclass(frozen=True, slots=True)
class _Beside:
    """What is known here of one stored file."""

    objects: Sequence[bytes] = ()
    proofs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SignatureService:
    """Judges at one time, with the trust in force or with trust that a caller brings."""

    judge: Judge
    catalogue: Catalogue | None
    stored: StoredPackages | None
    scratch: Path
    reporter: Reporter
    warnings: Sequence[str] = ()
    """Files in the caller's trust folder that are no certificates."""

    proofs: Callable[[str], Mapping[str, str]] = field(default=lambda _: {})
    """What evidence records prove about a dossier or document: RFC 3339 by SHA-256."""

    kept: Callable[[Sequence[str]], Sequence[bytes]] = field(default=lambda _: ())
    """Objects of the validation bundle by their SHA-256; those that are lost are left out."""

    shown: Shown = field(default=lambda _record, _ordinal: None)
    """Told of a dossier or document of the home before anything of it is."""

    def validate(self, subject: str) -> Iterator[tuple[str, tuple[SignatureVerdict, ...]]]:
        """Verdicts for a file, or for each original of a dossier or document.

        Raises:
            NotFoundError: neither a file nor an identifier.
            ArchiveError: the system failed.
        """
        for one in self.examine(subject, described=False):
            yield one.name, one.judgement.verdicts

    def examine(self, subject: str, *, described: bool = True) -> Iterator[Examined]:
        """The same with everything that a report or a page says of each file.

        Args:
            subject: A file or an identifier.
            described: False: only the verdicts are wanted, and `Examined.described` is empty.

        Raises:
            NotFoundError: neither a file nor an identifier.
            ArchiveError: the system failed.
        """
        path = Path(subject)
        if path.is_file() or self.catalogue is None or self.stored is None:
            if not path.is_file():
                raise NotFoundError(str(path))
            yield self._judged(subject, path.absolute(), None, _Beside(), described=described)
            return
        for place in self.catalogue.find(subject):
            records = self.catalogue.records(place.dossier_id)
            self.shown(records[0], place.ordinal)
            originals = [
                (record, document.ordinal, file)
                for record in records
                for document in record.documents
                for file in document.originals
            ]
            # Asked once: evidence records are read anew for each question.
            proofs = self.proofs(place.dossier_id if place.ordinal is None else f"{place.dossier_id}/{place.ordinal}")
            by_name = {file.original_name: (record, file) for record, _, file in originals}
            for record, ordinal, file in originals:
                if place.ordinal in {None, ordinal}:
                    signed = by_name.get(_signed_name(file.original_name))
                    name = f"{record.dossier_id}/{ordinal}/{file.path}"
                    bundle = _bundle(record, file)
                    # What proves a file proves everything in it; of the rest only its own bundle matters to it.
                    own = {sha256: proofs[sha256] for sha256 in (file.sha256, *bundle) if sha256 in proofs}
                    beside = _Beside(self.kept(bundle), own)
                    with self._fetched(self.stored, (record, file), signed) as (copy, content):
                        yield self._judged(name, copy, content, beside, described=described)

    def _judged(self, name: str, path: Path, content: Path | None, beside: _Beside, *, described: bool) -> Examined:
        contents = {path: content} if content else None
        judged = self.judge.judgements([path], contents=contents, revocation=beside.objects, proofs=beside.proofs)
        found = judged[0]
        return self.reporter.examined(name, path, found) if described else Examined(name, found, {})

    @contextmanager
    def _fetched(
        self,
        stored: StoredPackages,
        subject: tuple[PackageRecord, PackageFile],
        signed: tuple[PackageRecord, PackageFile] | None,
    ) -> Iterator[tuple[Path, Path | None]]:
        """A stored original in a folder of its own; a detached signature with the stored file that it signs."""
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            path = _copied(stored, subject, Path(folder) / "subject")
            yield path, _copied(stored, signed, Path(folder) / "signed") if signed else None


def _bundle(record: PackageRecord, file: PackageFile) -> tuple[str, ...]:
    """What was kept of the verdicts at intake on a file."""
    kept = (v for d in record.documents for v in d.verdicts if v.path == file.path)
    return tuple(name for verdicts in kept for name in verdicts.objects)


def _signed_name(name: str) -> str:
    """Name of the file that a detached signature called `name` signs; empty for other files."""
    return name[: -len(_DETACHED)] if name.lower().endswith(_DETACHED) else ""


def _copied(stored: StoredPackages, kept: tuple[PackageRecord, PackageFile], folder: Path) -> Path:
    record, file = kept
    folder.mkdir()
    copy = folder / Path(file.path).name
    with stored.open(record, file) as stream, copy.open("wb") as out:
        shutil.copyfileobj(stream, out, 1 << 20)
    return copy
