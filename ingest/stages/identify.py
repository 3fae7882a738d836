"""Stage `identify`: PRONOM id and MIME type of every file, by its bytes and never by its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

from ingest.facts import Fact, FileFormat, Formats, Received
from ingest.ports import FormatIdentifier
from ingest.quarantine import located
from ingest.work import WorkItem
from metadata.compact import by_name

AT_ONCE = 2048
"""Files that the identifier is asked about together: enough for all workers, whatever the dossier holds."""


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
        return Formats(formats=by_name(FileFormat, self._identified(item)), tools=self.identifier.tools())

    def _identified(self, item: WorkItem) -> Iterator[tuple[str, FileFormat]]:
        received, done = item.fact(Received), 0
        files = received.each_once()
        while some := list(islice(files, AT_ONCE)):
            found = self.identifier.identify([located(item.folder, file) for file in some])
            yield from zip((file.path for file in some), found, strict=True)
            done += len(some)
            item.tell(done, len(received.files))
