"""The item that goes through the pipeline, and what a stage may answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

from ingest.facts import Fact
from metadata.descriptions import Delivery, DossierDescription
from metadata.findings import Finding

F = TypeVar("F", bound=Fact)


class MissingFactError(LookupError):
    """A stage asked for a fact that it did not declare or that no earlier stage gave."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """The content breaks a rule; every broken rule is in `findings`, warnings too."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A person has to decide before the next stage; the fact is kept."""

    fact: Fact
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One dossier on its way. Immutable: each stage's fact makes a new one."""

    job_id: str
    submission_id: str
    package_id: str
    """UUID of the future package."""

    agency: str
    """Code of the agency that submits."""

    folder: Path
    """Work folder of this dossier. A stage writes only below `folder/{stage name}`."""

    delivery: Delivery
    dossier: DossierDescription
    facts: Mapping[type[Fact], Fact] = field(default_factory=dict)
    progress: Callable[[int, int], None] | None = None
    """Called with (done, total) of the running stage."""

    in_place: bool = False
    """True: only checking; files stay where they are and nothing is kept."""

    names_up_to: int = 3
    """Rank of the most closed label of what findings may name of what is held (3: all; -1: nothing)."""

    def fact(self, kind: type[F]) -> F:
        """The fact of an earlier stage.

        Raises:
            MissingFactError: there is none.
        """
        found = self.facts.get(kind)
        if not isinstance(found, kind):
            raise MissingFactError(kind.__name__)
        return found

    def having(self, fact: Fact) -> WorkItem:
        """This item with one more fact."""
        return replace(self, facts={**self.facts, type(fact): fact})

    def room(self, stage: str) -> Path:
        """The folder in which `stage` may write, made if needed."""
        path = self.folder / stage
        path.mkdir(parents=True, exist_ok=True)
        return path

    def tell(self, done: int, total: int) -> None:
        """Report progress, where somebody listens."""
        if self.progress is not None:
            self.progress(done, total)


@runtime_checkable
class Stage(Protocol):
    """A pipeline stage: a value in, one fact or a rejection out; safe to run twice."""

    name: ClassVar[str]
    needs: ClassVar[tuple[type[Fact], ...]]
    gives: ClassVar[type[Fact]]

    def run(self, item: WorkItem) -> Any:  # noqa: ANN401 - Fact | Rejected | Held, narrowed by each stage
        """Do the stage's work on `item`.

        Returns:
            The fact that `gives` names, `Rejected`, or `Held`.

        Raises:
            ArchiveError: the system failed; repeating is safe.
        """
        ...
