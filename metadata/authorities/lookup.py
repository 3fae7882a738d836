"""Asks an authority table: by code, by name, and for the nearest ones. Made once a version, then fast.

Ten thousand rows: a code or a name is found by its folding, the nearest among the few rows that share most triples
of letters with what was written.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import lru_cache

from metadata.authorities.entries import AuthorityEntry
from metadata.extraction.letters import distance
from metadata.profiles.vocabularies import fold

NEAREST = 3
_CANDIDATES = 40
_MOST_AWAY = 0.34
"""Share of letters by which the nearest may differ: what is farther is another thing."""

_WORDS = {"ubnd": "uy ban nhan dan", "hdnd": "hoi dong nhan dan", "tp": "thanh pho", "tx": "thi xa", "tt": "thi tran"}


@lru_cache(maxsize=1 << 15)
def long_form(name: str) -> str:
    """`UBND TP. Hải Tân` and `Ủy ban nhân dân thành phố Hải Tân` are one."""
    return " ".join(_WORDS.get(word, word) for word in fold(name).split())


class AuthorityLookup:
    """One version of one table.

    Args:
        entries: Closed rows too: they are known, and say what they were.
    """

    def __init__(self, entries: Iterable[AuthorityEntry]) -> None:
        self._by_code: defaultdict[str, list[AuthorityEntry]] = defaultdict(list)
        self._by_name: defaultdict[str, list[AuthorityEntry]] = defaultdict(list)
        self._triples: defaultdict[str, list[int]] = defaultdict(list)
        self._words: list[tuple[str, AuthorityEntry]] = []
        for entry in entries:
            self._by_code[_plain(entry.code)].append(entry)
            names = dict.fromkeys(map(long_form, (entry.name, *entry.also)))
            for name in names:
                self._by_name[name].append(entry)
            if not entry.closed_at:
                for written in (_plain(entry.code), *names):
                    self._add(written, entry)

    def _add(self, written: str, entry: AuthorityEntry) -> None:
        number = len(self._words)
        self._words.append((written, entry))
        for triple in _triples(written):
            self._triples[triple].append(number)

    def __len__(self) -> int:
        return len(self._words)

    def by_code(self, code: str) -> tuple[AuthorityEntry, ...]:
        """Rows with that code, in any writing of capitals and separators."""
        return tuple(self._by_code.get(_plain(code), ()))

    def by_name(self, name: str) -> tuple[AuthorityEntry, ...]:
        """Rows with that name or abbreviation, marks and capitals apart."""
        return tuple(self._by_name.get(long_form(name), ()))

    @staticmethod
    def is_near(entry: AuthorityEntry, written: str, share: float) -> bool:
        """Whether `written` is one of the row's names but for a `share` of its letters: it is misspelt."""
        wanted = long_form(written)
        most = max(1, int(len(wanted) * share))
        return any(distance(wanted, long_form(name), most) <= most for name in (entry.name, *entry.also))

    def nearest(self, written: str, count: int = NEAREST) -> tuple[AuthorityEntry, ...]:
        """Open rows whose code or name is nearest to `written`, the nearest first; none that is far from it."""
        scored: dict[int, tuple[int, AuthorityEntry]] = {}
        for wanted in dict.fromkeys((_plain(written), long_form(written))):
            shared: Counter[int] = Counter()
            for triple in _triples(wanted):
                shared.update(self._triples.get(triple, ()))
            for number, _ in shared.most_common(_CANDIDATES):
                word, entry = self._words[number]
                most = max(1, int(max(len(word), len(wanted)) * _MOST_AWAY))
                away = distance(wanted, word, most)
                if away <= most and (id(entry) not in scored or away < scored[id(entry)][0]):
                    scored[id(entry)] = (away, entry)
        ordered = sorted(scored.values(), key=lambda pair: (pair[0], pair[1].code))
        return tuple(entry for _, entry in ordered[:count])


def _plain(code: str) -> str:
    return "".join(fold(code).split())


def _triples(text: str) -> set[str]:
    padded = f"  {text} "
    return {padded[at : at + 3] for at in range(len(padded) - 2)}
