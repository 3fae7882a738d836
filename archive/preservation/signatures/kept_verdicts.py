"""Verdicts as a package keeps them, read and compared without pydantic: by the one-file verifier, too."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

MAX_VERDICTS = 5000
"""A hostile file may have a thousand remnants, each with its verdict."""

DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "sub_filter": None,
        "signer_subject": None,
        "best_time_proof": None,
        "claimed_times": {},
        "changed_after": [],
        "reasons": [],
        "plain": None,
        "practices": [],
        "would_help": [],
        "second_reader": {},
        "provisional": False,
        "judged_at": "",
        "trust_set": "",
        "policy": "",
        "engine": "",
    }
)
"""What a field of `metadata.verdicts.SignatureVerdict` is where a verdict does not have it."""

_TEXTS = ("path", "sha256", "trust_set", "policy", "judged_at", "engine", "facts", "content")


class KeptVerdictsUnreadableError(ValueError):
    """The document is no record of kept verdicts."""


@dataclass(frozen=True, slots=True)
class KeptVerdicts:
    """`metadata.package.FileVerdicts` as plain data: verdicts at intake on one original, and what they leant on."""

    path: str
    sha256: str
    trust_set: str = ""
    policy: str = ""
    judged_at: str = ""
    engine: str = ""
    facts: str = ""
    objects: tuple[str, ...] = ()
    content: str = ""
    verdicts: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)

    @classmethod
    def of_json(cls, found: object) -> KeptVerdicts:
        """From parsed JSON.

        Raises:
            KeptVerdictsUnreadableError: it is none.
        """
        if not isinstance(found, dict):
            raise KeptVerdictsUnreadableError("no object")
        texts = {name: found.get(name, "") for name in _TEXTS}
        objects, verdicts = found.get("objects", []), found.get("verdicts")
        if not all(isinstance(value, str) for value in texts.values()) or not texts["path"]:
            raise KeptVerdictsUnreadableError("a text is none")
        if not isinstance(objects, list) or not all(isinstance(name, str) for name in objects):
            raise KeptVerdictsUnreadableError("objects")
        if not isinstance(verdicts, list) or not 0 < len(verdicts) <= MAX_VERDICTS:
            raise KeptVerdictsUnreadableError("verdicts")
        if not all(isinstance(verdict, dict) for verdict in verdicts):
            raise KeptVerdictsUnreadableError("a verdict is none")
        return cls(**texts, objects=tuple(objects), verdicts=tuple(verdicts))

    @property
    def is_provisional(self) -> bool:
        """Given by the first release, which kept no bundle: it cannot be given again."""
        return not self.policy or any(verdict.get("provisional") for verdict in self.verdicts)

    def named(self) -> tuple[str, ...]:
        """Digests of all objects that it names, without those that the trust set names in its turn."""
        return tuple(name for name in (self.trust_set, self.policy, self.facts, *self.objects) if name)


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of one verdict that came out otherwise."""

    signature: str
    """Name of the signature field, or its number."""

    key: str
    kept: Any
    now: Any

    def as_json(self) -> dict[str, Any]:
        """For a JSON line."""
        return {"signature": self.signature, "key": self.key, "kept": self.kept, "now": self.now}


def certificates_of_set(document: bytes) -> tuple[str, ...]:
    """SHA-256 of the certificates that a trust set's document names; the document itself is not checked here.

    Raises:
        KeptVerdictsUnreadableError: it names none in any form that a set ever had.
    """
    try:
        found = tuple(row["sha256"] for row in json.loads(document)["certificates"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        msg = f"no trust set: {type(error).__name__}"
        raise KeptVerdictsUnreadableError(msg) from error
    if not all(isinstance(name, str) for name in found):
        raise KeptVerdictsUnreadableError("no trust set: a digest is none")
    return found


def completed(verdict: Mapping[str, Any]) -> dict[str, Any]:
    """A verdict with all its fields."""
    return {**DEFAULTS, **verdict}


def canonical(verdicts: Sequence[Mapping[str, Any]]) -> bytes:
    """Verdicts in the one spelling in which they are compared."""
    return json.dumps([completed(v) for v in verdicts], ensure_ascii=False, sort_keys=True).encode()


def differences(kept: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> tuple[Difference, ...]:
    """Where two lists of verdicts differ; empty exactly when their canonical bytes are equal."""
    if canonical(kept) == canonical(now):
        return ()
    if len(kept) != len(now):
        return (Difference("", "number of signatures", len(kept), len(now)),)
    return tuple(_differences(kept, now))


def _differences(kept: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> Iterator[Difference]:
    for number, (old, new) in enumerate(zip(map(completed, kept), map(completed, now), strict=True), start=1):
        name = str(old.get("field") or number)
        for key in sorted(old.keys() | new.keys()):
            before, after = old.get(key), new.get(key)
            if json.dumps(before, sort_keys=True) != json.dumps(after, sort_keys=True):
                yield Difference(name, key, before, after)
