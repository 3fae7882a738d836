"""What the README promises is complete: settings, exit codes, commands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from archive.cli.exit_codes import ExitCode
from archive.cli.main import _WHERE
from archive.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
QUIET = {
    *("STORAGE__S3__CONNECT_TIMEOUT", "STORAGE__S3__READ_TIMEOUT", "STORAGE__S3__ATTEMPTS", "SEARCH__LOCK_WAIT"),
    "SEARCH__QUERY_LOG",
    "SEARCH__SYNONYMS",
    *(f"AUTH__OIDC__RULES__{part}" for part in ("HAS", "ROLE", "AGENCY", "UP_TO")),
}
"""Fine tuning, explained in the models only; parts of a list, explained in `docs/people.md`;
the log of queries, in `docs/search.md`, and the file of synonyms, in `docs/search-language.md`."""


def _names(model: type[BaseModel], above: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        inner = next(
            (
                part
                for part in (field.annotation, *getattr(field.annotation, "__args__", ()))
                if isinstance(part, type) and issubclass(part, BaseModel)
            ),
            None,
        )
        if inner is None:
            yield f"{above}{name}".upper()
        else:
            yield from _names(inner, f"{above}{name}__")


@pytest.mark.parametrize("name", sorted(set(_names(Settings)) - QUIET))
def test_every_setting_stands_in_the_readme(name: str) -> None:
    leaf = name.rsplit("__", maxsplit=1)[-1]
    assert re.search(rf"`(LUUTRU_)?(\w+__)?_*{leaf}`", README) or f"LUUTRU_{name}" in README, name


def test_every_exit_code_stands_in_the_readme() -> None:
    table = set(re.findall(r"^\| (\d) \|", README, re.MULTILINE))
    assert table == {str(int(code)) for code in ExitCode}


def test_every_command_of_the_first_ten_minutes_exists() -> None:
    named = set(re.findall(r"luutru (\w+)", README))
    assert {"init", "check", "ingest", "search", "show", "export", "serve", "doctor", "trust"} <= named
    assert {"init", "check", "ingest", "search", "show", "export", "serve", "doctor", "trust"} <= set(_WHERE)
