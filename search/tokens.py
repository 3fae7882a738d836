"""What was typed, cut at blanks, quotes and parentheses; what the pieces mean is for `search.query`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<minus>-)?
        (?:(?P<open>\()
        |(?:(?P<name>[^\W\d]\w{0,40}):(?=["\w*.-]))?
         (?:"(?P<phrase>[^"]*)"|(?P<bare>[^\s"]+)))""",
    re.VERBOSE,
)
_TAIL = ")~.,;:!?…]}"
"""What may stand behind a word without belonging to it; only `)` and `~` mean something."""

_OR = frozenset({"OR", "HOẶC", "|", "||"})


@dataclass(frozen=True, slots=True)
class Open:
    """`(`, with a minus before it or without."""

    minus: bool


@dataclass(frozen=True, slots=True)
class Close:
    """`)`."""


@dataclass(frozen=True, slots=True)
class Or:
    """The word between two alternatives."""


@dataclass(frozen=True, slots=True)
class Tilde:
    """`~`."""

    whole: bool
    """It stands by itself, so it is for all that stands before it in its parentheses, not for the last thing."""


@dataclass(frozen=True, slots=True)
class Text:
    """A word, a run of words without blanks or a phrase, with the name of a field or without."""

    typed: str
    quoted: bool
    name: str
    minus: bool


Token = Open | Close | Or | Tilde | Text


def tokens(text: str) -> Iterator[Token]:
    """The tokens of `text` in order, in time linear in it. A parenthesis within a word, as in `f(x)`, is its own."""
    for found in _TOKEN.finditer(text):
        if found["open"]:
            yield Open(minus=bool(found["minus"]))
        elif found["phrase"] is not None:
            yield Text(found["phrase"], quoted=True, name=found["name"] or "", minus=bool(found["minus"]))
        else:
            yield from _bare(found, alone=not text[max(0, found.start() - 1) : found.start()].strip())


def _bare(found: re.Match[str], *, alone: bool) -> Iterator[Token]:
    typed = found["bare"]
    body = typed.rstrip(_TAIL)
    tail = typed[len(body) :]
    # Full stops before the first sign are the word's: `2020..)`.
    cut = next((at for at, sign in enumerate(tail) if sign in ")~"), len(tail))
    body, tail = body + tail[:cut], tail[cut:]
    if body and body in _OR and not found["minus"] and not found["name"]:
        yield Or()
    elif body or found["minus"]:
        yield Text(body, quoted=False, name=found["name"] or "", minus=bool(found["minus"]))
    own = max(0, body.count("(") - body.count(")"))
    for at, sign in enumerate(tail):
        if sign == "~":
            yield Tilde(whole=alone and not body and at == 0)
        elif sign == ")" and own:
            own -= 1
        elif sign == ")":
            yield Close()
