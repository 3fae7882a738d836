"""The worker task of the engine: one file in, a verdict for each of its signatures and what they lean on out.

Runs in a limited process without network. Content never raises: what cannot be
judged is INDETERMINATE with its reason, what cannot be read as what it claims
to be is TOTAL_FAILED/FORMAT_FAILURE.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from archive.preservation.signatures.cms_judging import MAX_CMS_BYTES, digest_of_file, judge_cms, too_large
from archive.preservation.signatures.existence import Existence
from archive.preservation.signatures.file_kinds import HEAD, kind_of
from archive.preservation.signatures.mail_signatures import (
    judge_mail,
    mail_too_large,
    openpgp,
    speaks_of_signatures,
)
from archive.preservation.signatures.pdf_bytes import opened
from archive.preservation.signatures.pdf_facts_json import facts_document
from archive.preservation.signatures.pdf_judging import judge_pdf
from archive.preservation.signatures.pdf_reading import read_bytes
from archive.preservation.signatures.policy import Policy, default_policy, policy_of
from archive.preservation.signatures.verdicts import FileJudgement, undecided, unreadable
from archive.preservation.signatures.world import World
from archive.preservation.signatures.xml_facts import XmlFacts
from archive.preservation.signatures.xml_facts_json import xml_facts_document
from archive.preservation.signatures.xml_judging import judge_xml
from metadata.mime_entities import MOST_JUDGED_BYTES
from metadata.time import from_rfc3339

_PROVOKED = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError)
"""What hostile bytes may provoke through a defect of ours."""


@dataclass(frozen=True, slots=True)
class Around:
    """What lies beside a file."""

    content: Path | None = None
    """What it signs, when it is a detached signature."""

    files: Mapping[str, Path] = field(default_factory=dict)
    """Files that an XML signature may lead to, by their addresses as seen from it."""


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """What the task found out about one file."""

    judgement: FileJudgement
    world: World
    facts: bytes = b""


def judge(  # noqa: PLR0913 - keywords of a task
    *,
    scratch: Path,  # noqa: ARG001 - every task has one; nothing is written here
    source: str,
    anchors: list[str],
    intermediates: list[str],
    at: str,
    content: str | None = None,
    beside: dict[str, str] | None = None,
    revocation: list[str] | None = None,
    known_since: dict[str, str] | None = None,
    proofs: dict[str, str] | None = None,
    policy: str | None = None,
    bundle: bool = False,
    shared: str | None = None,
) -> dict[str, Any]:
    """Judge every signature of one file.

    Args:
        scratch: Not used.
        source: The file, read only.
        anchors: Trusted certificates, DER in base64.
        intermediates: Certificates that help to build paths, DER in base64.
        at: The time of judging, RFC 3339.
        content: The file that a detached signature signs.
        beside: Files that an XML signature may lead to, by their addresses as seen from it.
        revocation: CRLs and OCSP answers known beside the file's own, DER in base64.
        known_since: Since when certificates are known: RFC 3339 by SHA-256.
        proofs: Proofs of existence by evidence records: RFC 3339 by SHA-256.
        policy: The policy document; None: the program's own.
        bundle: Whether facts and objects are wanted.
        shared: A JSON file with `anchors`, `intermediates`, `revocation`, `known_since` and `policy`, which is
            read once and stays as it is; these arguments are not looked at then.

    Returns:
        `verdicts`: `metadata.verdicts.SignatureVerdict` as JSON, without `judged_at`, `trust_set`,
        `policy` and `engine`; empty for an unsigned file. `readings`: what a second reader may be
        compared with, where there is one for the kind. With `bundle`: `facts` (base64, empty: none),
        `objects` (base64), `handed_in` (SHA-256 of answers of `revocation` that were looked at),
        `wanted` (pairs of certificates, base64).
    """
    # pyHanko logs every oddity of a hostile file with a traceback.
    logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
    if shared is not None:
        world, known_since = _shared_world(shared, at)
    else:
        world = _world(tuple(anchors), tuple(intermediates), tuple(revocation or ()), at, policy)
    times = {name: from_rfc3339(when) for name, when in (proofs or {}).items()}
    world = world.with_existence(Existence.known_since(known_since or {}).joined(Existence.recorded(times)))
    try:
        around = Around(Path(content) if content else None, {uri: Path(file) for uri, file in (beside or {}).items()})
        answer = judge_file(Path(source), around, world)
    except RecursionError:
        only = undecided("nesting: the file is nested too deeply to be judged")
        answer = FileAnswer(FileJudgement((only,)), world)
    except _PROVOKED as error:
        # Anything else (memory, reading, a missing library) is a fault of the system and no word on the content.
        only = undecided(f"not-judged: {type(error).__name__}: {error}")
        answer = FileAnswer(FileJudgement((only,)), world)
    value: dict[str, Any] = {"verdicts": list(answer.judgement.verdicts)}
    if answer.judgement.readings is not None:
        value["readings"] = answer.judgement.readings.document()
    return value | _bundle(answer, world) if bundle and value["verdicts"] else value


@lru_cache(maxsize=8)
def _world(
    anchors: tuple[str, ...], intermediates: tuple[str, ...], revocation: tuple[str, ...], at: str, policy: str | None
) -> World:
    """Files of one batch are judged in one world, which is parsed once."""
    chosen: Policy = policy_of(policy.encode()) if policy is not None else default_policy()
    return World.of(
        at=from_rfc3339(at),
        anchors=_ders(anchors),
        intermediates=_ders(intermediates),
        answers=_ders(revocation),
        policy=chosen,
    )


@lru_cache(maxsize=2)
def _shared_world(path: str, at: str) -> tuple[World, dict[str, str]]:
    found = json.loads(Path(path).read_text())
    lists = (tuple(found[key]) for key in ("anchors", "intermediates", "revocation"))
    return _world.__wrapped__(*lists, at, found["policy"]), found["known_since"]


def _ders(texts: Sequence[str]) -> list[bytes]:
    return [base64.b64decode(text) for text in texts]


def _bundle(answer: FileAnswer, handed_in: World) -> dict[str, Any]:
    known = handed_in.answers
    objects = answer.judgement.objects(answer.world)
    return {
        "facts": base64.b64encode(answer.facts).decode(),
        "objects": [base64.b64encode(der).decode() for name, der in objects.items() if name not in known],
        "handed_in": [name for name in objects if name in known],
        "wanted": sorted(
            [base64.b64encode(one).decode(), base64.b64encode(other).decode()]
            for one, other in answer.judgement.used.wanted
        ),
    }


def judge_file(path: Path, around: Around, world: World) -> FileAnswer:
    """Judge the file at `path` by what its bytes are.

    Args:
        path: The file.
        around: What lies beside it.
        world: What is known beside it.
    """
    with path.open("rb") as stream:
        kind = kind_of(stream.read(HEAD), path.suffix.lower())
    judge_kind = _KINDS.get(kind)
    if judge_kind is not None:
        return judge_kind(path, around, world)
    return FileAnswer(FileJudgement((unreadable(kind),) if kind else ()), world)


def _pdf(path: Path, _around: Around, world: World) -> FileAnswer:
    with opened(path) as data:
        facts = read_bytes(data)
        judgement, full = judge_pdf(facts, data, world)
    return FileAnswer(judgement, full, facts_document(facts) if judgement.verdicts else b"")


def _cms(path: Path, around: Around, world: World) -> FileAnswer:
    if path.stat().st_size > MAX_CMS_BYTES:
        return FileAnswer(FileJudgement((too_large(),)), world)
    judgement, full = judge_cms(path.read_bytes(), digest_of_file(around.content) if around.content else None, world)
    return FileAnswer(judgement, full)


def _xml(path: Path, around: Around, world: World) -> FileAnswer:
    from archive.preservation.signatures.xml_reading import read_xml  # noqa: PLC0415 - lxml only for who needs it

    return _with_xml(path, read_xml(path, around.content, beside=around.files), world)


def _mime(path: Path, _around: Around, world: World) -> FileAnswer:
    from archive.preservation.signatures.xml_reading import read_mime  # noqa: PLC0415 - as above

    facts = read_mime(path)
    if facts is not None:
        return _with_xml(path, facts, world)
    if path.stat().st_size > MOST_JUDGED_BYTES:
        return FileAnswer(FileJudgement((mail_too_large(),) if speaks_of_signatures(path) else ()), world)
    judgement, full = judge_mail(path.read_bytes(), world)
    return FileAnswer(judgement, full)


def _package(path: Path, _around: Around, world: World) -> FileAnswer:
    from archive.preservation.signatures.packages import read_package  # noqa: PLC0415 - as above

    return _with_xml(path, read_package(path), world)


def _with_xml(path: Path, facts: XmlFacts, world: World) -> FileAnswer:
    judgement, full = judge_xml(facts, world, digest_of_file(path)("sha256").hex())
    return FileAnswer(judgement, full, xml_facts_document(facts) if judgement.verdicts else b"")


def _openpgp(_path: Path, _around: Around, world: World) -> FileAnswer:
    return FileAnswer(FileJudgement((openpgp(),)), world)


_KINDS: Mapping[str, Callable[[Path, Around, World], FileAnswer]] = {
    "pdf": _pdf,
    "cms": _cms,
    "xml": _xml,
    "package": _package,
    "mime": _mime,
    "openpgp": _openpgp,
}
