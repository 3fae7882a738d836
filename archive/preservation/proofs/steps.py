"""Steps of checking a proof, and what they mean together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from metadata.messages import text

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
class Said:
    """One sentence of the catalogue of messages, in whatever language it is wanted."""

    key: str
    """The message `proofs.said.KEY`."""

    values: Mapping[str, str | int] = field(default_factory=dict)

    def text(self, language: str) -> str:
        """The sentence."""
        return text(f"proofs.said.{self.key}", language, **self.values)

    def as_json(self) -> dict[str, Any]:
        """For a JSON line: in English for people, and as it is for programs."""
        return {"detail": self.text("en"), "message": self.key, "values": dict(self.values)}

    @classmethod
    def of_json(cls, line: Mapping[str, Any]) -> Said:
        """What `as_json` gave."""
        return cls(line["message"], line["values"])


def said(key: str, **values: str | int) -> Said:
    """The message `proofs.said.KEY`, filled with `values`."""
    return Said(key, values)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was checked."""

    name: str
    ok: bool | None
    """None: it neither holds nor fails; what is missing is in `said`."""

    said: Said
    decides: bool = True
    """False: reported beside the proof, says nothing about whether it holds."""

    more: Mapping[str, Any] = field(default_factory=dict)
    """Facts for programs."""

    @property
    def detail(self) -> str:
        """What was found, in English."""
        return self.said.text("en")

    def as_json(self) -> dict[str, Any]:
        """The contract's JSON line."""
        return {"step": self.name, "ok": self.ok, **self.said.as_json(), "decides": self.decides, **self.more}

    @classmethod
    def of_json(cls, line: Mapping[str, Any]) -> Step:
        """What `as_json` gave."""
        own = {"step", "ok", "detail", "message", "values", "decides"}
        more = {key: value for key, value in line.items() if key not in own}
        return cls(line["step"], line["ok"], Said.of_json(line), line["decides"], more)


@dataclass(frozen=True, slots=True)
class Report:
    """How a proof was found."""

    steps: tuple[Step, ...]
    subject: Mapping[str, Any] = field(default_factory=dict)
    proven: str | None = None
    """Earliest time at which the document is proven to have existed, RFC 3339; None: nothing proves one."""

    trusted: tuple[Said, ...] = ()
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
            "trusted": [what.text("en") for what in self.trusted],
            "manifest": self.manifest,
        }

    def as_json(self) -> dict[str, Any]:
        """Everything, for a process boundary."""
        trusted = [what.as_json() for what in self.trusted]
        return {"lines": [step.as_json() for step in self.steps], "last": self.last_line(), "trusted": trusted}

    @classmethod
    def of_json(cls, value: Mapping[str, Any]) -> Report:
        """What `as_json` gave."""
        last = value["last"]
        steps = tuple(Step.of_json(line) for line in value["lines"])
        trusted = tuple(Said.of_json(what) for what in value["trusted"])
        return cls(steps, last["subject"], last["proven"], trusted, last["manifest"])


EXIT_CODES = {True: 0, False: 3, None: 6}
"""Exit codes of the contract for `Report.ok`."""
