"""What may be meant while somebody still types: numbers, titles and agencies of documents that they may see.

The last word counts as the beginning of one, all others are whole. Marks that
were typed are respected; a mark that is not there yet excludes nothing, for tones
are typed last.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Final

from search import numbers
from search.facets import MAX_VALUE_CHARS
from search.highlight import plain
from search.looks import Looks
from search.plan import Begins, Bool, Node, OneOf, Term
from search.ports import Suggestion
from search.query import MAX_PHRASE_WORDS
from search.vietnamese import Forms, fold, forms, nfc, places, sort_key

MAX_TYPED_CHARS: Final = 200
MAX_TYPED_WORDS: Final = 12
"""Words beyond these are not looked at: nobody types so much and hopes for a suggestion."""

MAX_SUGGESTIONS: Final = 20
_READ = 40
"""Documents that one look reads; their titles repeat each other."""

_MOST_NUMBERS, _MOST_AGENCIES = 5, 3
_MIN_STEM_CHARS = 2
_MIN_DIGITS = 3
"""Half the numbers of a holding begin with the same one or two digits."""

_MAX_QUOTED_CHARS = 600
_UNQUOTABLE = re.compile(r'["“”„‟«»＂\s\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+')
_FIELDS: Final = {"number": "số:", "agency": "cơ_quan:"}


@dataclass(frozen=True, slots=True)
class _Typed:
    """What stands in the box."""

    text: str
    whole: tuple[Forms, ...]
    begun: Forms | None = None
    """The word that is being typed, as far as it is there; a last y is not made i as in a whole word. None: a blank
    or a sign stands behind the last word."""

    ended: Forms | None = None
    """The same word if it is whole already."""

    @classmethod
    def read(cls, text: str) -> _Typed:
        text = nfc(text[:MAX_TYPED_CHARS])
        words = forms(text)
        if len(words) > MAX_TYPED_WORDS or not (words and text[-1].isalnum()):
            return cls(text, tuple(words[:MAX_TYPED_WORDS]))
        # A trailing x keeps the y of `ky` from being read as the whole syllable ký.
        begun = forms(text + "x")[-1]
        return cls(text, tuple(words[:-1]), Forms(begun.canon[:-1], begun.fold[:-1]), words[-1])

    def without_fillers(self) -> _Typed:
        """The same without words that say nothing."""
        whole = tuple(word for word in self.whole if word.fold not in numbers.FILLERS)
        return _Typed(self.text, whole, self.begun, self.ended)

    def nodes(self, field: str, marked_field: str = "") -> list[Node]:
        """What a document must answer in a field; none where too little was typed to ask for.

        Args:
            field: Of folds.
            marked_field: Of canons, asked for words with marks; empty: marks are not asked for.
        """
        nodes: list[Node] = [
            Term(marked_field, word.canon) if word.marked and marked_field else Term(field, word.fold)
            for word in self.whole
        ]
        if self.begun and self.ended and len(self.begun.fold) >= _MIN_STEM_CHARS:
            marked = self.ended.marked and bool(marked_field)
            asked = marked_field if marked else field
            stem, whole = (self.begun.canon, self.ended.canon) if marked else (self.begun.fold, self.ended.fold)
            beginning = Begins(asked, stem)
            nodes.append(beginning if whole.startswith(stem) else Bool(should=(beginning, Term(asked, whole))))
        return nodes

    def fits(self, text: str) -> bool:
        """Whether a text has all words, with the marks that were typed."""
        there = forms(text)
        whole = all(any(_same(word, other) for other in there) for word in self.whole)
        return whole and (self.begun is None or any(map(self._begins, there)))

    def _begins(self, word: Forms) -> bool:
        """Whether `word` may become of the one that is being typed."""
        if self.begun is None or self.ended is None:
            return False
        return _same(self.ended, word) or (
            word.fold.startswith(self.begun.fold)
            and all(_may_become(typed, letter) for typed, letter in zip(self.begun.canon, word.canon, strict=False))
        )

    def marked(self, text: str) -> str:
        """`text`, HTML-safe, with what was typed in `<em>`."""
        parts, at = [], 0
        for place in places(text):
            word = Forms(place.canon, place.fold)
            if self._begins(word) or any(_same(typed, word) for typed in self.whole):
                parts += [escape(text[at : place.start]), "<em>", escape(text[place.start : place.end]), "</em>"]
                at = place.end
        return "".join([*parts, escape(text[at:])])


def _same(typed: Forms, word: Forms) -> bool:
    """Whether a typed word is `word`; without marks it is all that have its letters."""
    return typed == word if typed.marked else typed.fold == word.fold


def _may_become(typed: str, letter: str) -> bool:
    """Whether typing on can make `letter` of `typed`: marks come, none goes."""
    if typed == letter:
        return True
    there, coming = unicodedata.normalize("NFD", typed), unicodedata.normalize("NFD", letter)
    return (there[0] == coming[0] or there[0] + coming[0] == "dđ") and set(there[1:]) <= set(coming[1:])


def suggested(looks: Looks, text: str, limit: int) -> tuple[Suggestion, ...]:
    """At most `limit`: the exact number first, other numbers, titles, agencies; of each the newest first."""
    typed = _Typed.read(text)
    limit = min(limit, MAX_SUGGESTIONS)
    if limit <= 0 or not (typed.whole or typed.begun):
        return ()
    found = _told("number", typed, _numbers(looks, typed))[: min(limit, _MOST_NUMBERS)]
    agencies = _told("agency", typed, _agencies(looks, typed))[: min(limit - len(found), _MOST_AGENCIES)]
    room = limit - len(found) - len(agencies)
    return (*found, *_told("title", typed, _titles(looks, typed, room))[:room], *agencies)


def _told(kind: str, typed: _Typed, texts: Iterable[str]) -> list[Suggestion]:
    """As suggestions, each text once however it is written; none that could not be searched for again."""
    once: dict[str, str] = {}
    for text in texts:
        once.setdefault(fold(text), text)
    once.pop("", None)
    found = []
    for each in once.values():
        shown = plain(nfc(each)).strip()
        found.append(Suggestion(kind, shown, typed.marked(shown), _query(kind, each)))
    return found


def _query(kind: str, text: str) -> str:
    """What finds `text` again."""
    text = _UNQUOTABLE.sub(" ", nfc(text)).strip()
    if kind == "number" and numbers.looks_like_number(text):
        return text
    ends = [place.end for place in places(text)]
    if kind == "agency" and len(text) >= MAX_VALUE_CHARS:
        # The last word may be cut.
        ends = ends[:-1] or ends
    ends = [end for end in ends[:MAX_PHRASE_WORDS] if end <= _MAX_QUOTED_CHARS] or ends[:1]
    return f'{_FIELDS.get(kind, "")}"{text[: ends[-1]]}"'


def _numbers(looks: Looks, typed: _Typed) -> Iterator[str]:
    """Those with this key first, then those with these words, then those in which the last one begins so."""
    key = numbers.key(typed.text)
    if not any(word.fold[0].isdigit() for word in (*typed.whole, typed.ended) if word):
        return
    if key:
        exact = looks.newest([Term("key", key)], _READ)
        yield from (each.number for each in exact if key in numbers.keys(each.number, each.issued[:4]))
    said = typed.without_fillers()
    if len(said.whole) + bool(said.ended) > 1:
        called = [Term("designation", word.fold) for word in (*said.whole, said.ended) if word]
        yield from (each.number for each in looks.newest(called, _READ))
    elif key.isdigit():
        yield from (each.number for each in looks.newest([Term("number", key)], _READ))
    stem = f"{key}-" if typed.begun is None else numbers.key(typed.text + "x")[:-1]
    if stem[:1].isdigit() and len(stem) >= _MIN_DIGITS:
        begun = looks.newest([Begins("key", stem)], _READ)
        yield from (each.number for each in begun if _has_key(each.number, each.issued, stem))
    elif said.whole and (begun_nodes := said.nodes("designation")):
        yield from (each.number for each in looks.newest(begun_nodes, _READ))


def _has_key(number: str, issued: str, stem: str) -> bool:
    keys = (*numbers.keys(number, issued[:4]), *numbers.joined(number))
    return any(key.startswith(stem) for key in keys)


def _titles(looks: Looks, typed: _Typed, room: int) -> list[str]:
    """At most two looks: with the marks as typed, then with those that may still come; without marks twice the same."""
    found: list[str] = []
    marked = any(word.marked for word in (*typed.whole, typed.ended) if word)
    for nodes in (typed.nodes("title", "title_canon"), typed.nodes("title")) if room > 0 else ():
        never = [OneOf("sort_title", tuple({sort_key(title) for title in found}))] if found else []
        read = [each.title for each in looks.newest(nodes, _READ, never=never)] if nodes else []
        found += [title for title in dict.fromkeys(read) if typed.fits(title)]
        if len(found) >= room or not (marked or len(read) == _READ):
            break
    return found


def _agencies(looks: Looks, typed: _Typed) -> list[str]:
    nodes = typed.nodes("w_organ")
    return [name for name in looks.values("organ", nodes) if typed.fits(name)] if nodes else []
