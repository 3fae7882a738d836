"""How Vietnamese text becomes words, the same for every backend and for the query.

Each word has two forms. *canon*: NFC, lower case, the tone mark where the old
style puts it (hoà = hòa, thuỷ = thủy), i for a y that may be written either way
(kỹ = kĩ). *fold*: canon without any mark, d for đ, no leading zeros. A query
asks for folds and prefers canons, so that marks are never needed and never
ignored.

Elasticsearch makes the same of a mapping char filter (`TONE_MAP`), a pattern
tokenizer, lowercase, asciifolding and two pattern_replace filters; two different
words in 107,831 strings were measured against Lucene's own classes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import cache, lru_cache
from typing import NamedTuple

MAX_WORD_CHARS = 100
"""A longer run of letters (a base64 block, a line of a damaged font) counts as its beginning."""

_MAX_MEMO_ENTRIES = 150_000
_MAX_MEMO_VALUES = 8192
_MAX_VALUE_CHARS = 120
"""Names of agencies, types and fonds come with every document; texts of pages never again."""

_WORD = re.compile(r"[^\W_]+")
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_HAS_INVISIBLE = re.compile(f"[{_INVISIBLE}]")
_WORD_WITH_INVISIBLE = re.compile(rf"[^\W_]+(?:[{_INVISIBLE}]+[^\W_]+)*")

_FEW_WORDS = 8
"""So many are looked for one by one."""

_TONES = ("\u0300", "\u0301", "\u0303", "\u0309", "\u0323")


def _tone_map() -> dict[str, str]:
    found = {"ð": "đ", "Ð": "Đ", "ɖ": "đ", "Ɖ": "Đ"}
    for first, second in ("oa", "oe", "uy"):
        for tone in _TONES:
            for left in (first, first.upper()):
                for right in (second, second.upper()):
                    typed = left + unicodedata.normalize("NFC", right + tone)
                    found[typed] = unicodedata.normalize("NFC", left + tone) + right
    return found


TONE_MAP = _tone_map()
"""Typed to canonical, context-free: the tone of oa, oe, uy stands on the first vowel; eth and African D are đ.

It also rewrites hoàn to hòan, which harms nothing: these are keys, and both sides pass through it."""

_TONE = re.compile("|".join(sorted(TONE_MAP)))

Y_FOR_I = re.compile(r"^(h|k|l|m|s|t|qu)([yỳýỷỹỵ])$")
"""Syllables that are written with y or i as one likes (Decision 240/QĐ of 1984 and usage): hy, kỹ, lý, mỹ, sỹ, tỷ, quý.

Not v: Vy is a name, and folded `vi` is one of the commonest words."""

_I_OF_Y = dict(zip("yỳýỷỹỵ", "iìíỉĩị", strict=True))
_ZEROS = re.compile(r"^0+(?=[0-9])")
_BASE = {"đ": "d", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "þ": "th", "ı": "i"}


class Forms(NamedTuple):
    """The two forms of one word."""

    canon: str
    fold: str

    @property
    def marked(self) -> bool:
        """The word was typed with something that folding takes away."""
        return self.canon != self.fold


class Place(NamedTuple):
    """A word and where it stands, in characters of the text as given."""

    start: int
    end: int
    canon: str
    fold: str


def nfc(text: str) -> str:
    """`text` in NFC, for nothing when it is so already."""
    return text if unicodedata.is_normalized("NFC", text) else unicodedata.normalize("NFC", text)


def sound(text: str) -> str:
    """`text` as it can be written: halves of surrogate pairs, which are no characters, are question marks."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()
    return text


def _fold_letter(letter: str) -> str:
    base = _BASE.get(letter)
    if base is not None:
        return base
    if unicodedata.combining(letter):
        return ""  # left over by lower(), which makes two characters of a dotted capital I
    parts = unicodedata.normalize("NFKD", letter)
    if not (parts[0].isascii() and parts[0].isalnum()):
        return letter  # other scripts are left alone, as Lucene's asciifolding does
    bare = "".join(part for part in parts if not unicodedata.combining(part))
    return bare.lower() if bare.isalnum() else letter


def _forms(word: str) -> Forms:
    if _HAS_INVISIBLE.search(word):
        word = _HAS_INVISIBLE.sub("", word)
    lower = word[:MAX_WORD_CHARS].lower()
    free = Y_FOR_I.match(lower)
    if free:
        lower = free[1] + _I_OF_Y[free[2]]
    canon = _TONE.sub(lambda found: TONE_MAP[found.group()], lower)
    return Forms(canon, _ZEROS.sub("", "".join(map(_fold_letter, canon))))


