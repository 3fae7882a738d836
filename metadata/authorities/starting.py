"""Rows that are known before anything is imported, each with the source that says so."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from metadata.authorities.entries import AuthorityEntry, AuthorityKind


@cache
def starting_entries(kind: AuthorityKind) -> tuple[AuthorityEntry, ...]:
    """The program's own rows of a table; their note is the source."""
    table = tomllib.loads((files(__package__) / "starting.toml").read_text(encoding="utf-8"))
    return tuple(
        AuthorityEntry(code=row["code"], name=row["name"], archive=row.get("archive", ""), note=row["source"])
        for row in table.get(kind.value, ())
    )
