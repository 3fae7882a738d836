"""The order of the stages, once.

receive → identify → validate → signatures → text → pdfa → (approval) → package → store → index
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ingest.facts import Fact
from ingest.work import Stage

ORDER = ("receive", "identify", "validate", "signatures", "text", "pdfa", "package", "store", "index")
"""Names of the nine stages, in order."""

CHECKING = ("receive", "identify", "validate")
"""Stages that `check` runs in place: everything that refuses without keeping anything."""

SUGGESTING = "text"
"""Stage that `check` runs too when blanks are to be filled from the pages."""

APPROVED_BEFORE = "package"
"""The law makes a package only after approval: the gate stands before this stage."""


class PipelineOrderError(ValueError):
    """Stages are missing, or one needs a fact that no earlier stage gives: a defect of the program."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """All nine stages in order; each finds the facts it needs among what earlier ones gave."""

    stages: Mapping[str, Stage]

    def __post_init__(self) -> None:
        if tuple(self.stages) != ORDER:
            msg = f"stages are {tuple(self.stages)}, should be {ORDER}"
            raise PipelineOrderError(msg)
        given: set[type[Fact]] = set()
        for stage in self.stages.values():
            missing = [need.__name__ for need in stage.needs if need not in given]
            if missing:
                msg = f"stage {stage.name} needs {missing} before it is given"
                raise PipelineOrderError(msg)
            given.add(stage.gives)

    def __iter__(self) -> Iterator[Stage]:
        return iter(self.stages.values())

    def stage(self, name: str) -> Stage:
        """The stage called `name`.

        Raises:
            KeyError: there is none.
        """
        return self.stages[name]
