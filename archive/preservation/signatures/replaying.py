"""Judges a signed file again from what was kept of it alone, and compares with the kept verdicts.

No network, no clock, no home: trust set, policy, facts and bundle come by
digest from `Material`, the time is the one at which was judged. Runs in the
one-file verifier as well: standard library, asn1crypto and our own facts only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from archive.preservation.signatures.algorithms import new_digest
from archive.preservation.signatures.cms_judging import MAX_CMS_BYTES, judge_cms, too_large
from archive.preservation.signatures.existence import Existence
from archive.preservation.signatures.file_kinds import HEAD, kind_of
from archive.preservation.signatures.kept_verdicts import (
    Difference,
    KeptVerdicts,
    KeptVerdictsUnreadableError,
    certificates_of_set,
    completed,
    differences,
)
from archive.preservation.signatures.mail_signatures import judge_mail, mail_too_large, openpgp
from archive.preservation.signatures.pdf_facts import ByteRange
from archive.preservation.signatures.pdf_facts_json import facts_of
from archive.preservation.signatures.pdf_judging import judge_pdf
from archive.preservation.signatures.policy import Policy, PolicyUnreadableError
from archive.preservation.signatures.second_opinion import kept_opinion, with_second_opinion
from archive.preservation.signatures.verdicts import undecided, unreadable
from archive.preservation.signatures.version import ENGINE
from archive.preservation.signatures.world import World
from archive.preservation.signatures.xml_facts_json import is_xml_facts, xml_facts_of
from archive.preservation.signatures.xml_judging import judge_xml
from archive.preservation.trust.sets import TrustSnapshot, TrustStoreDamagedError
from metadata.mime_entities import MOST_JUDGED_BYTES
from metadata.time import from_rfc3339


class Original(Protocol):
    """The bytes of a signed file."""

    @property
    def size(self) -> int:
        """Their number."""
        ...

    def read_at(self, start: int, length: int) -> bytes:
        """At most `length` bytes from `start` on."""
        ...

    def chunks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Bytes from `start` to `end` (None: the end), in pieces."""
        ...


class KeptBytes:
    """An original as the decisions want it; nothing of it is held in memory."""

    def __init__(self, original: Original) -> None:
        self._original = original
        self._known: dict[tuple[str, ByteRange], bytes] = {}
        self.size = original.size

    def read(self, start: int, end: int) -> bytes:
        """The bytes from `start` to `end`, fewer where the file ends before."""
        return self._original.read_at(max(0, start), max(0, end - max(0, start)))

    def digest(self, name: str, span: ByteRange) -> bytes:
        """Digest of the signed stretches; ValueError for an algorithm that is unknown."""
        found = self._known.get((name, span))
        if found is None:
            value = new_digest(name)
            for start, end in ((0, span.first), (span.gap_end, span.end)):
                for chunk in self._original.chunks(start, end):
                    value.update(chunk)
            found = self._known[name, span] = bytes(value.digest())
        return found

    def whole(self, name: str) -> bytes:
        """Digest of the whole file; ValueError for an algorithm that is unknown."""
        value = new_digest(name)
        for chunk in self._original.chunks():
            value.update(chunk)
        return bytes(value.digest())

    def sha256(self) -> str:
        """Of the whole file, hexadecimal."""
        return self.whole("sha256").hex()


class ContentMissingError(Exception):
    """What a detached signature signs is not at hand. No ValueError: that would read as an unknown algorithm."""

    def __init__(self, why: str, *, lost: bool) -> None:
        self.why = why
        self.lost = lost
        super().__init__(why)


