"""Stage `identify`: PRONOM id and MIME type of every file, by its bytes and never by its name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ingest.facts import Fact, Formats, Received
from ingest.ports import FormatIdentifier
from ingest.quarantine import located
from ingest.work import WorkItem


@dataclass(frozen=True, slots=True)
class Identify:
    """Says what each file is. Rejects nothing: `validate` decides what is taken in, all rules at once.

    Args:
        identifier: Siegfried with libmagic.
    """

    name: ClassVar[str] = "identify"
    needs: ClassVar[tuple[type[Fact], ...]] = (Received,)
    gives: ClassVar[type[Fact]] = Formats

    identifier: FormatIdentifier

    def run(self, item: WorkItem) -> Formats:
        """See `Stage.run`."""
        places = {file.path: located(item.folder, file) for file in item.fact(Received).files}
        found = self.identifier.identify(list(places.values()))
        item.tell(len(places), len(places))
        return Formats(formats=dict(zip(places, found, strict=True)), tools=self.identifier.tools())
