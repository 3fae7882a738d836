"""A signed PDF as it was when each signature was made: the first bytes of the file, up to the end of what is signed.

Every revision of a PDF is appended to the ones before it, so the bytes up to the end of a signed stretch are the
whole file as the signer had it. Where they end is kept with the verdict; no file is read for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from archive.preservation.signatures.pdf_facts import PdfFacts
from archive.preservation.signatures.pdf_facts_json import FactsUnreadableError, facts_of
from archive.services.later_verdicts import EvidenceReader
from metadata.package import PackageDocument, PackageFile
from storage.errors import ObjectMissingError, RecordUnreadableError, UnsafeKeyError


@dataclass(frozen=True, slots=True)
class SignedRevision:
    """What a signature covers of a file that goes on behind it."""

    file: PackageFile
    field: str
    signer: str
    end_bytes: int
    """How many bytes from the first one are the file as signed."""

    changed_after: tuple[str, ...]
    """What the verdict says of the rest; empty: nothing that matters (a further signature, a time-stamp)."""


@dataclass(frozen=True, slots=True)
class SignedRevisions:
    """Finds them."""

    objects: EvidenceReader

    def of(self, document: PackageDocument) -> Iterator[SignedRevision]:
        """Signatures behind which the file goes on, in the order of what they cover."""
        files = {file.path: file for file in document.originals}
        for entry in document.verdicts:
            facts = self._facts(entry.facts) if entry.path in files else None
            told = {verdict.field: verdict for verdict in entry.verdicts}
            for field in facts.fields if facts else ():
                file, verdict = files[entry.path], told.get(field.name)
                if field.range is not None and verdict is not None and 0 < field.range.end < file.size_bytes:
                    signer = verdict.signer or field.name
                    yield SignedRevision(file, field.name, signer, field.range.end, verdict.changed_after)

    def _facts(self, sha256: str) -> PdfFacts | None:
        """None: nothing was kept, it is lost, or the file is no PDF."""
        try:
            return facts_of(self.objects.get(sha256)) if sha256 else None
        except (FactsUnreadableError, ObjectMissingError, RecordUnreadableError, UnsafeKeyError):
            return None
