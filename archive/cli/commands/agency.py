"""`luutru agency`: the tree of agencies, along which rights are given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from archive.cli.command import LazyGroup, command, option, words
from archive.cli.exit_codes import ExitCode
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.operators import operator_name

agency = LazyGroup(
    "agency",
    lazy={"add": f"{__name__}:add", "list": f"{__name__}:listed", "move": f"{__name__}:move"},
    help=words("agency.help"),
)


@command("add", group="agency")
@click.argument("code")
@option("--name", key="agency_add.name", default="")
@option("--parent", key="agency_add.parent", default=None)
@option("--operator", key="option.operator", default=operator_name)
def add(speak: Speaker, code: str, name: str, parent: str | None, operator: str) -> int:
    """See the message `agency_add.help`."""
    return _put(speak, code, name, parent, operator)


@command("move", group="agency")
@click.argument("code")
@option("--parent", key="agency_move.parent", default=None)
@option("--root", key="agency_move.root", is_flag=True)
@option("--operator", key="option.operator", default=operator_name)
def move(speak: Speaker, code: str, parent: str | None, root: bool, operator: str) -> int:
    """See the message `agency_move.help`."""
    if root == (parent is not None):
        raise click.UsageError(words("agency_move.where"))
    with Archive.opened() as archive:
        archive.rights.require_agency(code)
    return _put(speak, code, "", "" if root else parent, operator)


def _put(speak: Speaker, code: str, name: str, parent: str | None, operator: str) -> int:
    with Archive.opened() as archive:
        line = archive.rights.put_agency(code, name, parent, by=operator)
        speak.line(line, speak.text(f"agency.{line['status']}", code=code, parent=line["parent"] or "–"))
        archive.seal()
    return int(ExitCode.OK)


@command("list", group="agency")
def listed(speak: Speaker) -> int:
    """See the message `agency_list.help`."""
    with Archive.opened() as archive:
        for depth, row in _tree(archive.catalogue.agencies()):
            speak.line(dict(row), f"{'  ' * depth}{row['code']}  {row['name']}")
    return int(ExitCode.OK)


def _tree(rows: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Each agency before those below it, with its depth; whatever stands in a circle is told at the end."""
    below: dict[str | None, list[Mapping[str, Any]]] = {}
    for row in rows:
        below.setdefault(row["parent"], []).append(row)
    told: set[str] = set()
    waiting = [(0, row) for row in reversed(below.get(None, []))]
    while waiting:
        depth, row = waiting.pop()
        told.add(row["code"])
        yield depth, row
        waiting += [(depth + 1, each) for each in reversed(below.get(row["code"], []))]
    yield from ((0, row) for row in rows if row["code"] not in told)
