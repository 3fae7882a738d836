"""The validation policy: which algorithms prove something until when, and named practices. Data with sources.

A policy is a canonical JSON document, named by its SHA-256 in every verdict and
kept for ever, so that an old verdict can be given again under its own policy.
The one that comes with the program is `policy.toml`. Standard library only.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

from metadata.time import from_rfc3339

FORMAT = "luutru-policy 1"
MAX_DOCUMENT_BYTES = 1 << 20

NUMBER_AND_DATE = "number-and-date-between-signatures"
LOCAL_TIME = "signing-time-local-marked-utc"
IN_TURN = "several-signatures-in-turn"
SEAL_IMAGE = "seal-image"
IMPRINT_SHA1 = "imprint-sha1"
MISSING_INTERMEDIATE = "missing-intermediate"
RETROACTIVE = "retroactive-revocation"
GRACE_PERIOD = "grace-period"
PRACTICES = (
    NUMBER_AND_DATE,
    LOCAL_TIME,
    IN_TURN,
    SEAL_IMAGE,
    IMPRINT_SHA1,
    MISSING_INTERMEDIATE,
    RETROACTIVE,
    GRACE_PERIOD,
)
"""Every practice row that the engine knows; a policy has all of them."""


class PolicyUnreadableError(ValueError):
    """The document is no policy of a format that this program knows."""


@dataclass(frozen=True, slots=True)
class Row:
    """One algorithm, and the instant from which on it proves nothing."""

    until: datetime | None
    """None: no end is set."""

    source: str


@dataclass(frozen=True, slots=True)
class Practice:
    """One practice of agencies, with its place in the verdict and the legal note for people."""

    name: str
    value: str
    place: str
    vi: str
    en: str
    until: datetime | None = None
    days: int = 0


@dataclass(frozen=True)
class Policy:
    """A validation policy. Built from its document only, so that digest and content cannot part."""

    document: bytes = field(repr=False)
    """Canonical JSON."""

    @classmethod
    def of_document(cls, document: bytes) -> Policy:
        """The policy in `document`, checked.

        Raises:
            PolicyUnreadableError: it is none, or one of a newer format.
        """
        try:
            found = cls(document)
            if len(document) > MAX_DOCUMENT_BYTES or found.content["format"] != FORMAT:
                raise PolicyUnreadableError("another format")
            if _canonical(found.content) != document:
                raise PolicyUnreadableError("not in canonical form")
            if set(found.practices) != set(PRACTICES) or not found.digests or not found.rsa or not found.curves:
                raise PolicyUnreadableError("rows are missing")
            _ = found.slack, found.sha256
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            msg = f"no validation policy: {error}"
            raise PolicyUnreadableError(msg) from error
        return found

    @classmethod
    def of_content(cls, content: Mapping[str, Any]) -> Policy:
        """The policy with this content, as `tomllib` or `json` gives it.

        Raises:
            PolicyUnreadableError: it is none.
        """
        return cls.of_document(_canonical(content))

    @cached_property
    def sha256(self) -> str:
        """Digest of the document; names the policy in verdicts."""
        return hashlib.sha256(self.document).hexdigest()

    @cached_property
    def content(self) -> dict[str, Any]:
        """The document, parsed."""
        found = json.loads(self.document)
        if not isinstance(found, dict):
            raise PolicyUnreadableError("no object")
        return found

    @property
    def version(self) -> str:
        """What its makers call it."""
        return f"{self.content['name']} {self.content['version']}"

    @cached_property
    def slack(self) -> timedelta:
        """How far the clocks of authorities may be ahead of ours before what they say is from the future."""
        return timedelta(seconds=int(self.content["clock_slack_seconds"]))

    @cached_property
    def digests(self) -> dict[str, Row]:
        """Rows by name of the digest algorithm, such as `sha256`."""
        return {name: _row(entry) for name, entry in self.content["digest"].items()}

    @cached_property
    def curves(self) -> dict[str, Row]:
        """Rows by name of the curve, such as `secp256r1`."""
        return {name: _row(entry) for name, entry in self.content["curve"].items()}

    @cached_property
    def rsa(self) -> tuple[tuple[int, Row], ...]:
        """Smallest modulus in bits, ascending, each with its row."""
        return tuple(sorted(((int(e["bits"]), _row(e)) for e in self.content["rsa"]), key=lambda pair: pair[0]))

    @cached_property
    def practices(self) -> dict[str, Practice]:
        """Practice rows by name."""
        return {name: _practice(name, entry) for name, entry in self.content["practice"].items()}

    def digest_row(self, name: str) -> Row | None:
        """The row of a digest algorithm; None: the policy does not know it."""
        return self.digests.get(name)

    def imprint_row(self, name: str) -> Row | None:
        """The row of a time-stamp's imprint digest; SHA-1 has a practice row of its own here."""
        practice = self.practices[IMPRINT_SHA1]
        if name == "sha1" and practice.value == "accepted":
            return Row(practice.until, f"practice {IMPRINT_SHA1}")
        return self.digests.get(name)

    def key_row(self, kind: str, bits: int, curve: str | None = None) -> Row | None:
        """The row of a public key; None: the policy does not know its kind or curve.

        Args:
            kind: `rsa`, `ec`, `ed25519`, `ed448`, or another word.
            bits: Size of the modulus or of the field.
            curve: Name of the curve, of an `ec` key.
        """
        if kind == "rsa":
            return self._rsa_row(bits)
        return self.curves.get(curve or kind)

    def _rsa_row(self, bits: int) -> Row:
        # The largest modulus that is not larger than this one says until when it is enough.
        fitting = [row for least, row in self.rsa if bits >= least]
        if not fitting:
            return Row(_NEVER, f"RSA of {bits} bits is shorter than any that was ever enough")
        return fitting[-1]


_NEVER = from_rfc3339("1970-01-01T00:00:00Z")


def _row(entry: Mapping[str, Any]) -> Row:
    until = entry.get("until")
    return Row(from_rfc3339(until) if until else None, str(entry["source"]))


def _practice(name: str, entry: Mapping[str, Any]) -> Practice:
    until = entry.get("until")
    return Practice(
        name,
        str(entry["value"]),
        str(entry["place"]),
        str(entry["vi"]),
        str(entry["en"]),
        from_rfc3339(until) if until else None,
        int(entry.get("days", 0)),
    )


def _canonical(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


@lru_cache(maxsize=1)
def default_policy() -> Policy:
    """The policy that comes with the program (`policy.toml`)."""
    text = files(__package__ or "archive.preservation.signatures").joinpath("policy.toml").read_text("utf-8")
    return Policy.of_content(tomllib.loads(text))


@lru_cache(maxsize=32)
def policy_of(document: bytes) -> Policy:
    """A kept policy, parsed once.

    Raises:
        PolicyUnreadableError: see `Policy.of_document`.
    """
    return Policy.of_document(document)
