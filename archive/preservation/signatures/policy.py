"""Which algorithms prove something, and until when: rows of a table, each with its reason.

No row turns a verdict into another by itself; a row that was used is named
among the verdict's reasons.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

VERSION = "2026-1"


@dataclass(frozen=True, slots=True)
class Row:
    """One algorithm and the instant after which it proves nothing. None: no end is set."""

    until: datetime | None
    why: str


_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_FAR = None

DIGESTS = {
    "md2": Row(_NEVER, "broken"),
    "md5": Row(_NEVER, "collisions since 2004"),
    "sha1": Row(datetime(2017, 1, 1, tzinfo=UTC), "ETSI TS 119 312: not for new signatures; collision shown in 2017"),
    "sha224": Row(datetime(2026, 1, 1, tzinfo=UTC), "ETSI TS 119 312 V1.4.3, table 5"),
    "sha256": Row(_FAR, "ETSI TS 119 312"),
    "sha384": Row(_FAR, "ETSI TS 119 312"),
    "sha512": Row(_FAR, "ETSI TS 119 312"),
    "sha3_256": Row(_FAR, "ETSI TS 119 312"),
    "sha3_384": Row(_FAR, "ETSI TS 119 312"),
    "sha3_512": Row(_FAR, "ETSI TS 119 312"),
    "shake256": Row(_FAR, "used by Ed448"),
}
"""By the name that asn1crypto gives; an algorithm without a row is unknown."""

IMPRINT_SHA1 = Row(
    datetime(2030, 1, 1, tzinfo=UTC),
    "Vietnamese time-stamp services still used SHA-1 imprints in 2025; forging one needs a second pre-image",
)
"""Practice row: message imprints of time-stamps, which are harder to forge than signatures over chosen text."""

RSA_BITS = ((1024, datetime(2011, 1, 1, tzinfo=UTC)), (2048, None))
"""Smallest RSA modulus and until when it is enough; smaller than the first row: never."""

EC_BITS = 224

CLOCK_SLACK = timedelta(minutes=5)
"""How far the clocks of authorities may be ahead of ours before what they say counts as from the future."""


def refused_digest(name: str, when: datetime) -> str | None:
    """Why the digest `name` proves nothing at `when`; None when it does."""
    row = DIGESTS.get(name)
    if row is None:
        return f"digest algorithm {name} is not known to the policy"
    if row.until is not None and when >= row.until:
        return f"digest algorithm {name}: {row.why}"
    return None


def refused_imprint(name: str, when: datetime) -> str | None:
    """Why a time-stamp's imprint by the digest `name` proves nothing at `when`; None when it does."""
    if name != "sha1":
        return refused_digest(name, when)
    until = IMPRINT_SHA1.until
    return "SHA-1 imprint" if until is not None and when >= until else None


def refused_key(kind: str, bits: int, when: datetime) -> str | None:
    """Why a key of `kind` (`rsa`, `ec`, other) with `bits` proves nothing at `when`; None when it does."""
    if kind == "ec":
        return None if bits >= EC_BITS else f"elliptic curve of {bits} bits"
    if kind != "rsa":
        return None
    enough = [until for least, until in RSA_BITS if bits >= least]
    if any(until is None or when < until for until in enough):
        return None
    return f"RSA key of {bits} bits"
