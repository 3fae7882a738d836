"""The rule registry: every legal and technical rule, as data (`*.toml` beside this file, one file a prefix).

A rule is a TOML table named by its id::

    [ING-020]
    severity = "error"
    source = "TT 05/2025/TT-BNV, mimetype table; what cannot be read in fifty years is not taken in"
    vi = "Tệp “{subject}” là {found}, không thuộc các định dạng kho nhận."
    vi_remedy = "Chuyển tệp sang PDF, DOCX … rồi nộp lại."
    en = "File “{subject}” is {found}, a format that the archive does not take."
    en_remedy = "Convert it to PDF, DOCX … and deliver again."

Placeholders are `subject`, `file`, `sheet`, `row`, `column` and the keys of
`Finding.values`; one that the finding lacks is left out, never an error.

Brackets hold wordings of a part, parted by `|`: the first of whose placeholders
none is empty is said, or nothing. Packages and messages have no rows::

    vi = "[Dòng {row}: |“{file}”: ]tệp “{written}” mang số thứ tự {other} …"

A text that begins with brackets begins with a capital, whatever is said of them.
"""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from metadata.findings import Finding, Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the law or of the archive."""

    id: str
    severity: Severity
    source: str
    texts: Mapping[str, str]
    """Text by language (`vi`, `en`)."""

    remedies: Mapping[str, str]
    """What to do about it, by language."""


class UnknownRuleError(KeyError):
    """A finding names a rule that stands in no registry file: a defect of the program."""


_PART = re.compile(r"\[([^]]*)\]")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class _Lenient(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


@cache
def rules() -> Mapping[str, Rule]:
    """All rules by id, in order of id."""
    found: dict[str, Rule] = {}
    for entry in sorted(files(__package__).iterdir(), key=lambda e: e.name):
        if not entry.name.endswith(".toml"):
            continue
        for rule_id, row in tomllib.loads(entry.read_text(encoding="utf-8")).items():
            if rule_id in found:
                msg = f"rule {rule_id} stands twice"
                raise ValueError(msg)
            found[rule_id] = Rule(
                rule_id,
                Severity(row["severity"]),
                row["source"],
                {"vi": row["vi"], "en": row["en"]},
                {"vi": row["vi_remedy"], "en": row["en_remedy"]},
            )
    return dict(sorted(found.items()))


def rule(rule_id: str) -> Rule:
    """The rule called `rule_id`.

    Raises:
        UnknownRuleError: there is none.
    """
    try:
        return rules()[rule_id]
    except KeyError:
        raise UnknownRuleError(rule_id) from None


def severity_of(finding: Finding) -> Severity:
    """Severity of the rule that `finding` breaks."""
    return rule(finding.rule).severity


def worded(template: str, is_known: Callable[[str], bool]) -> str:
    """`template` without brackets: of each part the first wording of which all placeholders are known."""

    def first(part: re.Match[str]) -> str:
        wordings = part[1].split("|")
        return next((words for words in wordings if all(map(is_known, _PLACEHOLDER.findall(words)))), "")

    said = _PART.sub(first, template)
    return said[:1].upper() + said[1:] if template.startswith("[") else said


def _filled(template: str, finding: Finding) -> str:
    places = {
        "subject": finding.subject,
        "file": finding.file or "",
        "sheet": finding.sheet or "",
        "row": "" if finding.row is None else str(finding.row),
        "column": finding.column or "",
    }
    values = _Lenient({**places, **finding.values})
    said = worded(template, lambda name: bool(values.get(name)))
    return string.Formatter().vformat(said, (), values)


def message(finding: Finding, language: str) -> str:
    """What is wrong and what to do about it, as one text in `language` (`vi` or `en`)."""
    return " ".join(wrong_and_remedy(finding, language)).strip()


def wrong_and_remedy(finding: Finding, language: str) -> tuple[str, str]:
    """What is wrong, and what to do about it, in `language` (`vi` or `en`)."""
    row = rule(finding.rule)
    return _filled(row.texts[language], finding), _filled(row.remedies[language], finding)


def as_json(finding: Finding, language: str) -> dict[str, Any]:
    """The finding as the contract's `findings[]` entry."""
    entry: dict[str, Any] = {
        "rule": finding.rule,
        "severity": severity_of(finding).value,
        "subject": finding.subject,
    }
    for key in ("file", "sheet", "row", "column"):
        value = getattr(finding, key)
        if value is not None:
            entry[key] = value
    if "written" in finding.values:
        entry["value"] = finding.values["written"]
    entry["message"] = message(finding, language)
    return entry


def errors_of(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Those findings that reject."""
    return tuple(f for f in findings if severity_of(f) is Severity.ERROR)


def secrets_of(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Those findings that reject because of a grade of secrecy: nothing else of the dossier may be told or kept."""
    return tuple(f for f in errors_of(findings) if f.rule.startswith("SEC-"))
