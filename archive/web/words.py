"""How values are written for people: dates, sizes, statuses, names of fields and events."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from metadata.findings import Finding, Severity
from metadata.messages import catalogue, text
from metadata.profiles import PROFILES, Section, profile
from metadata.rules import as_json, rule, severity_of
from metadata.time import VIETNAM, from_rfc3339

_DAY = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")
_COMMON_NAME = re.compile(r"(?:^|,)CN=((?:\\.|[^,\\])+)")
_KIB = 1024
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


@dataclass(frozen=True, slots=True)
class Words:
    """Words in one language."""

    language: str

    def text(self, key: str, **values: object) -> str:
        """The message `web.{key}`; where there is none the message `key`, of an area with a file of its own."""
        known = f"web.{key}"
        return text(known if known in catalogue() else key, self.language, **values)

    def label(self, group: str, word: str | None) -> str:
        """What people call a fixed word; the word itself where it has no other name."""
        key = re.sub(r"[^a-z0-9]+", "_", (word or "").lower()).strip("_")
        known = f"web.{group}.{key}"
        return text(known, self.language) if known in catalogue() else word or ""

    def known(self, group: str, word: str | None) -> str:
        """The message `group.word` of any area, unfilled; the word itself where there is none."""
        key = f"{group}.{word}"
        return catalogue()[key][self.language] if word and key in catalogue() else word or ""

    def reason(self, reason: str) -> str:
        """A reason of a verdict: its meaning, with the engine's own words behind it."""
        from archive.preservation.signatures.page import told  # noqa: PLC0415 - `luutru show` has no time for XML

        return told(reason, self.language)

    def day(self, written: str | None) -> str:
        """A civil date: day first in Vietnamese, ISO in English."""
        match = _DAY.fullmatch(written or "")
        if match is None or self.language != "vi":
            return written or ""
        return "/".join(part for part in reversed(match.groups()) if part)

    def instant(self, written: str) -> str:
        """A point in time, day first, by the clock of Vietnam; a script of the page tells it by the reader's own."""
        first = written.partition("/")[0]
        try:
            return from_rfc3339(first).astimezone(VIETNAM).strftime("%d/%m/%Y %H:%M")
        except ValueError:
            return self.day(first)

    def name(self, subject: str) -> str:
        """What people call the subject of a certificate: its common name, or all of it where it has none."""
        found = _COMMON_NAME.search(subject)
        return re.sub(r"\\(.)", r"\1", found[1]) if found else subject

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

    def field(self, profile_id: str, key: str, kind: str = "") -> str:
        """Name of a metadata field in its circular; tables call one field differently, that of `kind` counts first."""
        sections = sorted(Section, key=lambda section: section.value != kind)
        for known in (profile_id, *PROFILES):
            for section in sections if known in PROFILES else ():
                if (entry := profile(known).field(section, key)) is not None:
                    return entry.label(self.language)
        return key

    def fields(self, profile_id: str, metadata: Mapping[str, Any], kind: str = "") -> list[tuple[str, str]]:
        """Fields with a value, by name in the table of `kind` (`dossier`, `document`, `photo` …)."""
        rows = []
        for key, cell in metadata.items():
            if key == "extra":
                rows += [(name, str(value)) for name, value in cell.items()]
            elif value := (cell.get("value") or cell.get("written")):
                rows.append((self.field(profile_id, key, kind), self.day(value) if _DAY.fullmatch(value) else value))
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
