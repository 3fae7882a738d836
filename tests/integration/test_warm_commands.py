"""A command that starts as a copy of a process that has imported all says what a fresh interpreter says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from tests.fixtures.homes import Answer, Filled

pytestmark = pytest.mark.xdist_group("cli-home")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--version",),
        ("search", "số 1001"),
        ("search", "số 1001", "--json"),
        ("show", "{package}", "--json"),
        ("show", "no-such"),
        ("search",),
    ],
    ids=" ".join,
)
def test_both_say_the_same(filled: Filled, arguments: tuple[str, ...]) -> None:
    words = [argument.format(package=filled.package_id) for argument in arguments]
    fresh = replace(filled.command, fresh=True).run(*words)
    assert filled.command.run(*words) == fresh
    assert fresh.out or fresh.err


def test_it_stands_where_it_is_told_and_has_no_setting_of_another(filled: Filled, tmp_path: Path) -> None:
    english = filled.command.having(LUUTRU_LANG="en").run("search", "số 1001")
    vietnamese = filled.command.run("search", "số 1001")
    assert english.out == vietnamese.out != ""
    assert english.err != vietnamese.err
    assert filled.command.run("template", "-o", "here.xlsx", cwd=tmp_path).code == 0
    assert (tmp_path / "here.xlsx").stat().st_size


def test_several_at_the_same_time_keep_apart(filled: Filled) -> None:
    answers: dict[str, Answer] = {}

    def ask(words: str) -> None:
        answers[words] = filled.command.run("search", words, "--json")

    asked = ["số 1001", "không có", "số 1002"]
    threads = [Thread(target=ask, args=(words,)) for words in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {words: filled.command.run("search", words, "--json") for words in asked}
