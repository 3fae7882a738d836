"""Workers whose second reader of signatures says what a test wants."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from archive.preservation.signatures.adapter import SECOND_READER
from ingest.ports import Answer, Limits
from tests.fakes.workers import InlineWorkers


class OtherReader(InlineWorkers):
    """Workers whose second reader says what the test wants."""

    def __init__(self, says: Answer) -> None:
        self.says = says

    def submit(
        self, task: str, arguments: Mapping[str, Any], *, limits: Limits, deposit: Path | None = None
    ) -> Future[Answer]:
        """The second reader's answer is `says`; other tasks run."""
        if task != SECOND_READER:
            return super().submit(task, arguments, limits=limits, deposit=deposit)
        future: Future[Answer] = Future()
        future.set_result(self.says)
        return future
