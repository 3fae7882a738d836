"""Deliveries of messages, read by the reader as the program wires it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.ports import Reading
from ingest.readers.edxml.reader import EdxmlReader
from ingest.readers.folder import FolderReader
from metadata.descriptions import Delivery, DocumentDescription, DossierDescription
from metadata.findings import Finding
from tests.fakes.deliveries import findings_of
from tests.fakes.workers import InlineWorkers


@dataclass(frozen=True)
class Read:
    """What the reader gave."""

    delivery: Delivery

    @property
    def dossier(self) -> DossierDescription:
        (only,) = self.delivery.dossiers
        return only

    @property
    def document(self) -> DocumentDescription:
        (only,) = self.dossier.documents
        return only

    def bytes_of(self, path: str) -> bytes:
        return (Path(self.delivery.root) / path).read_bytes()

    @property
    def findings(self) -> list[Finding]:
        return list(findings_of(self.delivery))

    @property
    def rules(self) -> set[str]:
        """Rules that were broken, without the one that is told of every delivery without a list."""
        return {finding.rule for finding in self.findings} - {"EDX-030"}

    def finding(self, rule: str) -> Finding:
        (only,) = [finding for finding in self.findings if finding.rule == rule]
        return only

    def said(self, rule: str) -> dict[str, str]:
        """What the words of the only finding of a rule quote, without the line."""
        return {name: text for name, text in self.finding(rule).values.items() if name != "line"}


@dataclass(frozen=True)
class Post:
    """Puts messages into a folder and reads it."""

    folder: Path

    def read(self, files: Mapping[str, bytes]) -> Read:
        root = self.folder / "Gói tin quý 1"
        for name, data in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        workers = InlineWorkers()
        reader = EdxmlReader(workers, FolderReader(workers, Reading()))
        assert reader.recognises(root)
        return Read(reader.read(root, self.folder / "room"))

    def one(self, data: bytes) -> Read:
        """The only message of a delivery."""
        return self.read({"cv.edxml": data})


@pytest.fixture
def post(tmp_path: Path) -> Post:
    return Post(tmp_path)
