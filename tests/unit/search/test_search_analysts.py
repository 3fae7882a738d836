"""Documents analysed in processes of their own: in order, whole, and gone with who started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from search.backends import analysts
from search.backends.analysts import worked
from search.backends.tantivy import TantivyIndex
from search.errors import SearchFaultError
from search.ports import IndexedDocument, SearchRequest
from tests.contract.search_index import HOLDING, document


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes are started behind the third document."""
    monkeypatch.setattr(analysts, "ALONE", 3)
    monkeypatch.setattr(analysts, "_BATCH_DOCUMENTS", 2)


def title_and_process(given: IndexedDocument) -> tuple[str, int]:
    return given.title, os.getpid()


def ended_by_a_title(given: IndexedDocument) -> str:
    if given.title == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if given.title == "fail":
        raise LookupError(given.title)
    return given.title


def titled(count: int, last: str = "last") -> Iterator[IndexedDocument]:
    for number in range(count):
        yield document(f"d{number}", title=f"số {number}")
    yield document("last", title=last)


def running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_is_made_keeps_its_order_and_is_made_elsewhere() -> None:
    made = list(worked(titled(20), title_and_process, 2))
    assert [title for title, _ in made] == [*(f"số {number}" for number in range(20)), "last"]
    assert [process == os.getpid() for _, process in made] == [True] * 3 + [False] * 18
    assert len({process for _, process in made}) == 3
    assert not any(running(process) for _, process in made if process != os.getpid())


def test_few_documents_start_no_process() -> None:
    for many, processes in ((2, 2), (9, 0)):
        assert {process for _, process in worked(titled(many), title_and_process, processes)} == {os.getpid()}


def test_a_document_of_any_mapping_and_sequence_can_be_sent() -> None:
    odd = replace(document("odd", title="lạ"), fields=MappingProxyType({"a": "b"}), pages=("một", "hai"))
    assert [title for title, _ in worked([odd] * 6, title_and_process, 1)] == ["lạ"] * 6


@pytest.mark.parametrize(("last", "told"), [("kill", "ended from outside"), ("fail", "LookupError")])
def test_a_process_that_fails_is_a_fault_of_the_index(last: str, told: str) -> None:
    with pytest.raises(SearchFaultError, match=told):
        list(worked(titled(8, last), ended_by_a_title, 1))


def test_an_error_of_the_documents_passes_through_and_ends_the_processes() -> None:
    def broken() -> Iterator[IndexedDocument]:
        yield from titled(7)
        raise LookupError

    seen: list[tuple[str, int]] = []
    with pytest.raises(LookupError):
        seen.extend(worked(broken(), title_and_process, 1))
    assert len({process for _, process in seen}) == 2
    assert not any(running(process) for _, process in seen if process != os.getpid())


def test_who_stops_reading_ends_the_processes() -> None:
    made = worked(titled(50), title_and_process, 1)
    process = next(process for _, process in made if process != os.getpid())
    made.close()  # type: ignore[attr-defined]  # it is a generator
    assert not running(process)


def test_an_index_built_by_processes_is_the_index_built_by_one(tmp_path: Path) -> None:
    indexes = [TantivyIndex(tmp_path / f"{number}", analysts=number) for number in (0, 2)]
    for index in indexes:
        assert index.rebuild(HOLDING) == len(HOLDING)
    for query in ("quyết định", '"phê duyệt"', "222", "ngh*", ""):
        one, other = (index.search(SearchRequest(query, limit=100)) for index in indexes)
        assert one == other, query
    assert len(HOLDING) > 3


_PARENT = """
import os, sys, time
from search.backends import analysts
from tests.unit.search.test_search_analysts import title_and_process, titled
analysts.ALONE = 3
if __name__ == "__main__":
    made = analysts.worked(titled(500), title_and_process, 1)
    print(next(process for _, process in made if process != os.getpid()), flush=True)
    time.sleep(60)
"""


def test_a_killed_parent_leaves_no_process_behind(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(_PARENT)
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-P", str(script)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(root)},
    ) as parent:
        assert parent.stdout is not None
        process = int(parent.stdout.readline())
        parent.kill()
    deadline = time.monotonic() + 30
    while running(process) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not running(process)
