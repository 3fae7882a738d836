"""Explains the spreadsheets of a delivery that is a folder, a register by itself, or packed in a container."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from ingest.readers.containers import Containers, inner, is_container
from ingest.readers.folder import FolderReader
from metadata.explanations import SheetExplanation


@dataclass(frozen=True, slots=True)
class DeliveryExplainer:
    """See `ingest.ports.Explainer`."""

    containers: Containers
    lists: FolderReader

    def explain(self, path: Path) -> tuple[SheetExplanation, ...]:
        """See `Explainer.explain`. Of a container that is refused nothing is explained: `check` tells why."""
        if not is_container(path):
            return self.lists.explain(path)
        with tempfile.TemporaryDirectory(prefix="luutru-explain-") as room:
            opened = self.containers.opened(path, Path(room) / "room")
            return () if opened.refused else self.lists.explain(inner(opened.root))
