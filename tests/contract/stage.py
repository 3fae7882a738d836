"""What every stage of the pipeline promises. A stage's own tests subclass `StageContract` with real facts before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.facts import Fact
from ingest.work import Held, Rejected, Stage, WorkItem
from metadata.digests import digests_of_file
from metadata.rules import errors_of, message, rule


def facts_of(answer: object) -> Fact | None:
    """The fact in what a stage answered; None when it rejected."""
    if isinstance(answer, Held):
        return answer.fact
    return answer if isinstance(answer, Fact) else None


def contents(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(folder).as_posix(), digests_of_file(path).sha256


class StageContract:
    """Subclasses give `stage` and `item`; `item` holds at least the facts that the stage needs."""

    @pytest.fixture
    def stage(self) -> Stage:
        raise NotImplementedError

    @pytest.fixture
    def item(self) -> WorkItem:
        raise NotImplementedError

    def test_it_is_a_stage_with_a_name_of_its_own(self, stage: Stage) -> None:
        assert isinstance(stage, Stage)
        assert stage.name.isidentifier()
        assert stage.name.islower()
        assert stage.gives not in stage.needs

    def test_it_gives_what_it_says_or_rejects_for_a_rule(self, stage: Stage, item: WorkItem) -> None:
        answer = stage.run(item)
        if isinstance(answer, Rejected):
            assert errors_of(answer.findings), "a rejection needs an error"
        else:
            assert type(facts_of(answer)) is stage.gives
        findings = answer.findings if isinstance(answer, (Rejected, Held)) else getattr(answer, "findings", ())
        for finding in findings:
            assert rule(finding.rule).id == finding.rule
            for language in ("vi", "en"):
                assert "…" not in message(finding, language).replace("DOCX …", ""), finding

    def test_it_answers_the_same_twice(self, stage: Stage, item: WorkItem) -> None:
        assert stage.run(item) == stage.run(item)

    def test_it_needs_only_what_it_declares(self, stage: Stage, item: WorkItem) -> None:
        declared = {kind: fact for kind, fact in item.facts.items() if kind in stage.needs}
        assert set(declared) == set(stage.needs), "the suite's item lacks a declared fact"
        assert stage.run(replace(item, facts=declared)) == stage.run(item)

    def test_its_fact_survives_being_kept_as_json(self, stage: Stage, item: WorkItem) -> None:
        fact = facts_of(stage.run(item))
        if fact is not None:
            assert type(fact).model_validate_json(fact.model_dump_json()) == fact

    def test_it_writes_only_below_its_own_room(self, stage: Stage, item: WorkItem) -> None:
        before = dict(contents(item.folder))
        stage.run(item)
        after = dict(contents(item.folder))
        assert {path: digest for path, digest in after.items() if not path.startswith(f"{stage.name}/")} == {
            path: digest for path, digest in before.items() if not path.startswith(f"{stage.name}/")
        }

    def test_it_reports_progress_that_ends_with_all(self, stage: Stage, item: WorkItem) -> None:
        told: list[tuple[int, int]] = []
        stage.run(replace(item, progress=lambda done, total: told.append((done, total))))
        assert all(0 <= done <= total for done, total in told)
        assert [done for done, _ in told] == sorted(done for done, _ in told)
        assert not told or told[-1][0] == told[-1][1]
