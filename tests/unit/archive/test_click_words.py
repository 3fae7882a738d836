"""What the library of the command line says itself is said in the language of the caller."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator

import pytest

from archive.cli import click_words
from archive.cli.main import make_group
from archive.cli.running import told
from metadata.messages import catalogue

OF_PROGRAMMERS = re.compile(r"deprecated|Could not determine name|No options defined|take exactly one parameter decl")
"""What says that a command is written wrongly, or that it will go: ours are not and do not."""

OF_PROGRAMMERS_TOO = {
    "Name '{name}' defined twice",
    "Boolean option {decl!r} cannot use the same flag for true/false.",
    "Value must be an iterable.",
    "Invalid start character for option ({option})",
    "Do you want to continue?",
    "Confirm the action without prompting.",
    "Choice({choices})",
}


def asked_for() -> Iterator[str]:
    for place in click_words._PLACES:
        for call in ast.walk(ast.parse(inspect.getsource(place))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in {"_", "ngettext"}:
                yield from (
                    each.value for each in call.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
                )


def test_all_that_click_says_to_people_has_words_of_ours_and_no_word_is_left_over() -> None:
    asked = {message for message in asked_for() if not OF_PROGRAMMERS.search(message)} - OF_PROGRAMMERS_TOO
    ours = {said["en"] for key, said in catalogue().items() if key.startswith("click.")}
    # What is told beside an option comes to the function in a variable.
    assert asked | {"required"} == ours


@pytest.mark.parametrize(
    ("arguments", "vi", "en"),
    [
        (["--help"], "Cách dùng: luutru [TÙY CHỌN] LỆNH [THAM SỐ]...", "Usage: luutru [OPTIONS] COMMAND [ARGS]..."),
        (["--help"], "Hiện hướng dẫn này rồi thoát.", "Show this message and exit."),
        (["--version"], "luutru, phiên bản ", "luutru, version "),
        (["show"], "Lỗi: Thiếu tham số 'ID'.", "Error: Missing argument 'ID'."),
        (["serch"], "Không có lệnh 'serch'.", "No such command 'serch'."),
        (["search", "x", "--limt", "3"], "Không có tùy chọn '--limt'.", "No such option '--limt'."),
        (["search", "x", "--limit", "ba"], "'ba' không phải là số", "'ba' is not a valid integer"),
        (["search", "x", "--lang", "fr"], "'fr' không nằm trong: 'vi', 'en'.", "'fr' is not one of 'vi', 'en'."),
        (["user", "lock"], "Xem hướng dẫn: 'luutru user lock --help'.", "Try 'luutru user lock --help' for help."),
    ],
)
def test_a_call_is_explained_and_refused_in_the_language_of_the_caller(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], vi: str, en: str
) -> None:
    for language, said in (("vi", vi), ("en", en)):
        monkeypatch.setenv("LUUTRU_LANG", language)
        code = told(lambda: make_group().main(arguments, prog_name="luutru", standalone_mode=False))
        shown = "".join(capsys.readouterr())
        assert said in shown
        assert (vi in shown) is (language == "vi")
        assert code == (0 if {"--help", "--version"} & set(arguments) else 2)
