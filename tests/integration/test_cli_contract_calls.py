"""The contract of the command line, how it is called: exit codes, settings, languages, help, other versions."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from archive.catalogue import migrations
from archive.cli.main import _WHERE
from tests.fixtures.homes import GOOD, CommandLine, Filled

pytestmark = pytest.mark.xdist_group("cli-home")

COMMANDS = [
    ("init",),
    ("check",),
    ("ingest",),
    ("approve",),
    ("return",),
    ("jobs",),
    ("search",),
    ("show",),
    ("export",),
    ("template",),
    ("store",),
    ("report", "muc-luc-ho-so"),
    ("report", "muc-luc-van-ban"),
    ("report", "bien-ban"),
    ("convert-profile",),
    ("edxml", "status"),
    ("authority", "import"),
    ("authority", "list"),
    ("agency", "add"),
    ("agency", "list"),
    ("agency", "move"),
    ("label", "set"),
    ("label", "show"),
    ("rights", "pending"),
    ("rights", "confirm"),
    ("user", "add"),
    ("user", "list"),
    ("user", "lock"),
    ("user", "unlock"),
    ("user", "reset"),
    ("user", "token"),
    ("user", "grant"),
    ("user", "revoke"),
    ("user", "grants"),
    ("signatures", "validate"),
    ("signatures", "replay"),
    ("trust", "list"),
    ("trust", "add"),
    ("trust", "check"),
    ("trust", "policy"),
    ("trust", "import-crls"),
    ("evidence", "build"),
    ("evidence", "renew"),
    ("evidence", "verify"),
    ("evidence", "plan"),
    ("verify",),
    ("fixity", "check"),
    ("index", "rebuild"),
    ("catalogue", "rebuild"),
    ("audit", "verify"),
    ("audit", "export"),
    ("serve",),
    ("worker",),
    ("doctor",),
]


@pytest.fixture
def bare(tmp_path: Path) -> CommandLine:
    """A command on a place where no home is."""
    return CommandLine(tmp_path / "home")


def test_every_command_is_tried_here() -> None:
    assert {names[0] for names in COMMANDS} == set(_WHERE)


@pytest.mark.parametrize("names", COMMANDS, ids=" ".join)
def test_help_has_an_example(bare: CommandLine, names: tuple[str, ...]) -> None:
    _helps(bare, names)


ALONE = ("ingest", "search", "verify", "serve")
"""Modules that import most, least, and what no other does."""


@pytest.mark.parametrize(
    "module", [pytest.param(name, marks=() if name in ALONE else pytest.mark.soak) for name in sorted(_WHERE)]
)
def test_a_module_imports_what_it_uses(bare: CommandLine, module: str) -> None:
    """In an interpreter of its own, where no other command imported anything; mypy tells most of it."""
    _helps(replace(bare, fresh=True), next(names for names in COMMANDS if names[0] == module))


def _helps(command: CommandLine, names: tuple[str, ...]) -> None:
    answer = command.having(LUUTRU_LANG="en").run(*names, "--help")
    assert answer.code == 0
    _, _, example = answer.out.partition("Example:")
    assert f"luutru {' '.join(names)}" in example
    assert "--json" in answer.out
    assert "--lang" in answer.out
    assert not command.home.exists()


def test_help_is_vietnamese_unless_told_otherwise(bare: CommandLine) -> None:
    assert "Ví dụ:" in bare.run("ingest", "--help").out
    assert "Ví dụ:" in bare.having(LC_ALL="vi_VN.UTF-8").run("ingest", "--help").out
    assert "Example:" in bare.having(LC_ALL="en_US.UTF-8").run("ingest", "--help").out
    assert "Example:" in bare.run("ingest", "--help", "--lang", "en").out
    assert "Ví dụ:" in bare.having(LC_ALL="en_US.UTF-8").run("ingest", "--lang", "vi", "--help").out


@pytest.mark.parametrize(
    "arguments",
    [
        ("unknown",),
        ("ingest",),
        ("ingest", "--no-such-option", "x"),
        ("search",),
        ("search", "x", "--field", "noequals"),
        ("search", "x", "--field", "no_such_field=1"),
        ("search", "x", "--from", "32/13/2026"),
        ("search", "x", "--limit", "0"),
        ("search", "x", "--sort", "nonsense"),
        ("signatures", "validate", GOOD, "--at", "9999-12-31T23:59:59Z"),
        ("signatures", "validate", GOOD, "--at", "0001-01-01T00:00:00Z"),
        ("signatures", "validate", GOOD, "--at", "0001-01-01T00:00:00+07:00"),
        ("search", "x", "--lang", "fr"),
        ("export", GOOD, "--as", "proof", "-o", "x"),
        ("export", GOOD, "-o", "x"),
        ("fixity", "check"),
        ("signatures", "validate"),
    ],
    ids=" ".join,
)
def test_a_wrong_call_exits_2_with_words_on_standard_error_only(filled: Filled, arguments: tuple[str, ...]) -> None:
    answer = filled.command.run(*arguments)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.strip()


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "no-such"),
        ("show", "{package}/99"),
        ("export", "no-such", "--as", "original", "-o", "x"),
        ("approve", "no-such"),
        ("return", "no-such", "--reason", "x"),
        ("jobs", "no-such"),
        ("jobs", "--retry", "no-such"),
        ("fixity", "check", "no-such"),
        ("signatures", "validate", "no-such"),
    ],
    ids=" ".join,
)
def test_an_unknown_name_exits_5(filled: Filled, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    words = [argument.format(package=filled.package_id) for argument in arguments]
    answer = filled.command.run(*words, "--json", cwd=tmp_path)
    assert (answer.code, answer.out) == (5, "")
    assert answer.err.strip()


def test_the_gravest_exit_code_counts_and_the_others_are_still_handled(filled: Filled, tmp_path: Path) -> None:
    answer = filled.command.run("fixity", "check", "no-such", filled.package_id, "--json")
    assert answer.code == 5
    assert answer.line["ok"] is True
    answer = filled.command.run("ingest", tmp_path / "nowhere", filled.delivery, "--json")
    assert answer.code == 3
    assert len(answer.lines) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LUUTRU_STORGE__BACKEND", "filesystem"),
        ("LUUTRU_STORAGE__BACKND", "filesystem"),
        ("LUUTRU_STORAGE__S3__BUKET", "x"),
        ("LUUTRU_SEARCH__ELASTICSEARCH__URI", "http://localhost"),
        ("LUUTRU_WORKERS", "many"),
        ("LUUTRU_WORKERS", "0"),
        ("LUUTRU_INTAKE__APPROVAL", "never"),
        ("LUUTRU_STORAGE__BACKEND", "s3"),
    ],
)
def test_a_misspelt_or_impossible_setting_stops_the_start(filled: Filled, name: str, value: str) -> None:
    answer = filled.command.having(**{name: value}).run("jobs", "--json")
    assert (answer.code, answer.out) == (2, "")
    assert name.removesuffix("__BACKEND") in answer.err or "S3" in answer.err, answer.err


@pytest.mark.parametrize(
    "text",
    ["workrs = 2", "[storge]\nbackend = 'filesystem'", "[storage]\nbackned = 'filesystem'", "not toml at all ["],
)
def test_a_misspelt_line_of_the_settings_file_stops_the_start(bare: CommandLine, text: str) -> None:
    bare.run("init")
    (bare.home / "luutru.toml").write_text(text)
    answer = bare.run("jobs", "--json")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.strip()


def test_the_settings_file_counts_and_the_environment_counts_more(bare: CommandLine) -> None:
    bare.run("init")
    (bare.home / "luutru.toml").write_text("lang = 'en'\n[intake]\napproval = 'nonsense'\n")
    assert bare.run("jobs").code == 2
    assert bare.having(LUUTRU_INTAKE__APPROVAL="same").run("jobs").code == 0


def test_a_home_of_a_newer_version_is_refused_with_both_versions(bare: CommandLine) -> None:
    bare.run("init")
    version = bare.home / "home.json"
    said = json.loads(version.read_text())
    version.write_text(json.dumps(said | {"format": 99}))
    for command in (("jobs",), ("init",), ("ingest", bare.home), ("catalogue", "rebuild")):
        answer = bare.run(*command, "--lang", "en")
        assert (answer.code, answer.out) == (2, ""), command
        assert "99" in answer.err
        assert f"format {said['format']}" in answer.err
    assert json.loads(version.read_text())["format"] == 99


def test_a_home_of_an_older_version_names_the_cure_and_is_upgraded_by_it(bare: CommandLine) -> None:
    bare.run("init")
    version = bare.home / "home.json"
    said = json.loads(version.read_text())
    newest = max(int(path.name[:4]) for path in Path(migrations.__file__).parent.glob("versions/0*.py"))
    assert said["format"] == newest, "the home's format is the number of the last migration"
    version.write_text(json.dumps(said | {"format": 1}))
    answer = bare.run("jobs")
    assert (answer.code, answer.out) == (2, "")
    assert "luutru init" in answer.err
    assert bare.run("init").code == 0
    assert json.loads(version.read_text()) == said
    assert bare.run("jobs").code == 0


@pytest.mark.parametrize("command", [("ingest", "."), ("jobs",), ("search", "x"), ("show", "x")], ids=" ".join)
def test_without_a_home_the_cure_is_named(bare: CommandLine, command: tuple[str, ...]) -> None:
    answer = bare.run(*command, "--json")
    assert (answer.code, answer.out) == (2, "")
    assert "luutru init" in answer.err
    assert not bare.home.exists()


def test_making_the_home_twice_changes_nothing(bare: CommandLine) -> None:
    first, second = bare.run("init"), bare.run("init")
    assert (first.code, second.code) == (0, 0)
    assert bare.run("jobs", "--json").lines == []


def test_words_change_with_the_language_and_keys_never(filled: Filled) -> None:
    vietnamese = filled.command.json("ingest", filled.delivery, "--lang", "vi", code=3)
    english = filled.command.json("ingest", filled.delivery, "--lang", "en", code=3)
    for left, right in zip(vietnamese, english, strict=True):
        assert left.keys() == right.keys()
        assert [entry["rule"] for entry in left["findings"]] == [entry["rule"] for entry in right["findings"]]
    assert vietnamese[1]["findings"][0]["message"] != english[1]["findings"][0]["message"]


def test_without_json_people_read_words_and_findings(filled: Filled) -> None:
    answer = filled.command.run("ingest", filled.delivery, "--lang", "en")
    assert answer.code == 3
    assert GOOD in answer.out
    assert "{" not in answer.out
    assert "READ-010" in answer.out


def test_people_read_names_of_fields_and_events(filled: Filled) -> None:
    answer = filled.command.run("show", GOOD, "--lang", "vi")
    assert "Tiêu đề hồ sơ: " in answer.out
    assert "Chấp nhận lưu trữ: thành công" in answer.out
    assert "Title of the file: " in filled.command.run("show", GOOD, "--lang", "en").out


def test_options_of_words_are_taken_after_any_subcommand(filled: Filled) -> None:
    for words in (("jobs",), ("trust", "list"), ("doctor",), ("search", "x"), ("show", GOOD), ("init",)):
        answer = filled.command.run(*words, "--lang", "en", "--json")
        assert answer.code == 0, (words, answer)
        assert isinstance(answer.lines, list)
