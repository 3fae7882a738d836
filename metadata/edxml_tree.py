"""The header of an edXML message as a small tree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Element:
    """An element of the header; its own text, and what stands in it."""

    name: str
    line: int
    attributes: dict[str, str]
    text: str
    children: tuple[Element, ...]

    @classmethod
    def of(cls, raw: Sequence[Any]) -> Self:
        """The element that a worker gave.

        Raises:
            ValueError, TypeError: it is none.
        """
        name, line, attributes, text, children = raw
        return cls(str(name), int(line), dict(attributes), str(text), tuple(cls.of(child) for child in children))

    def all(self, name: str) -> Iterator[Element]:
        """Children called `name`."""
        return (child for child in self.children if child.name == name)

    def first(self, *path: str) -> Element:
        """The first element at `path` below; an empty one where there is none."""
        found = self
        for name in path:
            found = next(found.all(name), EMPTY)
        return found

    def value(self, *path: str) -> str:
        """The text of the first element at `path`."""
        return self.first(*path).text

    def anywhere(self, name: str) -> Iterator[Element]:
        """Every element called `name`, in document order; this one too."""
        if self.name == name:
            yield self
        for child in self.children:
            yield from child.anywhere(name)


EMPTY = Element("", 0, {}, "", ())


def placed(path: str, line: int | None) -> str:
    """Where something stands in a message, as people read it: the path of its element, and the line."""
    return f"{path}:{line}" if line else path


def line_of(line: int | None) -> dict[str, str]:
    """The line for the words of a finding; a row is one of a spreadsheet, and a message has none."""
    return {"line": str(line)} if line else {}
