"""What is asked of an engine, in words that every engine has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """One whole term of a field."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Row:
    """At least two words of a field side by side, in this order."""

    field: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OneOf:
    """Any of some terms of a field."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Begins:
    """A term of a field that begins so."""

    field: str
    stem: str
    """Letters, digits and hyphens, as keys have: nothing that an engine could take for an operator."""


@dataclass(frozen=True, slots=True)
class Near:
    """A term of a field that one change makes of `value`, or `value` itself.

    A change is a letter replaced, added or left out, or two neighbours that change places.
    """

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Within:
    """A number of a field, both ends included; None: no end on that side."""

    field: str
    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class Past:
    """A term of `id` or `sort_title` that stands behind a value, by code points."""

    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Everything:
    """All documents."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No document."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What holds counts that much, however often."""

    inner: Node
    score: float
    why: str = ""
    """Key of the message that tells it to people, where it is worth telling."""


@dataclass(frozen=True, slots=True)
class Boost:
    """What holds counts that many times."""

    inner: Node
    factor: float


@dataclass(frozen=True, slots=True)
class Bool:
    """All of `must` and `narrow` and none of `never` hold; at least one of `should` where there is nothing else.

    With `least`, at least so many of `should` hold.

    `must` and `should` count for the rank, `narrow` does not.
    """

    must: tuple[Node, ...] = ()
    should: tuple[Node, ...] = ()
    narrow: tuple[Node, ...] = ()
    never: tuple[Node, ...] = ()
    least: int = 0


Node = Term | Row | OneOf | Begins | Near | Within | Past | Everything | Nothing | Worth | Boost | Bool
