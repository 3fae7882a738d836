"""What a package says of itself: kind, profile, name, record status, agents; and what of it is odd."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.readers.eark.notes import Notes
from ingest.readers.eark.places import plain
from ingest.readers.eark.records import MetsRecord
from metadata.descriptions import RecordStatus

_PROFILE = re.compile(r"E-ARK-(CSIP|SIP|AIP|DIP)(?:[-_]?v?\d[\d.\-_]*)?(?:\.xml)?/?$", re.IGNORECASE)
_ESTONIAN = re.compile(r"^https?://(?:www\.)?ra\.ee/METS/v01/", re.IGNORECASE)
"""What TT 05/2025 prints for the root of an AIP."""

_KINDS = ("SIP", "AIP", "DIP")
_STATUSES = {
    "": RecordStatus.NEW,
    "NEW": RecordStatus.NEW,
    "SUPPLEMENT": RecordStatus.SUPPLEMENT,
    "REPLACEMENT": RecordStatus.REPLACEMENT,
    "TEST": RecordStatus.TEST,
}
_RELATED = ("relatedpackage", "related package", "previoussubmission", "previousreferencecode", "referencecode")
_OWN_NOTE = re.compile(r"luutru-aip \d+\.\d+")
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Identity:
    """A package as its root METS presents it."""

    kind: str
    """`SIP`, `AIP` or `DIP`."""

    objid: str
    status: RecordStatus
    related: str
    """Identifier of the package that it supplements or replaces, where it names one."""

    submission: str
    """altRecordID SUBMISSIONAGREEMENT."""

    bodies: tuple[tuple[str, str], ...]
    """Role and name (with its code) of each body and person that had part in it."""

    own: bool
    """Whether this archive's program wrote it."""


def identify(root: MetsRecord, folder: str, notes: Notes) -> Identity:
    """What `root` says of its package, which lies in a folder of the name `folder`."""
    objid = root.said("objid")
    alternatives = {kind.casefold(): value for kind, value in root.alternatives if value}
    if not objid or not _same_name(objid, folder):
        notes.tell("EAR-007", folder, file=root.path, found=folder, written=objid[:_SHOWN])
    _tell_agents(root, notes)
    return Identity(
        kind=_kind(root, notes),
        objid=objid,
        status=_status(root, notes),
        related=next((alternatives[key] for key in _RELATED if key in alternatives), ""),
        submission=alternatives.get("submissionagreement", ""),
        bodies=tuple(_bodies(root)),
        own=any(_OWN_NOTE.search(text) for agent in root.agents for _, text in agent.notes),
    )


def _same_name(objid: str, folder: str) -> bool:
    """Whether a folder is called by the OBJID: `:` as `_`, an ordinal before it, a prefix (`uuid-`, `urn:`) missing."""
    name, wanted = plain(folder), plain(objid)
    bare = re.sub(r"^(?:urn_)?(?:.*?_)?uuid[-_]", "", wanted)
    return wanted in name or bare in name


def _kind(root: MetsRecord, notes: Notes) -> str:
    written = str(root.header.get("package", "")).strip()
    profile = root.said("profile").strip()
    found = _PROFILE.search(profile)
    known = found[1].upper() if found else "AIP" if _ESTONIAN.match(profile) else ""
    if profile and not known:
        notes.tell("EAR-005", profile[:_SHOWN], file=root.path, written=profile[:_SHOWN])
    # CSIP is the frame of all three: it says nothing of the kind.
    expected = known if known in _KINDS else ""
    if written.upper() in _KINDS and expected in {"", written.upper()}:
        return written.upper()
    # The circular's own example of a DIP says SIP in its header: its PROFILE is right.
    taken = expected or (written.upper() if written.upper() in _KINDS else "SIP")
    notes.tell(
        "EAR-006", root.path, file=root.path, written=written[:_SHOWN], expected=expected or profile, taken=taken
    )
    return taken


def _status(root: MetsRecord, notes: Notes) -> RecordStatus:
    written = str(root.header.get("status", "")).strip()
    status = _STATUSES.get(written.upper())
    if status is None:
        notes.tell("EAR-008", root.path, file=root.path, written=written[:_SHOWN])
        return RecordStatus.NEW
    if status is RecordStatus.TEST:
        notes.tell("EAR-009", root.path, file=root.path)
    return status


def _tell_agents(root: MetsRecord, notes: Notes) -> None:
    """Text and sample of the circular name other agents than E-ARK does: what no reading of them excuses is told."""
    bodies = [agent for agent in root.agents if agent.name and agent.other.upper() != "SOFTWARE"]
    codes = [text for agent in bodies for kind, text in agent.notes if "IDENTIFICATION" in kind.upper() and text]
    programs = [agent for agent in root.agents if agent.other.upper() == "SOFTWARE" and agent.name]
    lacking: Sequence[tuple[str, str]] = [
        words
        for words, there in (
            (("cơ quan, tổ chức nộp", "the submitting body"), bodies),
            (("mã định danh (IDENTIFICATIONCODE)", "its identification code"), codes),
            (("phần mềm đóng gói", "the packing program"), programs),
        )
        if not there
    ]
    if lacking:
        vi, en = ("; ".join(words) for words in zip(*lacking, strict=True))
        notes.tell("EAR-010", root.path, file=root.path, detail=vi, detail_en=en)


def _bodies(root: MetsRecord) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for agent in root.agents:
        if not agent.name or agent.other.upper() == "SOFTWARE":
            continue
        code = next((text for kind, text in agent.notes if "IDENTIFICATION" in kind.upper()), "")
        role = agent.role or agent.type or "agent"
        found.append((role, f"{agent.name} ({code})" if code else agent.name))
    return found
