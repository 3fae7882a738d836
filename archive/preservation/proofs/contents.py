"""What a proof says of itself: the manifest that covers every member, and the statement of what is proven.

Both are canonical JSON: a reader writes them anew and compares the bytes, so
that nothing can hide between two spellings. Only the standard library is
imported.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FORMAT = "luutru-proof 1"
MANIFEST = "manifest.json"
STATEMENT = "proof.json"
README = "README.txt"
EVENTS = "events.jsonl"
RECORD = "evidence-record.der"
DOCUMENT = "document/"
OBJECTS = "evidence/objects/"
MAX_JSON_BYTES = 8 << 20
MAX_GROUP = 4_000

_DIGEST = re.compile(r"[0-9a-f]{64}")


class ContentsBrokenError(ValueError):
    """A document of the proof is not what its format says."""


def canonical(value: object) -> bytes:
    """`value` as JSON in the one spelling that proofs use."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"


def read_json(data: bytes) -> Any:  # noqa: ANN401 - whatever stands in the document
    """JSON of any spelling.

    Raises:
        ContentsBrokenError: it is none, or is nested beyond reading.
    """
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        msg = f"no JSON: {type(error).__name__}"
        raise ContentsBrokenError(msg) from error


def _read_canonical(data: bytes, name: str) -> dict[str, Any]:
    found = read_json(data)
    try:
        same = isinstance(found, dict) and canonical(found) == data
    except (ValueError, RecursionError):
        same = False
    if not same:
        msg = f"{name} is not in its canonical spelling"
        raise ContentsBrokenError(msg)
    if found.get("format") != FORMAT:
        msg = f"{name} is of the format {str(found.get('format'))[:60]!r}, known is {FORMAT!r}"
        raise ContentsBrokenError(msg)
    return dict(found)


@dataclass(frozen=True, slots=True)
class Listed:
    """One member in the manifest."""

    name: str
    sha256: str
    size: int


def manifest(members: Sequence[Listed]) -> bytes:
    """The manifest over all other members, in their order."""
    rows = [{"bytes": member.size, "name": member.name, "sha256": member.sha256} for member in members]
    return canonical({"format": FORMAT, "members": rows})


def read_manifest(data: bytes) -> tuple[Listed, ...]:
    """The members that `manifest` listed.

    Raises:
        ContentsBrokenError: it is no manifest.
    """
    found = _read_canonical(data, MANIFEST)
    rows = found.get("members")
    if set(found) != {"format", "members"} or not isinstance(rows, list):
        raise ContentsBrokenError("the manifest has other parts than a manifest has")
    return tuple(_listed(row) for row in rows)


def _listed(row: object) -> Listed:
    if isinstance(row, dict) and set(row) == {"bytes", "name", "sha256"}:
        name, size, digest = row["name"], row["bytes"], row["sha256"]
        if isinstance(name, str) and type(size) is int and is_digest(digest):
            return Listed(name, digest, size)
    raise ContentsBrokenError("a line of the manifest is no member")


def is_digest(value: object) -> bool:
    """Whether `value` is a SHA-256 in lower-case hexadecimal."""
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class Statement:
    """What the proof is about, and which members play which part."""

    subject: Mapping[str, Any]
    """`package_id`, `dossier_id`, `ordinal`, `doc_code`, `file_code`."""

    group: tuple[str, ...]
    """Members under `document/`: the data group that the evidence record covers, exactly these."""

    verdicts: tuple[str, ...]
    """Those of `group` that are verdicts at intake."""

    originals: tuple[str, ...]
    """Those of `group` that came in."""

    signed_elsewhere: Mapping[str, Mapping[str, str]]
    """Digests, by SHA-256, of a file that a detached signature signs and that is another document."""

    links: tuple[str, ...] = ()
    """Evidence objects (SHA-256): certificates between time-stamps and their roots that the tokens do not carry."""

    def document(self) -> bytes:
        """It as canonical JSON."""
        return canonical(
            {
                "data_group": list(self.group),
                "format": FORMAT,
                "links": list(self.links),
                "originals": list(self.originals),
                "signed_elsewhere": {key: dict(value) for key, value in self.signed_elsewhere.items()},
                "subject": dict(self.subject),
                "verdicts": list(self.verdicts),
            }
        )


def read_statement(data: bytes) -> Statement:
    """What `Statement.document` wrote.

    Raises:
        ContentsBrokenError: it is no statement.
    """
    found = _read_canonical(data, STATEMENT)
    keys = {"data_group", "format", "links", "originals", "signed_elsewhere", "subject", "verdicts"}
    subject, elsewhere = found.get("subject"), found.get("signed_elsewhere")
    if set(found) != keys or not isinstance(subject, dict) or not isinstance(elsewhere, dict):
        raise ContentsBrokenError("the statement has other parts than a statement has")
    for key, digests in elsewhere.items():
        if not is_digest(key) or not isinstance(digests, dict) or not all(isinstance(v, str) for v in digests.values()):
            raise ContentsBrokenError("signed_elsewhere holds something else than digests")
    links = found["links"]
    if not isinstance(links, list) or not all(is_digest(link) for link in links):
        raise ContentsBrokenError("links are something else than digests")
    group = _names(found["data_group"])
    verdicts, originals = _names(found["verdicts"]), _names(found["originals"])
    if not group or len(group) > MAX_GROUP or not set(verdicts) | set(originals) <= set(group):
        raise ContentsBrokenError("the statement's lists of members do not fit together")
    return Statement(subject, group, verdicts, originals, elsewhere, tuple(links))


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(n, str) and n.startswith(DOCUMENT) for n in value):
        raise ContentsBrokenError("a list of the statement names something outside the document")
    if len(set(value)) != len(value):
        raise ContentsBrokenError("a list of the statement names a member twice")
    return tuple(value)
