"""A parsed query in Tantivy's words: what must hold, and what makes one answer better than another.

Rank is made of steps that cannot outvote each other: the document that is called
so, then the number in part, then the title, then words with the marks as typed;
BM25 decides inside a step. The steps are constant scores, so that another engine
can be given the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import tantivy

from metadata.physical import LEVELS
from search.documents import MAX_KEY_CHARS, code
from search.errors import SearchRequestError
from search.fields import KINDS, Kind, canonical
from search.periods import Span, period
from search.places import level_key, place_keys
from search.ports import SearchRequest
from search.query import AllOf, AnyOf, Clause, Filter, Not, Number, Phrase, Prefix, Query, Word
from search.vietnamese import Forms, fold

EXACT_SCORE = 1000.0
DESIGNATION_SCORE = 300.0
TITLE_SCORE = 100.0
TITLE_PHRASE_SCORE = 50.0
MARKED_SCORE = 40.0
TITLE_FOLD_SCORE = 20.0
"""A title that has the words with other marks than those typed, or none: mostly other words."""

_MARKED_BOOST = 2.0
_TITLE_BOOST = 1.5
_MAX_RANKED_WORDS = 24
"""Words beyond these must still be in the document, but no longer move it."""

_FILLERS = frozenset({"so", "nam", "thang", "ngay"})
"""People say them around a number: `QĐ số 222 năm 2025`."""

_MUST, _SHOULD, _MUST_NOT = tantivy.Occur.Must, tantivy.Occur.Should, tantivy.Occur.MustNot

EXACT_FIELDS = tuple(name for name, kind in KINDS.items() if kind is Kind.KEY and name != "code")
PHRASE_FIELDS = tuple(name for name, kind in KINDS.items() if kind is Kind.WORDS and name != "title")


@dataclass(frozen=True, slots=True)
class Compiler:
    """Makes engine queries for one schema."""

    schema: tantivy.Schema

    def request(self, query: Query, request: SearchRequest) -> tantivy.Query:
        """What `request` asks for, within what its access tokens may see.

        Raises:
            SearchRequestError: a field, or the value of a year or date, does not exist.
        """
        clauses = [(_MUST, self._silent(tantivy.Query.term_set_query(self.schema, "access", list(request.access))))]
        if request.without:
            clauses.append((_MUST_NOT, tantivy.Query.term_set_query(self.schema, "package", list(request.without))))
        clauses += [(_MUST, self._silent(self._named(name, value))) for name, value in request.fields.items()]
        if request.issued_from or request.issued_to:
            first = request.issued_from.strftime("%Y%m%d") if request.issued_from else "0"
            last = request.issued_to.strftime("%Y%m%d") if request.issued_to else "99991231"
            clauses.append((_MUST, self._silent(self._overlap(Span(int(first), int(last))))))
        clauses += self._match(query)
        clauses += [(_SHOULD, bonus) for bonus in self._bonuses(query)]
        return tantivy.Query.boolean_query(clauses)

    def document(self, document_id: str) -> tantivy.Query:
        """The document of that identifier."""
        return self._key("id", document_id)

    def package(self, package_id: str) -> tantivy.Query:
        """All documents of a package."""
        return self._key("package", package_id)

    def revision(self, revision: str) -> tantivy.Query:
        """The document with exactly this content."""
        return self._key("revision", revision)

    def _match(self, query: Query) -> list[tuple[tantivy.Occur, tantivy.Query]]:
        """What was typed as words, or else the document that is called so; fields and negations bind both."""
        words = [clause for clause in query.clauses if not isinstance(clause, Not | Filter)]
        found = [
            (_MUST_NOT, self._clause(clause.clause)) if isinstance(clause, Not) else (_MUST, self._clause(clause))
            for clause in query.clauses
            if isinstance(clause, Not | Filter)
        ]
        if not words:
            return found
        typed = self._all(self._clause(clause) for clause in words)
        if query.key:
            called = self._silent(self._key("key", query.key))
            typed = tantivy.Query.boolean_query([(_SHOULD, typed), (_SHOULD, called)])
        return [(_MUST, typed), *found]

    def _clause(self, clause: Clause) -> tantivy.Query:
        if isinstance(clause, Word | Phrase):
            words = clause.words if isinstance(clause, Phrase) else (clause.word,)
            return self._row("fold", [word.fold for word in words])
        if isinstance(clause, Number):
            cited = self._row("fold", [word.fold for word in clause.words])
            called = self._silent(self._key("key", clause.key))
            return tantivy.Query.boolean_query([(_SHOULD, called), (_SHOULD, cited)])
        if isinstance(clause, Prefix):
            return self._prefix(clause)
        if isinstance(clause, Filter):
            return self._silent(self._named(clause.name, clause.value))
        if isinstance(clause, AnyOf):
            return tantivy.Query.boolean_query([(_SHOULD, self._clause(inner)) for inner in clause.clauses])
        return self._compound(clause)

    def _compound(self, clause: AllOf | Not) -> tantivy.Query:
        if isinstance(clause, AllOf):
            return self._all(self._clause(inner) for inner in clause.clauses)
        everything = self._silent(tantivy.Query.all_query())
        return tantivy.Query.boolean_query([(_MUST, everything), (_MUST_NOT, self._clause(clause.clause))])

    def _prefix(self, prefix: Prefix) -> tantivy.Query:
        # The stem holds letters and digits only, so nothing in it can be an operator of the expression.
        begun = tantivy.Query.regex_query(self.schema, "fold", f"{prefix.stem}.*")
        if prefix.whole.startswith(prefix.stem):
            return begun
        return tantivy.Query.boolean_query([(_SHOULD, begun), (_SHOULD, self._word("fold", prefix.whole))])

    def _named(self, typed_name: str, value: str) -> tantivy.Query:
        name = canonical(typed_name)
        if name is None:
            raise SearchRequestError("search field", typed_name)
        kind = KINDS[name]
        if kind is Kind.PERIOD:
            span = period(value)
            if span is None:
                raise SearchRequestError("day or year", value)
            return self._overlap(span)
        if kind is Kind.PLACE:
            return self._place(value)
        folds = fold(value).split()
        return self._valued(kind, name, value, folds) if folds else tantivy.Query.empty_query()

    def _place(self, value: str) -> tantivy.Query:
        levels = place_keys(value)
        if levels is None:
            raise SearchRequestError("place of the store", value)
        return self._all(self._key(f"x_{level}", key) for level, key in levels.items())

    def _valued(self, kind: Kind, name: str, value: str, folds: Sequence[str]) -> tantivy.Query:
        """A value that has words."""
        if kind is Kind.NUMBER:
            return self._all(self._word("number", word) for word in folds)
        if kind is Kind.WORDS:
            row = self._row("title" if name == "title" else f"w_{name}", folds)
            return self._either(row, self._key("x_agency", " ".join(folds))) if name == "organ" else row
        if name == "code":
            return self._either(self._key("x_doc_code", code(value)), self._key("x_file_code", code(value)))
        if name in LEVELS:
            return self._key(f"x_{name}", level_key(value))
        return self._key(f"x_{name}", code(value) if name.endswith("_code") else " ".join(folds))

    def _overlap(self, span: Span) -> tantivy.Query:
        integer = tantivy.FieldType.Integer
        return self._all(
            (
                tantivy.Query.range_query(self.schema, "issued_last", integer, span.first, None),
                tantivy.Query.range_query(self.schema, "issued_first", integer, None, span.last),
            )
        )

    def _bonuses(self, query: Query) -> Iterable[tantivy.Query]:
        keys = {query.key, *(leaf.key for leaf in query.leaves() if isinstance(leaf, Number))} - {""}
        for key in sorted(keys):
            yield self._worth(self._key("key", key), EXACT_SCORE)
        words = query.words()[:_MAX_RANKED_WORDS]
        if not words:
            return
        folds = [word.fold for word in words]
        called = [word for word in folds if word not in _FILLERS]
        if any(word[0].isdigit() for word in called):
            yield self._worth(self._all(self._word("designation", word) for word in called), DESIGNATION_SCORE)
        yield from self._titled(words)
        yield from self._marked(query, [word for word in words if word.marked])

    def _titled(self, words: Sequence[Forms]) -> Iterable[tantivy.Query]:
        marked = any(word.marked for word in words)
        typed = [("title_canon", word.canon) if word.marked else ("title", word.fold) for word in words]
        yield self._worth(self._all(self._word(*each) for each in typed), TITLE_SCORE)
        if len(words) > 1:
            field = "title_canon" if marked else "title"
            row = self._row(field, [word.canon if marked else word.fold for word in words])
            yield self._worth(row, TITLE_PHRASE_SCORE)
        if marked:
            yield self._worth(self._all(self._word("title", word.fold) for word in words), TITLE_FOLD_SCORE)
        for each in typed:
            yield tantivy.Query.boost_query(self._word(*each), _TITLE_BOOST)

    def _marked(self, query: Query, words: Sequence[Forms]) -> Iterable[tantivy.Query]:
        if not words:
            return
        yield self._worth(self._all(self._word("canon", word.canon) for word in words), MARKED_SCORE)
        for word in words:
            yield tantivy.Query.boost_query(self._word("canon", word.canon), _MARKED_BOOST)
        for leaf in query.leaves():
            if isinstance(leaf, Phrase) and any(word.marked for word in leaf.words):
                row = self._row("canon", [word.canon for word in leaf.words])
                yield self._worth(row, MARKED_SCORE)

    def _word(self, field: str, word: str) -> tantivy.Query:
        return tantivy.Query.term_query(self.schema, field, word, "freq")

    def _key(self, field: str, value: str) -> tantivy.Query:
        return tantivy.Query.term_query(self.schema, field, value[:MAX_KEY_CHARS], "basic")

    def _row(self, field: str, words: Sequence[str]) -> tantivy.Query:
        # The engine panics at a phrase of one word.
        if len(words) == 1:
            return self._word(field, words[0])
        return tantivy.Query.phrase_query(self.schema, field, list(words))

    def _all(self, queries: Iterable[tantivy.Query]) -> tantivy.Query:
        return tantivy.Query.boolean_query([(_MUST, query) for query in queries])

    def _either(self, one: tantivy.Query, other: tantivy.Query) -> tantivy.Query:
        return tantivy.Query.boolean_query([(_SHOULD, one), (_SHOULD, other)])

    def _worth(self, query: tantivy.Query, score: float) -> tantivy.Query:
        return tantivy.Query.const_score_query(query, score)

    def _silent(self, query: tantivy.Query) -> tantivy.Query:
        return tantivy.Query.const_score_query(query, 0.0)
