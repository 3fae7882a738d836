"""A plan without what a state of the index cannot answer: each clause costs, also one that no document meets.

Who finds what and with which score stays as it is. Most plans ask whether the
words are a number, a code or a title; of words that stand in no key and no title
only the words themselves are left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from search.plan import Bool, Boost, Node, Nothing, OneOf, Row, Term, Worth

Stands = Callable[[str, str], bool]
"""Whether a field has a term anywhere; where that is not known, it has."""

_FEW = 4
"""Values of one condition that are looked up: a number and what a page says of it, not the tokens of a person."""

_NARROW = 0.6
"""Share of all documents up to which a condition is narrow; one that holds everywhere would only cost once more."""


def pruned(node: Node, stands: Stands) -> Node:
    """`node` without clauses of which a term stands nowhere, and with its requirements side by side."""
    match node:
        case Term(field, value):
            return node if stands(field, value) else Nothing()
        case Row(field, words):
            return node if all(stands(field, word) for word in words) else Nothing()
        case OneOf(field, values):
            return _one_of(field, values, stands)
        case Worth(inner, _) | Boost(inner, _):
            left = pruned(inner, stands)
            return left if isinstance(left, Nothing) else replace(node, inner=left)
        case Bool():
            return _bool(node, stands)
        case _:
            return node


def unranked(node: Node) -> Node:
    """What finds the same as `node` where nobody asks for scores: the engine would work them out all the same."""
    if isinstance(node, Bool) and (node.must or node.narrow) and not node.least:
        return replace(node, should=())
    return node


def near_the_narrow(node: Node, share: Callable[[Node], float]) -> Node:
    """`node` whose bonuses for rows of words are looked for where its narrowest condition holds, if that is worth it.

    The engine looks for the next document with the row, wherever that is, and reads the
    places of the words in every document on the way there.

    Args:
        node: A plan.
        share: Of all documents, in how many a condition holds: 0 to 1, rather too many.
    """
    if not isinstance(node, Bool) or not node.narrow:
        return node
    rows = [each for each in node.should if isinstance(each, Worth) and isinstance(each.inner, Row)]
    if not rows:
        return node
    least, narrowest = min(((share(each), each) for each in node.narrow), key=lambda each: each[0])
    if least > _NARROW:
        return node
    near: dict[Node, Node] = {row: replace(row, inner=Bool(must=(row.inner,), narrow=(narrowest,))) for row in rows}
    return replace(node, should=tuple(near.get(each, each) for each in node.should))


def _one_of(field: str, values: tuple[str, ...], stands: Stands) -> Node:
    if len(values) > _FEW:
        return OneOf(field, values)
    left = tuple(value for value in values if stands(field, value))
    return OneOf(field, left) if left else Nothing()


def _bool(node: Bool, stands: Stands) -> Node:
    must = tuple(_side_by_side(pruned(each, stands) for each in node.must))
    narrow = tuple(_side_by_side(pruned(each, stands) for each in node.narrow))
    if any(isinstance(each, Nothing) for each in (*must, *narrow)):
        return Nothing()
    should = tuple(_there(node.should, stands))
    if len(should) < node.least or not (must or narrow or should):
        return Nothing()
    left = Bool(must, should, narrow, tuple(_there(node.never, stands)), node.least)
    if len(must) + len(should) == 1 and not (narrow or left.never):
        return (must or should)[0]
    return left


def _there(nodes: Sequence[Node], stands: Stands) -> Iterator[Node]:
    return (left for each in nodes if not isinstance(left := pruned(each, stands), Nothing))


def _side_by_side(nodes: Iterable[Node]) -> Iterator[Node]:
    """What must hold, without the brackets around what must hold together: the engine begins with the rarest of all."""
    for node in nodes:
        if isinstance(node, Bool) and node.must and not (node.should or node.never or node.narrow or node.least):
            yield from node.must
        else:
            yield node
