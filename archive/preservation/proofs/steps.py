"""Steps of checking a proof, and what they mean together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CONTAINER = "container"
MANIFEST = "manifest"
STATEMENT = "statement"
RECORD = "evidence-record"
TIME_STAMP = "time-stamp"
OBJECTS = "evidence-objects"
STRUCTURE = "structure"
REPLAY = "replay"
VERDICT = "verdict"
OWN_TRUST = "own-trust"
README = "readme"
LIMITS = "limits"
NAMES = (
    CONTAINER,
    MANIFEST,
    STATEMENT,
    RECORD,
    TIME_STAMP,
    OBJECTS,
    STRUCTURE,
    REPLAY,
    VERDICT,
    OWN_TRUST,
    README,
    LIMITS,
)
"""Every step that there is; `proofs.step.NAME` is its title in the catalogue of messages."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was checked."""

    name: str
    ok: bool | None
    """None: it neither holds nor fails; what is missing is in `detail`."""

    detail: str = ""
    decides: bool = True
    """False: reported beside the proof, says nothing about whether it holds."""

    more: Mapping[str, Any] = field(default_factory=dict)
    """Facts for programs."""

    def as_json(self) -> dict[str, Any]:
        """The contract's JSON line."""
        return {"step": self.name, "ok": self.ok, "detail": self.detail, "decides": self.decides, **self.more}

    @classmethod
    def of_json(cls, line: Mapping[str, Any]) -> Step:
        """What `as_json` gave."""
        own = {"step", "ok", "detail", "decides"}
        more = {key: value for key, value in line.items() if key not in own}
        return cls(line["step"], line["ok"], line["detail"], line["decides"], more)


@dataclass(frozen=True, slots=True)
class Report:
    """How a proof was found."""

    steps: tuple[Step, ...]
    subject: Mapping[str, Any] = field(default_factory=dict)
    proven: str | None = None
    """Earliest time at which the document is proven to have existed, RFC 3339; None: nothing proves one."""

    trusted: tuple[str, ...] = ()
    """What had to be trusted beside the arithmetic: anchors of the auditor, the clock."""

    manifest: str = ""
    """SHA-256 of the manifest: names this proof."""

    @property
    def ok(self) -> bool | None:
        """True: it holds under the auditor's own anchors; False: it is broken; None: it cannot be concluded."""
        words = [step.ok for step in self.steps if step.decides]
        if False in words:
            return False
        return None if None in words or not words else True

    def last_line(self) -> dict[str, Any]:
        """The contract's last line."""
        return {
            "subject": dict(self.subject),
            "ok": self.ok,
            "steps": [{"step": step.name, "ok": step.ok, "decides": step.decides} for step in self.steps],
            "proven": self.proven,
            "trusted": list(self.trusted),
            "manifest": self.manifest,
        }

    def as_json(self) -> dict[str, Any]:
        """Everything, for a process boundary."""
        return {"lines": [step.as_json() for step in self.steps], "last": self.last_line()}

    @classmethod
    def of_json(cls, value: Mapping[str, Any]) -> Report:
        """What `as_json` gave."""
        last = value["last"]
        steps = tuple(Step.of_json(line) for line in value["lines"])
        return cls(steps, last["subject"], last["proven"], tuple(last["trusted"]), last["manifest"])


EXIT_CODES = {True: 0, False: 3, None: 6}
"""Exit codes of the contract for `Report.ok`."""