class Material(Protocol):
    """What was kept of one signed file."""

    @property
    def original(self) -> Original | None:
        """The file itself; None: it is lost."""
        ...

    def object(self, sha256: str) -> bytes | None:
        """An object of the bundle; None: it is lost."""
        ...

    def content_digest(self, algorithm: str) -> bytes:
        """Digest of the file that a detached signature signs.

        Raises:
            ContentMissingError: it is not at hand under this algorithm.
        """
        ...


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of judging again."""

    same: bool | None
    """None: the first release gave the verdicts and kept nothing of what they leant on."""

    altered: tuple[str, ...] = ()
    """What is lost, or no longer what its digest says; nothing was judged then."""

    now: tuple[Mapping[str, Any], ...] = ()
    """Verdicts as they come out now."""

    differences: tuple[Difference, ...] = ()
    engine: str = ""
    """The engine that judged now."""

    note: str = ""
    """Why nothing could be compared."""


def altered(kept: KeptVerdicts, material: Material) -> Iterator[str]:
    """What is lost or no longer what its digest says."""
    if material.original is None:
        yield f"original {kept.path}: lost"
    elif _digest(material.original) != kept.sha256:
        yield f"original {kept.path}: altered"
    for what, names in (("trust-set", (kept.trust_set,)), ("policy", (kept.policy,)), ("facts", (kept.facts,))):
        for name in filter(None, names):
            yield from _altered(what, name, material)
    for name in (*kept.objects, *_certificates(kept, material)):
        yield from _altered("object", name, material)


def _altered(what: str, name: str, material: Material) -> Iterator[str]:
    data = material.object(name)
    if data is None:
        yield f"{what} {name}: lost"
    elif hashlib.sha256(data).hexdigest() != name:
        yield f"{what} {name}: altered"


def _certificates(kept: KeptVerdicts, material: Material) -> Sequence[str]:
    document = material.object(kept.trust_set)
    try:
        return certificates_of_set(document) if document is not None else ()
    except KeptVerdictsUnreadableError:
        return ()


def _digest(original: Original) -> str:
    value = hashlib.sha256()
    for chunk in original.chunks():
        value.update(chunk)
    return value.hexdigest()


def trust_of(kept: KeptVerdicts, material: Material) -> TrustSnapshot:
    """The trust set under which was judged.

    Raises:
        TrustStoreDamagedError: it cannot be put together from what was kept.
    """
    document = material.object(kept.trust_set) or b""
    ders = {name: material.object(name) or b"" for name in _certificates(kept, material)}
    return TrustSnapshot.of_document(document, ders)


def bundle_of(kept: KeptVerdicts, material: Material) -> tuple[bytes, ...]:
    """Every object of the validation bundle, DER, in the order in which it is named."""
    return tuple(data for name in kept.objects if (data := material.object(name)) is not None)


class NotJudgeableError(ValueError):
    """Nothing was kept with which this file could be judged again."""


def judge(
    kept: KeptVerdicts, material: Material, world: World, facts: bytes | None = None
) -> tuple[Mapping[str, Any], ...]:
    """Verdicts on the file in a world, without the seal of who judged when.

    What the second reader said at intake is taken as it was kept.

    Args:
        kept: What was kept.
        material: Where it is.
        world: Under which is judged.
        facts: Facts of the file's structure that were read now; None: those that were kept.

    Raises:
        NotJudgeableError: see there.
        ValueError: the facts are none.
    """
    original = material.original
    if original is None:
        msg = f"{kept.path} is lost"
        raise NotJudgeableError(msg)
    data = KeptBytes(original)
    document = facts if facts is not None or not kept.facts else material.object(kept.facts)
    try:
        if document is not None and is_xml_facts(document):
            return judge_xml(xml_facts_of(document), world, data.sha256())[0].verdicts
        if document is not None:
            found = judge_pdf(facts_of(document), data, world)[0]
            second = kept_opinion(kept.verdicts)
            return (found if second is None else with_second_opinion(found, second)).verdicts
        return _without_facts(kept, material, data, world)
    except RecursionError:
        return (undecided("nesting: the file is nested too deeply to be judged"),)


def _without_facts(
    kept: KeptVerdicts, material: Material, data: KeptBytes, world: World
) -> tuple[Mapping[str, Any], ...]:
    kind = kind_of(data.read(0, HEAD), _suffix(kept.path))
    if kind == "cms":
        return _cms(kept, material, data, world)
    if kind == "openpgp":
        return (openpgp(),)
    if kind == "mime" and (found := _mail(data, world)):
        return found
    if kind in {"pdf", "xml", "package", "mime"}:
        msg = "no facts of its structure were kept: it could not be judged within its limits"
        raise NotJudgeableError(msg)
    return (unreadable(kind),) if kind else ()


def _cms(kept: KeptVerdicts, material: Material, data: KeptBytes, world: World) -> tuple[Mapping[str, Any], ...]:
    if data.size > MAX_CMS_BYTES:
        return (too_large(),)
    missing: list[ContentMissingError] = []

    def content(algorithm: str) -> bytes:
        try:
            return material.content_digest(algorithm)
        except ContentMissingError as error:
            # The engine guards its signers against each other, and would take this for a defect of one.
            missing.append(error)
            raise

    found = judge_cms(data.read(0, data.size), content if kept.content else None, world)[0].verdicts
    if missing:
        raise missing[0]
    return found


def _mail(data: KeptBytes, world: World) -> tuple[Mapping[str, Any], ...]:
    if data.size > MOST_JUDGED_BYTES:
        return (mail_too_large(),)
    return judge_mail(data.read(0, data.size), world)[0].verdicts


def _suffix(path: str) -> str:
    name = path.rpartition("/")[2]
    return f".{name.rpartition('.')[2].lower()}" if "." in name else ""


def replay(kept: KeptVerdicts, material: Material, facts: bytes | None = None) -> Replay:
    """Judge a file again and compare. Content never raises what is not a ValueError of a kept document.

    Args:
        kept: What was kept.
        material: Where it is.
        facts: See `judge`.
    """
    if kept.is_provisional:
        return Replay(None, note="judged by the first release, which kept no validation bundle")
    lost = tuple(altered(kept, material))
    if lost:
        return Replay(False, lost)
    try:
        trust = trust_of(kept, material)
        policy = Policy.of_document(material.object(kept.policy) or b"")
    except (TrustStoreDamagedError, PolicyUnreadableError) as error:
        return Replay(False, (str(error),))
    world = World.of(
        at=from_rfc3339(kept.judged_at),
        anchors=trust.anchors(),
        intermediates=trust.intermediates(),
        answers=bundle_of(kept, material),
        existence=Existence.known_since(trust.known_since()),
        policy=policy,
    )
    try:
        found_now = judge(kept, material, world, facts)
    except NotJudgeableError as error:
        return Replay(None, note=str(error), engine=ENGINE)
    except ContentMissingError as error:
        return Replay(False, (error.why,), engine=ENGINE) if error.lost else Replay(None, note=error.why, engine=ENGINE)
    seal = {"judged_at": kept.judged_at, "trust_set": trust.trust_set(), "policy": policy.sha256, "engine": ENGINE}
    now = tuple(completed({**verdict, **seal}) for verdict in found_now)
    found = differences(kept.verdicts, now)
    return Replay(not found, (), now, found, ENGINE)
