"""Code lists: words and codes both ways, for TT 05/2025 and for the words of TT 02/2019 practice."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files

_CODE_AND_WORD = re.compile(r"^(\d{1,2})\s*[-–:.)]?\s+(\S.*)$")
_LONGEST_ABBREVIATION = 12
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

    abbr: str = ""
    """Abbreviation of Nghị định 30/2020/NĐ-CP, Phụ lục III. `DA` and `ĐA` are two: compared with marks."""


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
    _former: Mapping[str, str] = field(repr=False, default_factory=dict)
    """Words of older law that have no code, by their foldings."""

    @property
    def former_words(self) -> frozenset[str]:
        """Words of older law that have no code."""
        return frozenset(self._former.values())

    def former(self, value: str) -> str | None:
        """The word of older law that `value` is (`Lâu dài`, `Tạm thời`); None for any other."""
        return self._former.get(fold(value))

    def abbreviated(self, text: str) -> Entry | None:
        """The entry whose abbreviation `text` is as a whole, with its marks; never by its beginning."""
        if len(text) > _LONGEST_ABBREVIATION:
            return None
        wanted = unicodedata.normalize("NFC", text.strip()).casefold()
        return next((entry for entry in self.entries if entry.abbr and entry.abbr.casefold() == wanted), None)

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
        return self._by_word.get(fold(text)) or self.abbreviated(text)

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
            word = self._word(entry, part, legacy=legacy) if entry else self._uncoded(part, codes=codes)
            if word is None:
                return None
            found += [w for w in word.split(", ") if w not in found]
        return ", ".join(found) or None

    def _word(self, entry: Entry, part: str, *, legacy: bool) -> str:
        return entry.legacy if legacy and fold(part) == fold(entry.legacy) else entry.vi

    def code(self, value: str) -> str | None:
        """The code of TT 05/2025 for words as `words` gives them, or as TT 02/2019 writes them.

        A number of years without a code of its own and a word of older law are
        `07` (other); several languages without a common code are `11` (other).
        """
        entry = self._by_word.get(fold(value)) or self.abbreviated(value)
        if entry:
            return entry.code
        parts = [part for part in re.split(r"[,;]", value) if part.strip()]
        known = [self._by_word.get(fold(part)) for part in parts]
        if self.multiple and (common := self._common(known)):
            return common.code
        other = self._by_word.get("khac")
        if other and (self._uncoded(value, codes=False) or (self.multiple and len(parts) > 1 and all(known))):
            return other.code
        return None

    def _common(self, parts: Sequence[Entry | None]) -> Entry | None:
        """The entry that stands for several together, in any order: HD 169/2010 asks for that of the alphabet."""
        wanted = {part.vi for part in parts if part}
        if len(wanted) < 2 or None in parts:  # noqa: PLR2004 - one alone has its own code
            return None
        return next((entry for entry in self.entries if set(entry.vi.split(", ")) == wanted), None)

    def _uncoded(self, value: str, *, codes: bool) -> str | None:
        """A number of years, or a word of older law: what has a meaning and no code of its own."""
        return self.former(value) or self._years(value, codes=codes)

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
            Entry(e["code"], e["vi"], e["en"], e.get("legacy", e["vi"]), tuple(e.get("also", ())), e.get("abbr", ""))
            for e in row["entries"]
        )
        by_word: dict[str, Entry] = {}
        for entry in entries:
            for word in (entry.vi, entry.legacy, *entry.also):
                if by_word.setdefault(fold(word), entry) != entry:
                    msg = f"vocabulary {vocabulary_id}: {word!r} stands for two codes"
                    raise ValueError(msg)
        former = {
            fold(word): entry["vi"] for entry in row.get("former", ()) for word in (entry["vi"], *entry.get("also", ()))
        }
        found[vocabulary_id] = Vocabulary(
            vocabulary_id, row["source"], entries, row.get("open", False), row.get("multiple", False), by_word, former
        )
    return found
