"""Code lists: words and codes both ways, for TT 05/2025 and for the words of TT 02/2019 practice."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files

_CODE_AND_WORD = re.compile(r"^(\d{1,2})\s*[-–:.)]?\s+(\S.*)$")
_YEARS = re.compile(r"^(\d{1,3})(?:\s*nam)?$")


@lru_cache(maxsize=1 << 14)
def fold(text: str) -> str:
    """`text` as people compare it: no marks, no case, đ as d, only letters and digits, single spaces."""
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    kept = "".join(c if c.isalnum() else " " for c in decomposed if not unicodedata.combining(c))
    return " ".join(kept.split())


@dataclass(frozen=True, slots=True)
class Entry:
    """One code of a list."""

    code: str
    vi: str
    en: str
    legacy: str
    """The word that TT 02/2019 practice writes."""

    also: tuple[str, ...] = ()
    """Other words that people write for it."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """A code list. Words are compared without case and marks."""

    id: str
    source: str
    entries: tuple[Entry, ...]
    open: bool
    """True: has a code "other", or is only practice; an unknown word is a doubt, no more."""

    multiple: bool
    """True: several values may stand in one cell, parted by commas or semicolons."""

    _by_word: Mapping[str, Entry] = field(repr=False, default_factory=dict)

    def entry(self, value: str, *, codes: bool) -> Entry | None:
        """The entry that `value` means: a word, `05 20 năm`, or the bare code where `codes` is true.

        A bare number is a code only under the headings of TT 05/2025, where `5`
        and `05` are the same; elsewhere `5` in a retention column is five years.
        """
        text = value.strip()
        if codes and (found := self._by_code(text)):
            return found
        both = _CODE_AND_WORD.match(text)
        if both and (found := self._by_code(both[1])) and self._by_word.get(fold(both[2])) == found:
            return found
        return self._by_word.get(fold(text))

    def _by_code(self, text: str) -> Entry | None:
        if not text.isascii() or not text.isdigit():
            return None
        return next((e for e in self.entries if int(e.code) == int(text)), None)

    def words(self, value: str, *, codes: bool, legacy: bool = False) -> str | None:
        """`value` as Vietnamese words; several joined by `, `; None where a part is not understood.

        Words are those of TT 05/2025, except that `legacy` keeps a word of TT 02/2019 that was written.
        """
        parts = [part for part in re.split(r"[,;]", value) if part.strip()] if self.multiple else [value]
        found: list[str] = []
        for part in parts:
            entry = self.entry(part, codes=codes)
            word = self._word(entry, part, legacy=legacy) if entry else self._years(part, codes=codes)
            if word is None:
                return None
            found += [w for w in word.split(", ") if w not in found]
        return ", ".join(found) or None

    def _word(self, entry: Entry, part: str, *, legacy: bool) -> str:
        return entry.legacy if legacy and fold(part) == fold(entry.legacy) else entry.vi

    def code(self, value: str) -> str | None:
        """The code of TT 05/2025 for words as `words` gives them, or as TT 02/2019 writes them.

        A number of years without a code of its own is `07` (other); several
        languages without a common code are `11` (other).
        """
        entry = self._by_word.get(fold(value))
        if entry:
            return entry.code
        parts = [part for part in re.split(r"[,;]", value) if part.strip()]
        known = [self._by_word.get(fold(part)) for part in parts]
        other = self._by_word.get("khac")
        if other and (self._years(value, codes=False) or (self.multiple and len(parts) > 1 and all(known))):
            return other.code
        return None

    def _years(self, value: str, *, codes: bool) -> str | None:
        if self.id != "maintenance":
            return None
        match = _YEARS.match(fold(value))
        if match is None or (value.strip().isdigit() and (codes or value.strip().startswith("0"))):
            return None
        return f"{int(match[1])} năm" if int(match[1]) > 0 else None


@cache
def vocabularies() -> Mapping[str, Vocabulary]:
    """All code lists by id."""
    table = tomllib.loads((files(__package__) / "vocabularies.toml").read_text(encoding="utf-8"))
    found: dict[str, Vocabulary] = {}
    for vocabulary_id, row in table.items():
        entries = tuple(
            Entry(e["code"], e["vi"], e["en"], e.get("legacy", e["vi"]), tuple(e.get("also", ())))
            for e in row["entries"]
        )
        by_word: dict[str, Entry] = {}
        for entry in entries:
            for word in (entry.vi, entry.legacy, *entry.also):
                if by_word.setdefault(fold(word), entry) != entry:
                    msg = f"vocabulary {vocabulary_id}: {word!r} stands for two codes"
                    raise ValueError(msg)
        found[vocabulary_id] = Vocabulary(
            vocabulary_id, row["source"], entries, row.get("open", False), row.get("multiple", False), by_word
        )
    return found
