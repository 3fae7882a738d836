"""Papers of the archive's own as PDF/A: blocks are spooled to the disk and set in a worker process."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archive.durable import faults_of
from archive.reports.forms import Block, write_blocks
from archive.reports.lists import say
from ingest.ports import Answer, Limits, Workers
from metadata.errors import ToolUnreadableError

TASK = "ingest.engines.paper:typeset"
LIMITS = Limits(cpu_seconds=900.0, wall_seconds=1800.0, memory_mib=256, output_mib=1024)
"""Memory does not grow with the pages (ADR 0506)."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that was set."""

    path: Path
    pages: int
    flavour: str
    """As measured, such as `2u`."""

    replaced: int
    """Letters that the font does not have, shown as □."""


def worked(workers: Workers, task: str, arguments: Mapping[str, Any], limits: Limits, deposit: Path) -> Answer:
    """What a worker answers that sets or binds what the archive itself has written.

    Raises:
        ToolUnreadableError: it was ended.
    """
    answer = workers.submit(task, arguments, limits=limits, deposit=deposit).result()
    if answer.breach is not None:
        raise ToolUnreadableError(task, f"{answer.breach}: {answer.detail}")
    return answer


@dataclass(frozen=True, slots=True)
class Papers:
    """Sets papers."""

    workers: Workers
    scratch: Path

    @contextmanager
    def typeset(
        self, blocks: Callable[[], Iterable[Block]], *, title: str, at: str, landscape: bool = False
    ) -> Iterator[Paper]:
        """The paper of `blocks`, until the block ends.

        Args:
            blocks: Asked once.
            title: Of the document.
            at: RFC 3339; the same blocks and time give the same bytes.
            landscape: Whether pages lie on their side.

        Raises:
            ToolMissingError: the font is not installed.
            ToolUnreadableError: the worker was ended, or what it wrote is no PDF/A.
            WorkFolderFaultError: the disk refused.
        """
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder, faults_of(self.scratch):
            source = Path(folder) / "blocks.jsonl"
            with source.open("w", encoding="utf-8") as stream:
                write_blocks(stream, blocks())
            arguments = {
                "source": str(source),
                "at": at,
                "title": title,
                "word_page": say("page", page="{page}", pages="{pages}"),
                "landscape": landscape,
            }
            answer = worked(self.workers, TASK, arguments, LIMITS, Path(folder) / "made")
            said = answer.value
            if said["flavour"] is None:
                raise ToolUnreadableError(TASK, f"not PDF/A: {said['rules']} {said['detail']}")
            yield Paper(answer.outputs["pdf"], int(said["pages"]), str(said["flavour"]), int(said["replaced"]))
