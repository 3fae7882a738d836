"""What a person typed, as clauses that every backend understands. Never an error: what is not well formed is words.

The language: words (all must stand in the document), `"phrase"`, `-not`, prefix `tài*`, fields `số:222`,
`cơ_quan:"Bộ Nội vụ"`, `năm:2020-2025`, and document numbers in any spelling.
OR (also HOẶC, |) parts whole groups of words, for a Vietnamese word is mostly
two: `quyết định OR nghị quyết -mật năm:2025` finds either of the two, without
mật, of 2025; between two fields it joins just these. Parentheses and inner
wildcards are read as punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from search import numbers
from search.fields import KINDS, Kind, canonical
from search.periods import period
from search.places import place_keys
from search.vietnamese import Forms, forms, nfc

MAX_QUERY_CHARS = 4096
MAX_CLAUSES = 64
"""Words, phrases and fields of one query, those inside OR counted too."""

MAX_PHRASE_WORDS = 64
MAX_PREFIXES = 8
MIN_PREFIX_CHARS = 2

NOTE_CUT = "search.query_cut"
NOTE_AS_WORDS = "search.query_as_words"
NOTE_UNKNOWN_FIELD = "search.unknown_field"
NOTE_PREFIX_TOO_SHORT = "search.prefix_too_short"
NOTE_WILDCARD = "search.wildcard_only_at_end"
NOTE_NOTHING = "search.nothing_to_search"

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))
_TOKEN = re.compile(
    r"""(?P<minus>-)?
        (?:(?P<name>[^\W\d]\w{0,40}):(?=["\w*.-]))?
        (?:"(?P<phrase>[^"]*)"|(?P<bare>[^\s"]+))""",
    re.VERBOSE,
)
_OR = frozenset({"OR", "HOẶC", "|", "||"})


@dataclass(frozen=True, slots=True)
class Word:
    """One word, anywhere in the document."""

    word: Forms


@dataclass(frozen=True, slots=True)
class Phrase:
    """At least two words side by side, in this order; over a page break too."""

    words: tuple[Forms, ...]


@dataclass(frozen=True, slots=True)
class Number:
    """A document number with its notation: the document itself, or one that cites it."""

    key: str
    words: tuple[Forms, ...]


@dataclass(frozen=True, slots=True)
class Prefix:
    """Beginning of a word."""

    stem: str
    """Folded, at least `MIN_PREFIX_CHARS`, letters and digits only; a last y is not made i as in a whole word."""

    whole: str
    """Fold of the same as a whole word."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A field with a value; does not count for the rank."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Not:
    """Documents for which the clause does not hold."""

    clause: Clause


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one clause holds."""

    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """All clauses hold."""

    clauses: tuple[Clause, ...]


Leaf = Word | Phrase | Number | Prefix | Filter
Clause = Leaf | Not | AnyOf | AllOf


@dataclass(frozen=True, slots=True)
class Query:
    """All clauses hold, or all that was typed is the number or code of the document."""

    clauses: tuple[Clause, ...]
    key: str = ""
    """Key of all that was typed, when that can be a number or a code."""

    notes: tuple[str, ...] = ()
    nothing: bool = False
    """Something was typed, but not one letter of it can be searched: no document answers."""

    def leaves(self) -> Iterator[Leaf]:
        """The clauses that a document may hold, without those under `Not`."""
        for clause in self.clauses:
            yield from _leaves(clause)

    def words(self) -> tuple[Forms, ...]:
        """All words asked for, in the order typed, each once."""
        found: dict[Forms, None] = {}
        for leaf in self.leaves():
            if isinstance(leaf, Word):
                found[leaf.word] = None
            elif isinstance(leaf, Phrase | Number):
                found.update(dict.fromkeys(leaf.words))
        return tuple(found)


def _leaves(clause: Clause) -> Iterator[Leaf]:
    if isinstance(clause, AnyOf | AllOf):
        for inner in clause.clauses:
            yield from _leaves(inner)
    elif not isinstance(clause, Not):
        yield clause


class _Or:
    """The word between two alternatives."""


_Item = Clause | _Or


class _Reader:
    """One pass over the tokens; collects clauses and notes within the limits."""

    def __init__(self) -> None:
        self.items: list[_Item] = []
        self.notes: dict[str, None] = {}
        self.typed: list[str] = []
        self.prefixes = MAX_PREFIXES

    def note(self, key: str) -> None:
        self.notes[key] = None

    def read(self, text: str) -> None:
        for token in _TOKEN.finditer(text):
            if len(self.items) >= MAX_CLAUSES:
                self.note(NOTE_CUT)
                return
            if token["bare"] in _OR and not token["minus"] and not token["name"]:
                self.items.append(_Or())
            else:
                self._token(token)

    def _token(self, token: re.Match[str]) -> None:
        quoted = token["phrase"] is not None
        typed = token["phrase"] if quoted else token["bare"]
        found = self._field(token["name"], typed) if token["name"] else None
        if found is None:
            if token["name"]:
                typed = f"{token['name']} {typed}"
            found = [self._phrase(forms(typed))] if quoted else list(self._bare(typed))
            if not token["minus"]:
                self.typed.append(typed)
        clauses = [clause for clause in found if clause is not None]
        self.items.extend([Not(clause) for clause in clauses] if token["minus"] else clauses)

    def clauses(self) -> tuple[Clause, ...]:
        """What was read, with OR in its place: between fields it joins these two, else it parts groups of words."""
        alternatives: list[list[Clause]] = [[]]
        for item in _fields_joined(self.items):
            if isinstance(item, _Or):
                alternatives.append([])
            else:
                alternatives[-1].append(item)
        kept = [group for group in alternatives if group]
        if len(kept) < len(alternatives) and len(alternatives) > 1:
            # An OR with nothing before or behind it.
            self.note(NOTE_AS_WORDS)
        if len(kept) < 2:  # noqa: PLR2004 - an alternative needs two
            return tuple(kept[0]) if kept else ()
        groups, common = [], []
        for group in kept:
            words = [clause for clause in group if not _is_condition(clause)]
            groups.append(_all_of(words or group))
            common += [clause for clause in group if words and _is_condition(clause)]
        return (AnyOf(tuple(groups)), *common)

    def _field(self, typed_name: str, value: str) -> list[Leaf | None] | None:
        name = canonical(typed_name)
        if name is None:
            self.note(NOTE_UNKNOWN_FIELD)
            return None
        kind = KINDS[name]
        unfit = (kind is Kind.PERIOD and period(value) is None) or (kind is Kind.PLACE and place_keys(value) is None)
        if unfit or not forms(value):
            self.note(NOTE_AS_WORDS)
            return None
        return [Filter(name, value)]

    def _phrase(self, words: list[Forms]) -> Leaf | None:
        if len(words) > MAX_PHRASE_WORDS:
            self.note(NOTE_CUT)
            words = words[:MAX_PHRASE_WORDS]
        if not words:
            return None
        return Word(words[0]) if len(words) == 1 else Phrase(tuple(words))

    def _bare(self, typed: str) -> Iterator[Leaf | None]:
        inner = typed.rstrip("*")
        starred = len(inner) < len(typed)
        if "*" in inner:
            self.note(NOTE_WILDCARD)
        trimmed = inner.strip(".,;:!?()[]{}…")
        key = numbers.key(trimmed) if numbers.looks_like_number(trimmed) and not starred else ""
        if key:
            yield Number(key, tuple(forms(trimmed)))
            return
        words = forms(inner)
        if starred and words and inner[-1].isalnum():
            yield from self._prefix(words, inner)
        else:
            yield self._phrase(words)

    def _prefix(self, words: list[Forms], inner: str) -> Iterator[Leaf | None]:
        last = words.pop()
        # A trailing x keeps the y of `ky*` from being read as the whole syllable ký.
        stem = forms(inner + "x")[-1].fold[:-1]
        if words:
            yield self._phrase(words)
        if len(stem) < MIN_PREFIX_CHARS:
            self.note(NOTE_PREFIX_TOO_SHORT)
            yield Word(last)
        elif self.prefixes <= 0:
            self.note(NOTE_CUT)
            yield Word(last)
        else:
            self.prefixes -= 1
            yield Prefix(stem, last.fold)


def _all_of(clauses: list[Clause]) -> Clause:
    return clauses[0] if len(clauses) == 1 else AllOf(tuple(clauses))


def _is_condition(clause: Clause) -> bool:
    """Fields and negations bind the whole query, not the alternative beside which they were typed."""
    if isinstance(clause, AnyOf):
        return all(isinstance(inner, Filter) for inner in clause.clauses)
    return isinstance(clause, Filter | Not)


def _fields_joined(items: list[_Item]) -> list[_Item]:
    found: list[_Item] = []
    for item in items:
        before = found[-2] if len(found) > 1 and isinstance(found[-1], _Or) else None
        if isinstance(item, Filter) and isinstance(before, Filter | AnyOf):
            joined = before.clauses if isinstance(before, AnyOf) else (before,)
            found[-2:] = [AnyOf((*joined, item))]
        else:
            found.append(item)
    return found


def parse(text: str) -> Query:
    """Clauses of `text`; at most `MAX_QUERY_CHARS` of it are read, in time linear in that. Never raises."""
    reader = _Reader()
    if len(text) > MAX_QUERY_CHARS:
        reader.note(NOTE_CUT)
        text = text[:MAX_QUERY_CHARS]
    text = nfc(text).translate(_QUOTES)
    if text.count('"') % 2:
        reader.note(NOTE_AS_WORDS)
        before, _, behind = text.rpartition('"')
        text = f"{before} {behind}"
    reader.read(text)
    clauses = reader.clauses()
    nothing = not clauses and bool(text.strip(' \t\r\n"*'))
    if nothing:
        reader.note(NOTE_NOTHING)
    whole = "" if any(isinstance(item, _Or) for item in reader.items) else " ".join(reader.typed)
    return Query(clauses, numbers.key(whole), tuple(reader.notes), nothing)
