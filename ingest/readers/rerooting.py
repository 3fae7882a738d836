"""A delivery that lies in a folder of a larger one, told from the larger one's place."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from pathlib import Path

from metadata.compact import by_name, in_order
from metadata.descriptions import Claim, Delivery, DocumentDescription, DossierDescription
from metadata.findings import Finding


def rerooted(delivery: Delivery, root: Path) -> Delivery:
    """`delivery` with all its paths relative to `root`, a folder above (or the same as) its own."""
    below = Path(delivery.root).relative_to(root).as_posix()
    if below == ".":
        return delivery
    return _Moved(Path(delivery.root), f"{below}/").delivery(delivery, root)


class _Moved:
    """Puts a folder in front of paths."""

    def __init__(self, inside: Path, below: str) -> None:
        self._inside = inside
        self._below = below

    def delivery(self, found: Delivery, root: Path) -> Delivery:
        return found.model_copy(
            update={
                "root": str(root),
                "dossiers": tuple(self._dossier(dossier) for dossier in found.dossiers),
                "sources": self._paths(found.sources),
                "claims": by_name(
                    tuple[Claim, ...],
                    ((self._path(path), tuple(map(self._claim, own))) for path, own in found.claims.items()),
                ),
                "ignored": self._paths(found.ignored),
                "findings": tuple(self._finding(finding) for finding in found.findings),
                "dossier_findings": {
                    code: tuple(self._finding(finding) for finding in own)
                    for code, own in found.dossier_findings.items()
                },
            }
        )

    def _path(self, path: str) -> str:
        return f"{self._below}{path}"

    def _paths(self, paths: Iterable[str]) -> tuple[str, ...]:
        return tuple(map(self._path, paths))

    def _claim(self, claim: Claim) -> Claim:
        return claim.model_copy(update={"by": self._path(claim.by)})

    def _dossier(self, dossier: DossierDescription) -> DossierDescription:
        rows = tuple(row.model_copy(update={"source": self._path(row.source)}) for row in dossier.rows)
        return dossier.model_copy(
            update={
                "source": self._path(dossier.source) if dossier.source else dossier.source,
                "stray_files": self._paths(dossier.stray_files),
                "sources": self._paths(dossier.sources),
                "rows": rows,
                "documents": in_order(DocumentDescription, map(self._document, dossier.documents)),
            }
        )

    def _document(self, document: DocumentDescription) -> DocumentDescription:
        return document.model_copy(
            update={
                "source": self._path(document.source) if document.source else document.source,
                "files": self._paths(document.files),
            }
        )

    def _finding(self, finding: Finding) -> Finding:
        """A finding's file is a path; its subject is one where it names a file of the delivery."""
        subject = self._path(finding.subject) if self._is_file(finding.subject) else finding.subject
        file = self._path(finding.file) if finding.file else finding.file
        return finding.model_copy(update={"subject": subject, "file": file})

    def _is_file(self, subject: str) -> bool:
        try:
            return bool(subject) and stat.S_ISREG((self._inside / subject).lstat().st_mode)
        except (OSError, ValueError):
            return False
