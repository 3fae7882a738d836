"""How values are written for people: dates, sizes, statuses, names of fields and events."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from archive.preservation.signatures.page import told
from metadata.findings import Finding, Severity
from metadata.messages import catalogue, text
from metadata.profiles import PROFILES, Section, profile
from metadata.rules import as_json, rule, severity_of

_DAY = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")
_KIB = 1024
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


@dataclass(frozen=True, slots=True)
class Words:
    """Words in one language."""

    language: str

    def text(self, key: str, **values: object) -> str:
        """The message `web.{key}`."""
        return text(f"web.{key}", self.language, **values)

    def label(self, group: str, word: str | None) -> str:
        """What people call a fixed word; the word itself where it has no other name."""
        key = re.sub(r"[^a-z0-9]+", "_", (word or "").lower()).strip("_")
        known = f"web.{group}.{key}"
        return text(known, self.language) if known in catalogue() else word or ""

    def reason(self, reason: str) -> str:
        """A reason of a verdict: its meaning, with the engine's own words behind it."""
        return told(reason, self.language)

    def day(self, written: str | None) -> str:
        """A civil date: day first in Vietnamese, ISO in English."""
        match = _DAY.fullmatch(written or "")
        if match is None or self.language != "vi":
            return written or ""
        return "/".join(part for part in reversed(match.groups()) if part)

    def number(self, value: float) -> str:
        """A whole number with the separators of the language."""
        grouped = f"{value:,.0f}"
        return grouped.replace(",", ".") if self.language == "vi" else grouped

    def size(self, size_bytes: int) -> str:
        """Bytes in a unit that people can read."""
        value, unit = float(size_bytes), 0
        while value >= _KIB and unit < len(_UNITS) - 1:
            value, unit = value / _KIB, unit + 1
        digits = f"{value:.0f}" if unit == 0 or value >= 100 else f"{value:.1f}"  # noqa: PLR2004 - three digits are enough
        return f"{digits.replace('.', ',') if self.language == 'vi' else digits} {_UNITS[unit]}"

    def field(self, profile_id: str, key: str) -> str:
        """Name of a metadata field in its circular."""
        for known in (profile_id, *PROFILES):
            for section in Section if known in PROFILES else ():
                if (entry := profile(known).field(section, key)) is not None:
                    return entry.label(self.language)
        return key

    def fields(self, profile_id: str, metadata: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Fields with a value, by name."""
        rows = []
        for key, cell in metadata.items():
            if key == "extra":
                rows += [(name, str(value)) for name, value in cell.items()]
            elif value := (cell.get("value") or cell.get("written")):
                rows.append((self.field(profile_id, key), self.day(value) if _DAY.fullmatch(value) else value))
        return rows

    def findings(self, found: Iterable[Finding]) -> list[dict[str, Any]]:
        """Findings by rule, errors first, each with its places."""
        groups: dict[str, dict[str, Any]] = {}
        for finding in found:
            group = groups.setdefault(
                finding.rule,
                {
                    "rule": finding.rule,
                    "error": severity_of(finding) is Severity.ERROR,
                    "source": rule(finding.rule).source,
                    "entries": [],
                },
            )
            group["entries"].append(as_json(finding, self.language))
            group["size"] = len(group["entries"])
        return sorted(groups.values(), key=lambda group: (not group["error"], group["rule"]))
