"""What a person typed, as clauses that every backend understands. Never an error: what is not well formed is words.

The language: words (all must stand in the document), `"phrase"`, `-not`, prefix `tài*`, fields `số:222`,
`cơ_quan:"Bộ Nội vụ"`, `năm:2020-2025`, `ngày:01/03/2024..15/04/2024`, and document numbers in any spelling.
OR (also HOẶC, |) parts whole groups of words, for a Vietnamese word is mostly
two: `quyết định OR nghị quyết -mật năm:2025` finds either of the two, without
mật, of 2025; between two fields it joins just these. Parentheses make a group
by themselves: `(nghị định OR thông tư) lưu trữ`. `~` behind a word, a phrase,
a number or a group, or by itself behind all, finds also what OCR may have made
of it. Inner wildcards are read as punctuation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from search import numbers
from search.clauses import (
    AllOf,
    AnyOf,
    Clause,
    Filter,
    Leaf,
    Most,
    Not,
    Number,
    Phrase,
    Prefix,
    Query,
    Same,
    Tolerance,
    Word,
    made_tolerant,
)
from search.fields import KINDS, Kind, canonical
from search.periods import period
from search.places import place_keys
from search.tokens import Close, Open, Or, Text, Tilde, Token, tokens
from search.vietnamese import Forms, forms, nfc

__all__ = [
    "AllOf",
    "AnyOf",
    "Clause",
    "Filter",
    "Leaf",
    "Most",
    "Not",
    "Number",
    "Phrase",
    "Prefix",
    "Query",
    "Same",
    "Word",
    "parse",
]

MAX_QUERY_CHARS = 4096
MAX_CLAUSES = 64
"""Words, phrases and fields of one query, those inside OR counted too."""

MAX_PHRASE_WORDS = 64
MAX_PREFIXES = 8
MIN_PREFIX_CHARS = 2
MAX_DEPTH = 4
"""Parentheses within each other; engines bound how deep a question may be nested."""

NOTE_CUT = "search.query_cut"
NOTE_AS_WORDS = "search.query_as_words"
NOTE_UNKNOWN_FIELD = "search.unknown_field"
NOTE_PREFIX_TOO_SHORT = "search.prefix_too_short"
NOTE_WILDCARD = "search.wildcard_only_at_end"
NOTE_NOTHING = "search.nothing_to_search"
NOTE_PARENTHESES = "search.parentheses"
NOTE_NO_TOLERANCE = "search.tolerance_of_words_only"

_DAY = re.compile(r"^([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})$")
"""A day as people type it; documents mostly write it out."""

_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))


_Item = Clause | Or


@dataclass(slots=True)
class _Level:
    """What stands within a pair of parentheses, or outside all."""

    minus: bool = False
    tolerant: bool = False
    items: list[_Item] = field(default_factory=list)


class _Reader:
    """One pass over the tokens; collects clauses and notes within the limits."""

    def __init__(self) -> None:
        self.levels = [_Level()]
        self.notes: dict[str, None] = {}
        self.typed: list[str] = []
        self.alternatives = False
        self.taken = 0
        self.too_deep = 0
        self.prefixes = MAX_PREFIXES

    def note(self, key: str) -> None:
        self.notes[key] = None

    def read(self, text: str) -> tuple[Clause, ...]:
        for token in tokens(text):
            if self.taken >= MAX_CLAUSES:
                self.note(NOTE_CUT)
                break
            self._token(token)
        if len(self.levels) > 1:
            self.note(NOTE_PARENTHESES)
        while len(self.levels) > 1:
            self._close()
        clauses = self._clauses(self.levels[0])
        bounded = Tolerance().bounded(clauses)
        if bounded != clauses:
            self.note(NOTE_CUT)
        return bounded

    def _token(self, token: Token) -> None:
        match token:
            case Open(minus):
                self._open(minus=minus)
            case Close():
                self._close()
            case Tilde(whole):
                self._tilde(whole=whole)
            case Or():
                self.alternatives = True
                self._take([token])
            case Text():
                self._text(token)

    def _take(self, items: Sequence[_Item]) -> None:
        self.levels[-1].items.extend(items)
        self.taken += len(items)

    def _open(self, *, minus: bool) -> None:
        if len(self.levels) > MAX_DEPTH:
            self.note(NOTE_CUT)
            self.too_deep += 1
        else:
            self.levels.append(_Level(minus))

    def _close(self) -> None:
        if self.too_deep:
            self.too_deep -= 1
        elif len(self.levels) == 1:
            self.note(NOTE_PARENTHESES)
        else:
            level = self.levels.pop()
            clauses = self._clauses(level)
            if clauses:
                group = _all_of(list(clauses))
                self.levels[-1].items.append(Not(group) if level.minus else group)

    def _tilde(self, *, whole: bool) -> None:
        level = self.levels[-1]
        if whole:
            level.tolerant = True
        elif level.items:
            last = level.items[-1]
            if isinstance(last, Filter | Prefix):
                self.note(NOTE_NO_TOLERANCE)
            elif isinstance(last, Not):
                level.items[-1] = Not(made_tolerant(last.clause))
            elif not isinstance(last, Or):
                level.items[-1] = made_tolerant(last)

    def _text(self, token: Text) -> None:
        typed = token.typed
        found = self._field(token.name, typed) if token.name else None
        if found is None:
            if token.name:
                typed = f"{token.name} {typed}"
            found = [self._phrase(forms(typed))] if token.quoted else list(self._bare(typed))
            if not token.minus and not any(level.minus for level in self.levels):
                self.typed.append(typed)
        clauses = [clause for clause in found if clause is not None]
        self._take([Not(clause) for clause in clauses] if token.minus else clauses)

    def _clauses(self, level: _Level) -> tuple[Clause, ...]:
        """With OR in its place: between fields it joins these two, else it parts groups of words."""
        alternatives: list[list[Clause]] = [[]]
        for item in _fields_joined(level.items):
            if isinstance(item, Or):
                alternatives.append([])
            else:
                alternatives[-1].append(made_tolerant(item) if level.tolerant else item)
        kept = [group for group in alternatives if group]
        if len(kept) < len(alternatives) and len(alternatives) > 1:
            # An OR with nothing before or behind it.
            self.note(NOTE_AS_WORDS)
        if len(kept) < 2:  # noqa: PLR2004 - an alternative needs two
            return tuple(_flat(kept[0])) if kept else ()
        groups, common = [], []
        for group in kept:
            words = [clause for clause in group if not _is_condition(clause)]
            groups.append(_all_of(list(_flat(words or group))))
            common += [clause for clause in group if words and _is_condition(clause)]
        return (AnyOf(tuple(groups)), *common)

    def _field(self, typed_name: str, value: str) -> list[Leaf | Same | None] | None:
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

    def _bare(self, typed: str) -> Iterator[Leaf | Same | None]:
        inner = typed.rstrip("*")
        starred = len(inner) < len(typed)
        if "*" in inner:
            self.note(NOTE_WILDCARD)
        trimmed = inner.strip(".,;:!?()[]{}…")
        key = numbers.key(trimmed) if numbers.looks_like_number(trimmed) and not starred else ""
        if key:
            yield Number(key, tuple(forms(trimmed)))
            return
        day = _DAY.match(trimmed)
        if day and period(trimmed) and not starred:
            written = forms(f"{day[1]} tháng {day[2]} năm {day[3]}")
            yield Same((Phrase(tuple(forms(trimmed))),), (Phrase(tuple(written)),))
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


def _flat(clauses: Sequence[Clause]) -> Iterator[Clause]:
    """A group without OR means no more than its parts."""
    for clause in clauses:
        if isinstance(clause, AllOf):
            yield from clause.clauses
        else:
            yield clause


def _is_condition(clause: Clause) -> bool:
    """Fields and negations bind the whole query, not the alternative beside which they were typed."""
    return isinstance(clause, Filter | Not) or _only_fields(clause)


def _only_fields(clause: _Item | None) -> bool:
    return isinstance(clause, AnyOf) and all(isinstance(inner, Filter) for inner in clause.clauses)


def _fields_joined(items: list[_Item]) -> list[_Item]:
    found: list[_Item] = []
    for item in items:
        before = found[-2] if len(found) > 1 and isinstance(found[-1], Or) else None
        if isinstance(item, Filter) and (isinstance(before, Filter) or _only_fields(before)):
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
    clauses = reader.read(text)
    nothing = not clauses and bool(text.strip(' \t\r\n"*()~'))
    if nothing:
        reader.note(NOTE_NOTHING)
    whole = "" if reader.alternatives else " ".join(reader.typed)
    return Query(clauses, numbers.key(whole), tuple(reader.notes), nothing)