class _Memo(dict[str, Forms]):
    """Vocabulary is small and Zipf-like: nearly every word was met before."""

    def __missing__(self, word: str) -> Forms:
        if len(self) >= _MAX_MEMO_ENTRIES:
            self.clear()
        found = self[word] = _forms(word)
        return found


_MEMO = _Memo()


def _pattern(text: str) -> re.Pattern[str]:
    return _WORD_WITH_INVISIBLE if _HAS_INVISIBLE.search(text) else _WORD


def _raw_words(text: str) -> list[str]:
    return _pattern(text).findall(text)


def forms(text: str) -> list[Forms]:
    """The words of `text` in order."""
    return [_MEMO[word] for word in _raw_words(nfc(text))]


def written(text: str) -> list[str]:
    """The words of an NFC text as written, in order: some ten times faster than `places`."""
    return _raw_words(text)


def spans(text: str) -> list[tuple[int, int]]:
    """Where the words of `written` stand, one for each."""
    return [found.span() for found in _pattern(text).finditer(text)]


def forms_of(word: str) -> Forms:
    """The forms of one word as written."""
    return _MEMO[word]


def places(text: str, among: Collection[str] | None = None) -> Iterator[Place]:
    """The words of an NFC text with their places, in order; of another text the places would be wrong.

    Args:
        text: NFC.
        among: Only these words, as written: much faster when they are few.
    """
    if among is not None and len(among) <= _FEW_WORDS and not _HAS_INVISIBLE.search(text):
        yield from sorted(place for word in among for place in _standing(text, word))
        return
    for found in _pattern(text).finditer(text):
        word = found[0]
        if among is None or word in among:
            yield Place(*found.span(), *_MEMO[word])


def _standing(text: str, word: str) -> Iterator[Place]:
    """Where `word` stands in a text without invisible characters, and is not a part of a longer one."""
    at = text.find(word)
    while at >= 0:
        end = at + len(word)
        # What `isalnum` says of a character is what the pattern of words is made of.
        if not (at and text[at - 1].isalnum()) and not text[end : end + 1].isalnum():
            yield Place(at, end, *_MEMO[word])
        at = text.find(word, at + 1)


class _Chunks(dict[str, tuple[str, str]]):
    """Canons and folds by what stands between two blanks, signs and all: nearly each was met before, as words were.

    No word reaches over a blank, so that a text is its chunks.
    """

    def __missing__(self, chunk: str) -> tuple[str, str]:
        words = forms(chunk)
        both = " ".join([word[0] for word in words]), " ".join([word[1] for word in words])
        if len(chunk) <= MAX_WORD_CHARS:
            if len(self) >= _MAX_MEMO_ENTRIES:
                self.clear()
            self[chunk] = both
        return both


_CHUNKS = _Chunks()


def streams(text: str) -> tuple[str, str]:
    """Canons and folds of `text`, each joined by blanks: what an index is given, which splits at blanks alone."""
    return _of_value(text) if len(text) <= _MAX_VALUE_CHARS else _streams(text)


def _streams(text: str) -> tuple[str, str]:
    found = [both for both in map(_CHUNKS.__getitem__, nfc(text).split()) if both[0]]
    if not found:
        return "", ""
    canons, folds = zip(*found, strict=True)
    return " ".join(canons), " ".join(folds)


_of_value = lru_cache(_MAX_MEMO_VALUES)(_streams)


def fold(text: str) -> str:
    """The folds of `text` joined by blanks: two texts that people take for the same have the same."""
    return streams(text)[1]


_LETTER_ORDER = {"ă": "a1", "â": "a2", "đ": "d1", "ê": "e1", "ô": "o1", "ơ": "o2", "ư": "u1"}
_MAX_SORT_CHARS = 120


@cache
def _letter_order(letter: str) -> tuple[str, str]:
    """The letter without its tone as it sorts, and the tone."""
    if not letter.isalnum():
        return " ", ""
    parts = unicodedata.normalize("NFD", letter)
    tone = next((part for part in parts if part in _TONES), "")
    bare = unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))
    return _LETTER_ORDER.get(bare, bare + "0" if bare.isascii() else bare), str(_TONES.index(tone) + 1 if tone else 0)


def sort_key(text: str) -> str:
    """A text whose order by code point is the Vietnamese alphabet's: a ă â … d đ …; tones decide between equals."""
    letters = [_letter_order(letter) for letter in nfc(text[:_MAX_SORT_CHARS]).lower()]
    return " ".join("".join([order for order, _ in letters]).split()) + "\t" + "".join([tone for _, tone in letters])
