"""Of many tasks only a few are handed in before they are answered."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from ingest.ports import Answer, Limits, in_turn

TASKS = 500


class Counting:
    """Answers at once, and counts what was handed in."""

    size = 2

    def __init__(self) -> None:
        self.handed_in = 0

    def submit(
        self, task: str, arguments: Mapping[str, Any], *, limits: Limits, deposit: Path | None = None
    ) -> Future[Answer]:
        del task, limits, deposit
        self.handed_in += 1
        future: Future[Answer] = Future()
        future.set_result(Answer(value=dict(arguments)))
        return future


def test_answers_come_in_order_and_few_tasks_wait() -> None:
    workers = Counting()

    def submit(number: int) -> Future[Answer]:
        return workers.submit("task", {"number": number}, limits=Limits())

    for done, (number, answer) in enumerate(in_turn(workers, range(TASKS), submit)):
        assert number == done
        assert answer.value == {"number": done}
        assert 1 <= workers.handed_in - done <= 20
    assert workers.handed_in == TASKS
