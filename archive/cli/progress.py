"""Progress on a terminal; nothing in pipes."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from archive.catalogue.journal import Job
from archive.cli.speech import Speaker

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class JobsProgress:
    """A bar a job, while there is a person to look."""

    def __init__(self, speak: Speaker) -> None:
        self._speak = speak
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        if self._speak.err.isatty():
            from rich.console import Console  # noqa: PLC0415 - only with a terminal; starting is measured
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

            self._bars = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.completed}/{task.total}"),
                TimeElapsedColumn(),
                console=Console(file=self._speak.err),
                transient=True,
            )
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars is not None:
            self._bars.stop()

    def tell(self, jobs: Sequence[Job]) -> None:
        """Show how far `jobs` are."""
        if self._bars is None:
            return
        for job in jobs[:20]:
            if job.id not in self._tasks:
                self._tasks[job.id] = self._bars.add_task("", total=None)
            stage = self._speak.text(f"stage.{job.stage}") if job.stage else ""
            self._bars.update(
                self._tasks[job.id],
                description=f"{job.file_code or job.id[:8]} {stage}",
                completed=job.done,
                total=job.total or None,
            )

    def count(self, label: str, done: int, total: int) -> None:
        """Show a plain count."""
        if self._bars is None:
            return
        if label not in self._tasks:
            self._tasks[label] = self._bars.add_task(label, total=total)
        self._bars.update(self._tasks[label], completed=done, total=total)
