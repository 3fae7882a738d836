"""Findings of one package as they come together: each told once, what repeats itself told once with its number."""

from __future__ import annotations

from collections.abc import Mapping

from ingest.readers.listing import shown
from metadata.findings import Finding

MOST_OF_A_RULE = 2000
"""Findings of one rule that are told one by one; a package that breaks it more often is told so often."""


class Notes:
    """Collects findings."""

    def __init__(self) -> None:
        self._told: dict[str, Finding] = {}
        self._tallies: dict[tuple[str, str, str], list[Finding]] = {}
        self._counts: dict[tuple[str, str, str], int] = {}
        self._of_rule: dict[str, int] = {}

    def tell(
        self, rule: str, subject: str, *, file: str | None = None, column: str | None = None, **values: str
    ) -> None:
        """Note that `rule` is broken at one place."""
        self._of_rule[rule] = self._of_rule.get(rule, 0) + 1
        if self._of_rule[rule] <= MOST_OF_A_RULE:
            finding = _finding(rule, subject, file, column, values)
            self._told.setdefault(finding.model_dump_json(), finding)

    def tally(
        self,
        rule: str,
        subject: str,
        *,
        per: str = "",
        file: str | None = None,
        column: str | None = None,
        **values: str,
    ) -> None:
        """Count that `rule` is broken once more; told once for each `per` and `file`, by its first place."""
        key = (rule, per, file or "")
        self._counts[key] = self._counts.get(key, 0) + 1
        if key not in self._tallies:
            self._tallies[key] = [_finding(rule, subject, file, column, values)]

    def findings(self) -> tuple[Finding, ...]:
        """Everything noted, in order of rules."""
        found = list(self._told.values())
        for key, (first,) in self._tallies.items():
            found.append(first.model_copy(update={"values": {**first.values, "count": str(self._counts[key])}}))
        for rule, count in self._of_rule.items():
            if count > MOST_OF_A_RULE:
                more = f"… (+{count - MOST_OF_A_RULE})"
                found.append(Finding(rule=rule, subject=more, values={"written": more}))
        return tuple(sorted(found, key=lambda finding: finding.rule))


def _finding(rule: str, subject: str, file: str | None, column: str | None, values: Mapping[str, str]) -> Finding:
    """A finding whose words show what they are: what XML holds may turn the direction of writing or break the line."""
    plain = {name: shown(text) for name, text in values.items()}
    return Finding(
        rule=rule,
        subject=shown(subject),
        file=file,
        column=None if column is None else shown(column),
        values=plain,
    )
