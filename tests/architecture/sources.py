"""What the sources say, each file translated once for all tests of a process, and only what they ask for kept."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("archive", "ingest", "metadata", "search", "storage")


@dataclass(frozen=True)
class Source:
    """One file of Python."""

    name: str
    """Its path below the root."""

    imports: frozenset[str]
    """The outermost names of what it imports."""

    named: frozenset[str]
    """Modules that it imports, and names that it imports from them, with their dots."""

    environment: tuple[int, ...]
    """Lines where something called `environ` or `getenv` is read."""

    calls: tuple[tuple[int, str, str], ...]
    """Line, last name of what is called, and its first argument where that is a written text."""

    words: frozenset[str]
    """Every written text."""

    marks: tuple[str, ...]
    """Rule ids in all `pytest.mark.rule(...)`, decorators and `pytestmark` alike."""


@cache
def below(folder: str) -> tuple[Source, ...]:
    """The files of a folder below the root, in the order of their paths."""
    paths = sorted((ROOT / folder).rglob("*.py"))
    return tuple(read(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix()) for path in paths)


def product() -> Iterator[Source]:
    """The files of all rooms."""
    for room in ROOMS:
        yield from below(room)


def read(text: str, name: str = "") -> Source:
    """What one text says."""
    imports, named, environment, words = set[str](), set[str](), list[int](), set[str]()
    calls, marks = list[tuple[int, str, str]](), list[str]()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Import():
                named |= {alias.name for alias in node.names}
                imports |= {alias.name.partition(".")[0] for alias in node.names}
            case ast.ImportFrom(module=str(module)):
                named |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
                imports.add(module.partition(".")[0])
            case ast.Attribute(attr="environ" | "getenv"):
                environment.append(node.lineno)
            case ast.Constant(value=str(said)):
                words.add(said)
            case ast.Call():
                marks += _rules(node)
                calls += _said(node)
            case _:
                pass
    frozen = frozenset(imports), frozenset(named)
    return Source(name, *frozen, tuple(environment), tuple(calls), frozenset(words), tuple(marks))


def _rules(call: ast.Call) -> Iterator[str]:
    if (
        isinstance(call.func, ast.Attribute)
        and call.func.attr == "rule"
        and ast.unparse(call.func) == "pytest.mark.rule"
    ):
        for told in call.args:
            yield str(told.value) if isinstance(told, ast.Constant) else ast.unparse(told)


def _said(call: ast.Call) -> Iterator[tuple[int, str, str]]:
    first = call.args[0] if call.args else None
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        yield call.lineno, called, first.value
