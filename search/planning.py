"""From what a person asked to what an engine is asked: made here once, so that all of them answer alike.

Rank is made of steps that cannot outvote each other: the document that is called
so, then the number in part, then the title, then words with the marks as typed;
BM25 decides inside a step. The steps are constant scores, which every engine can
give.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice, pairwise
from typing import Final

from metadata.physical import LEVELS
from search.clauses import made_tolerant, neighbours, words_of
from search.damage import damaged, row, run_together
from search.documents import HEAD, MAX_KEY_CHARS, code
from search.errors import SearchRequestError
from search.fields import KINDS, Kind, canonical
from search.numbers import FILLERS
from search.periods import Span, period
from search.places import level_key, place_keys
from search.plan import Begins, Bool, Boost, Everything, Node, Nothing, OneOf, Row, Term, Within, Worth
from search.ports import SearchRequest
from search.query import AllOf, AnyOf, Clause, Filter, Most, Not, Number, Phrase, Prefix, Query, Same, Word
from search.vietnamese import Forms, fold

EXACT_SCORE = 1000.0
HEAD_SCORE = 500.0
"""The number that the first page of a paper tells, where nobody has described the paper."""

DESIGNATION_SCORE = 300.0
TITLE_SCORE = 100.0
TITLE_PHRASE_SCORE = 50.0
MARKED_SCORE = 40.0
TITLE_FOLD_SCORE = 20.0
"""A title that has the words with other marks than those typed, or none: mostly other words."""

TYPED_SCORE = 200.0
"""All as typed, where what OCR may have made of it answers too."""

PAIR_SCORE = 3.0
"""Two neighbours of the query side by side in the document; all pairs together are less than any step."""

SAME_SCORE = 0.1
"""Other words of the same meaning: less than any word as typed."""

UNIT_SCORE = 30.0
"""Each word that is there, where some may be missing: more words stand before fewer, whatever they are."""

BESIDE_SCORE = 20.0
"""More neighbours of the query side by side than in any document that has all its words."""

AHEAD_SCORE = 250.0
"""The same, and no more of them missing than one misspelt word parts."""

_MAX_PAIRS = 3
"""Each costs a look at the places of two words in every document that has both."""

_MARKED_BOOST = 2.0
_TITLE_BOOST = 1.5
_MAX_RANKED_WORDS = 24
"""Words beyond these must still be in the document, but no longer move it."""

EXACT_FIELDS: Final = tuple(name for name, kind in KINDS.items() if kind is Kind.KEY and name != "code")
PHRASE_FIELDS: Final = tuple(name for name, kind in KINDS.items() if kind is Kind.WORDS and name != "title")

_LAST_DAY = 99991231


def allowed(request: SearchRequest, *narrow: Node) -> Bool:
    """What may be seen, narrowed."""
    never = (OneOf("package", tuple(request.without)),) if request.without else ()
    return Bool(narrow=(OneOf("access", tuple(request.access)), *narrow), never=never)


def narrowed(plan: Bool, by: Iterable[Node]) -> Bool:
    """`plan` where all of `by` hold too; the rank stays."""
    return replace(plan, narrow=(*plan.narrow, *by))


def planned(query: Query, request: SearchRequest) -> Bool:
    """What `request` asks for, within what its access tokens may see.

    Raises:
        SearchRequestError: a field, or the value of a year or date, does not exist.
    """
    asked, seen = question(query, request), allowed(request)
    return replace(asked, narrow=(*seen.narrow, *asked.narrow), never=(*asked.never, *seen.never))


def question(query: Query, request: SearchRequest) -> Bool:
    """What `request` asks for, whoever asks: for a document of which the caller knows that it may be seen.

    Raises:
        SearchRequestError: see `planned`.
    """
    narrow = [_named(name, value) for name, value in request.fields.items()]
    if request.issued_from or request.issued_to:
        first = int(request.issued_from.strftime("%Y%m%d")) if request.issued_from else 0
        last = int(request.issued_to.strftime("%Y%m%d")) if request.issued_to else _LAST_DAY
        narrow.append(_overlap(Span(first, last)))
    narrow += [_clause(clause) for clause in query.clauses if isinstance(clause, Filter)]
    never = [_clause(clause.clause) for clause in query.clauses if isinstance(clause, Not)]
    return Bool(tuple(_typed(query)), tuple(_bonuses(query)), tuple(narrow), tuple(never))


def side_by_side(query: Query, request: SearchRequest) -> Bool:
    """What `planned` finds, ranked by how many pairs of neighbours stand side by side: each is worth 1."""
    asked = planned(query, request)
    return replace(_ranked_by_pairs(query, asked), narrow=(*asked.narrow, *asked.must))


def anywhere_beside(query: Query, request: SearchRequest, least: int) -> Bool:
    """What has so many pairs of neighbours side by side, ranked by how many, whatever else of `query` it has.

    It costs a fraction of `side_by_side`, and no document of that has more.
    """
    asked = planned(query, request)
    ranked = _ranked_by_pairs(query, asked)
    return replace(ranked, narrow=(*ranked.narrow, _pairs(query.pairs(), least)))


def answers_beside(query: Query, request: SearchRequest, least: int) -> Bool:
    """What `planned` finds and has so many pairs of neighbours side by side; to be counted, not ranked."""
    asked = planned(query, request)
    return Bool(narrow=(*asked.narrow, _pairs(query.pairs(), least), *asked.must), never=asked.never)


def _ranked_by_pairs(query: Query, asked: Bool) -> Bool:
    ranked = tuple(Worth(Row("fold", pair), 1.0) for pair in query.pairs())
    return Bool(should=ranked, narrow=asked.narrow, never=asked.never)


def _pairs(pairs: Iterable[tuple[str, str]], least: int) -> Node:
    """At least so many of `pairs` side by side."""
    return Bool(should=tuple(Row("fold", pair) for pair in pairs), least=least)


def _typed(query: Query) -> Iterator[Node]:
    """What was typed as words, or else the document that is called so; fields and negations bind both."""
    words = [clause for clause in query.clauses if not isinstance(clause, Not | Filter)]
    if not words:
        return
    typed = _every(words)
    yield _either(typed, _silent(_called_so(query.key))) if query.key else typed


def _clause(clause: Clause) -> Node:
    if isinstance(clause, Word | Phrase):
        return damaged(clause) if clause.tolerant else row("fold", [word.fold for word in words_of(clause)])
    if isinstance(clause, Number):
        cited = damaged(clause) if clause.tolerant else row("fold", [word.fold for word in clause.words])
        return _either(_silent(_called_so(clause.key)), cited)
    if isinstance(clause, Prefix):
        return _prefix(clause)
    if isinstance(clause, Filter):
        return _silent(_named(clause.name, clause.value))
    if isinstance(clause, AnyOf):
        return Bool(should=tuple(_clause(inner) for inner in clause.clauses))
    return _compound(clause)


def _compound(clause: AllOf | Most | Same | Not) -> Node:
    if isinstance(clause, AllOf):
        return _every(clause.clauses)
    if isinstance(clause, Most):
        units = _units(clause.clauses)
        counted = (Bool(should=(unit, Worth(unit, UNIT_SCORE))) for unit in units)
        most = Bool(should=tuple(counted), least=clause.least)
        if not clause.beside:
            return most
        as_typed = _every([made_tolerant(each, tolerant=False) for each in clause.clauses])
        return Bool(must=(most,), narrow=(_either(as_typed, _pairs(clause.pairs, clause.beside)),))
    if isinstance(clause, Same):
        others = (Worth(_clause(other), SAME_SCORE) for other in clause.others)
        return Bool(should=(_every(clause.typed), *others))
    return Bool(narrow=(Everything(),), never=(_clause(clause.clause),))


def _every(clauses: Sequence[Clause]) -> Node:
    return _all(_units(clauses))


def _units(clauses: Sequence[Clause]) -> list[Node]:
    """Node by clause; of neighbours that may be damaged also what lost the blank between them."""
    runs: list[list[Node]] = [[] for _ in clauses]
    for at, (one, other) in enumerate(pairwise(clauses)):
        if isinstance(one, Word) and isinstance(other, Word) and one.tolerant and other.tolerant:
            together = run_together(one, other)
            runs[at].append(together)
            runs[at + 1].append(together)
    nodes = zip(map(_clause, clauses), runs, strict=True)
    return [Bool(should=(node, *others)) if others else node for node, others in nodes]


def _prefix(prefix: Prefix) -> Node:
    begun = Begins("fold", prefix.stem)
    return begun if prefix.whole.startswith(prefix.stem) else _either(begun, Term("fold", prefix.whole))


def _named(typed_name: str, value: str) -> Node:
    name = canonical(typed_name)
    if name is None:
        raise SearchRequestError("search field", typed_name)
    kind = KINDS[name]
    if kind is Kind.PERIOD:
        span = period(value)
        if span is None:
            raise SearchRequestError("day or year", value)
        return _overlap(span)
    if kind is Kind.PLACE:
        return _place(value)
    folds = fold(value).split()
    return _valued(kind, name, value, folds) if folds else Nothing()


def _place(value: str) -> Node:
    levels = place_keys(value)
    if levels is None:
        raise SearchRequestError("place of the store", value)
    return _all(_key(f"x_{level}", key) for level, key in levels.items())


def _valued(kind: Kind, name: str, value: str, folds: Sequence[str]) -> Node:
    """A value that has words."""
    if kind is Kind.NUMBER:
        return _all(Term("number", word) for word in folds)
    if kind is Kind.WORDS:
        words = row("title" if name == "title" else f"w_{name}", folds)
        return _either(words, _key("x_agency", " ".join(folds))) if name == "organ" else words
    if name == "code":
        return _either(_key("x_doc_code", code(value)), _key("x_file_code", code(value)))
    if name in LEVELS:
        return _key(f"x_{name}", level_key(value))
    return _key(f"x_{name}", code(value) if name.endswith("_code") else " ".join(folds))


def _overlap(span: Span) -> Node:
    return _all((Within("issued_last", span.first, None), Within("issued_first", None, span.last)))


def _bonuses(query: Query) -> Iterator[Node]:
    keys = {query.key, *(leaf.key for leaf in query.leaves() if isinstance(leaf, Number))} - {""}
    for key in sorted(keys):
        yield Worth(_key("key", key), EXACT_SCORE, "search.why.exact_number")
        yield Worth(_key("key", HEAD + key), HEAD_SCORE, "search.why.head_number")
    words = query.words()[:_MAX_RANKED_WORDS]
    if not words:
        return
    called = [word.fold for word in words if word.fold not in FILLERS]
    if any(word[0].isdigit() for word in called):
        designated = _all(Term("designation", word) for word in called)
        yield Worth(designated, DESIGNATION_SCORE, "search.why.number_parts")
    if query.tolerates:
        as_typed = [clause for clause in query.strict().clauses if not isinstance(clause, Not | Filter)]
        yield Worth(_every(as_typed), TYPED_SCORE, "search.why.as_typed")
    for clause in query.clauses:
        if isinstance(clause, Most) and clause.beside:
            score = AHEAD_SCORE if clause.ahead else BESIDE_SCORE
            yield Worth(_pairs(clause.pairs, clause.beside), score, "search.why.beside")
    yield from _titled(query, words)
    yield from _marked(query, [word for word in words if word.marked])
    yield from _side_by_side(query.clauses)


def _titled(query: Query, words: Sequence[Forms]) -> Iterator[Node]:
    marked = any(word.marked for word in words)
    typed = {word: Term("title_canon", word.canon) if word.marked else Term("title", word.fold) for word in words}
    yield Worth(_all(_called(query, typed)), TITLE_SCORE, "search.why.title_words")
    if len(words) > 1:
        field = "title_canon" if marked else "title"
        called = row(field, [word.canon if marked else word.fold for word in words])
        yield Worth(called, TITLE_PHRASE_SCORE, "search.why.title_row")
    if marked:
        folded = {word: Term("title", word.fold) for word in words}
        yield Worth(_all(_called(query, folded)), TITLE_FOLD_SCORE, "search.why.title_other_marks")
    for each in typed.values():
        yield Boost(each, _TITLE_BOOST)


def _called(query: Query, typed: Mapping[Forms, Term]) -> Iterator[Node]:
    """What a title must have of each word; other words of the same meaning will do."""
    left = dict(typed)
    for same in query.same():
        words = [word for each in same.typed for word in words_of(each)]
        if all(word in left for word in words):
            others = (row("title", [word.fold for word in words_of(other)]) for other in same.others)
            yield Bool(should=(_all(left[word] for word in words), *others))
            for word in words:
                left.pop(word, None)
    yield from left.values()


def _marked(query: Query, words: Sequence[Forms]) -> Iterator[Node]:
    if not words:
        return
    typed = _all(Term("canon", word.canon) for word in words)
    yield Worth(typed, MARKED_SCORE, "search.why.marks_as_typed")
    for word in words:
        yield Boost(Term("canon", word.canon), _MARKED_BOOST)
    for leaf in query.leaves():
        if isinstance(leaf, Phrase) and any(word.marked for word in leaf.words):
            phrase = row("canon", [word.canon for word in leaf.words])
            yield Worth(phrase, MARKED_SCORE, "search.why.phrase_marks_as_typed")


def _side_by_side(clauses: Sequence[Clause]) -> Iterator[Node]:
    """Most words of the language are two syllables; those that stand side by side as typed are likely meant so."""
    pairs: dict[tuple[str, str], None] = {}
    for one, other in neighbours(clauses):
        pairs[one.word.fold, other.word.fold] = None
    for pair in islice(pairs, _MAX_PAIRS):
        yield Worth(Row("fold", pair), PAIR_SCORE, "search.why.side_by_side")


def _key(field: str, value: str) -> Term:
    return Term(field, value[:MAX_KEY_CHARS])


def _called_so(key: str) -> OneOf:
    return OneOf("key", (key[:MAX_KEY_CHARS], (HEAD + key)[:MAX_KEY_CHARS]))


def _all(nodes: Iterable[Node]) -> Node:
    parts = tuple(nodes)
    return parts[0] if len(parts) == 1 else Bool(must=parts)


def _either(one: Node, other: Node) -> Node:
    return Bool(should=(one, other))


def _silent(node: Node) -> Node:
    return Worth(node, 0.0)
