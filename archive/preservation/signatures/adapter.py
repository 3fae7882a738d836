"""The parent's side of the judge: hands files to workers, turns answers into verdicts.

Nothing here parses a delivered file, and no parsing library is imported.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import tempfile
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from archive.preservation.signatures.policy import Policy, default_policy
from archive.preservation.signatures.version import ENGINE
from archive.preservation.trust.sets import TrustSnapshot, TrustSource
from ingest.facts import Tool
from ingest.ports import Answer, Judgement, Limits, Workers
from metadata.errors import ToolUnreadableError
from metadata.time import Clock, rfc3339
from metadata.verdicts import Indication, PlainWord, SignatureVerdict

TASK = "archive.preservation.signatures.task:judge"
SECOND_READER = "archive.preservation.signatures.second_reader:read"
JUDGE_LIMITS = Limits(cpu_seconds=30.0, wall_seconds=90.0, memory_mib=1536, output_mib=1)
SHARED_FROM_BYTES = 128 << 10
"""When trust and revocation data are larger, workers read them once from a file and not with every task."""

_LARGE = ("anchors", "intermediates", "revocation")
_SHARED = (*_LARGE, "known_since", "policy")
_DETACHED = ".p7s"
_VERDICTS = TypeAdapter(tuple[SignatureVerdict, ...])


@dataclass(frozen=True, slots=True)
class _Call:
    """What all files of one call share."""

    snapshot: TrustSnapshot
    at: str
    revocation: tuple[bytes, ...]
    arguments: Mapping[str, Any]
    second_reader: bool
    """Whether a second reader is asked about every signature."""

    keepsakes: tuple[bytes, ...]
    """See `Judgement.keepsakes`."""


@dataclass(frozen=True, slots=True)
class _Beside:
    """What lies beside the files that are judged."""

    contents: Mapping[Path, Path]
    files: Mapping[Path, Mapping[str, Path]] = field(default_factory=dict)

    def arguments(self, path: Path) -> dict[str, Any]:
        """What the task is told of one file."""
        content = self.contents.get(path) or _neighbour(path)
        found: dict[str, Any] = {"source": str(path), "content": str(content) if content else None}
        if files := self.files.get(path):
            found["beside"] = {address: str(file) for address, file in files.items()}
        return found


class Judge:
    """Implements `ingest.ports.EvidenceJudge`.

    Args:
        workers: Where files are parsed.
        trust: The home's `TrustStore`, or a `TrustSnapshot` that a caller brings. Read anew for each call.
        clock: The time at which is judged.
        revocation: CRLs and OCSP responses (DER) known beside what the files carry; nothing is ever fetched.
        policy: None: the one that comes with the program.
        second_reader: Whether `judgements` asks pyHanko about every signature of a PDF as well.
        limits: A breach makes the file's verdict INDETERMINATE; of the second reader, that it could not say.
    """

    def __init__(  # noqa: PLR0913 - keywords with defaults
        self,
        workers: Workers,
        trust: TrustSource,
        clock: Clock,
        *,
        revocation: Sequence[bytes] = (),
        policy: Policy | None = None,
        second_reader: bool = True,
        limits: Limits = JUDGE_LIMITS,
    ) -> None:
        self._workers = workers
        self._trust = trust
        self._clock = clock
        self._revocation = tuple(revocation)
        self._policy = policy or default_policy()
        self._second_reader = second_reader
        self._limits = limits

    def judge(
        self, paths: Sequence[Path], *, contents: Mapping[Path, Path] | None = None
    ) -> Sequence[tuple[SignatureVerdict, ...]]:
        """See `SignatureJudge.judge`."""
        return [j.verdicts for j in self._all(paths, _Beside(contents or {}), self._call((), {}, bundle=False))]

    def judgements(
        self,
        paths: Sequence[Path],
        *,
        contents: Mapping[Path, Path] | None = None,
        beside: Mapping[Path, Mapping[str, Path]] | None = None,
        revocation: Sequence[bytes] = (),
        proofs: Mapping[str, str] | None = None,
    ) -> Sequence[Judgement]:
        """See `EvidenceJudge.judgements`.

        Args:
            paths: See there.
            contents: See there.
            beside: See there.
            revocation: See there.
            proofs: Proofs of existence from outside, such as evidence records: RFC 3339 by SHA-256.
        """
        call = self._call(tuple(revocation), proofs or {}, bundle=True)
        return self._all(paths, _Beside(contents or {}, beside or {}), call)

    def _call(self, revocation: tuple[bytes, ...], proofs: Mapping[str, str], *, bundle: bool) -> _Call:
        snapshot = self._trust.snapshot()
        at = rfc3339(self._clock.now())
        answers = tuple(dict.fromkeys((*self._revocation, *revocation)))
        arguments = {
            "anchors": _texts(snapshot.anchors()),
            "intermediates": _texts(snapshot.intermediates()),
            "revocation": _texts(answers),
            "at": at,
            "known_since": snapshot.known_since(),
            "proofs": dict(proofs),
            "policy": self._policy.document.decode(),
            "bundle": bundle,
        }
        kept = (snapshot.document(), *(c.der for c in snapshot.certificates), self._policy.document) if bundle else ()
        return _Call(snapshot, at, answers, arguments, bundle and self._second_reader, kept)

    def _all(self, paths: Sequence[Path], around: _Beside, call: _Call) -> list[Judgement]:
        size = sum(len(text) for key in _LARGE for text in call.arguments[key])
        if size < SHARED_FROM_BYTES:
            return self._each(paths, around, call)
        with tempfile.TemporaryDirectory(prefix="luutru-judge-") as folder:
            shared = Path(folder) / "world.json"
            shared.write_text(json.dumps({key: call.arguments[key] for key in _SHARED}))
            own = {key: value for key, value in call.arguments.items() if key not in _SHARED}
            empty: dict[str, list[str]] = {"anchors": [], "intermediates": []}
            return self._each(paths, around, replace(call, arguments={**own, **empty, "shared": str(shared)}))

    def _each(self, paths: Sequence[Path], around: _Beside, call: _Call) -> list[Judgement]:
        judging: deque[tuple[Path, Future[Answer]]] = deque()
        reading: deque[tuple[Answer, Future[Answer] | None]] = deque()
        judged: list[Judgement] = []
        room = 2 * max(1, self._workers.size)
        for path in paths:
            if len(judging) >= room:
                reading.append(self._asked(*judging.popleft(), call))
            if len(reading) >= room:
                judged.append(self._judgement(*reading.popleft(), call))
            arguments = {**call.arguments, **around.arguments(path)}
            judging.append((path, self._workers.submit(TASK, arguments, limits=self._limits)))
        reading += [self._asked(path, future, call) for path, future in judging]
        judged += [self._judgement(answer, second, call) for answer, second in reading]
        return judged

    def _asked(self, path: Path, future: Future[Answer], call: _Call) -> tuple[Answer, Future[Answer] | None]:
        """The answer of the judge, and the second reader at work where there is something to read again."""
        answer = future.result()
        if not call.second_reader or not answer.value.get("readings"):
            return answer, None
        # A task of its own: a breach of its limits must not cost our own verdict.
        return answer, self._workers.submit(SECOND_READER, {"source": str(path)}, limits=self._limits)

    def _judgement(self, answer: Answer, second: Future[Answer] | None, call: _Call) -> Judgement:
        if answer.breach is not None:
            return Judgement(self._sealed((_not_judged(answer),), call), keepsakes=call.keepsakes)
        try:
            told = _with_second(answer.value, second) if second is not None else answer.value["verdicts"]
            verdicts = _VERDICTS.validate_python(tuple(told))
            if "objects" not in answer.value:
                return Judgement(self._sealed(verdicts, call))
            known = {hashlib.sha256(der).hexdigest(): der for der in call.revocation}
            objects = [*map(_der, answer.value["objects"]), *(known[name] for name in answer.value["handed_in"])]
            wanted = tuple((_der(one), _der(issuer)) for one, issuer in answer.value["wanted"])
            facts = _der(answer.value["facts"])
        except (ValidationError, KeyError, TypeError, ValueError, binascii.Error) as error:
            raise ToolUnreadableError(ENGINE, str(error)) from error
        return Judgement(self._sealed(verdicts, call), facts, tuple(objects), wanted, keepsakes=call.keepsakes)

    def _sealed(self, verdicts: tuple[SignatureVerdict, ...], call: _Call) -> tuple[SignatureVerdict, ...]:
        seal = {
            "judged_at": call.at,
            "trust_set": call.snapshot.trust_set(),
            "policy": self._policy.sha256,
            "engine": ENGINE,
        }
        return tuple(verdict.model_copy(update=seal) for verdict in verdicts)

    def trust_set(self) -> str:
        """See `SignatureJudge.trust_set`."""
        return self._trust.snapshot().trust_set()

    def tools(self) -> tuple[Tool, ...]:
        """See `SignatureJudge.tools`."""
        name, _, number = ENGINE.rpartition(" ")
        libraries = (("pyHanko", "pyhanko"), ("pikepdf", "pikepdf"), ("cryptography", "cryptography"), ("lxml", "lxml"))
        return (
            Tool(name=name, version=number),
            *(Tool(name=title, version=_version(package)) for title, package in libraries),
        )


def _with_second(value: Mapping[str, Any], second: Future[Answer]) -> Sequence[Mapping[str, Any]]:
    """The verdicts with what the second reader said; a limit that it broke is "could not say"."""
    # Facts of certificates come with it, which only a judging process needs.
    from archive.preservation.signatures.second_opinion import with_second_opinion  # noqa: PLC0415
    from archive.preservation.signatures.second_reader_answers import Readings  # noqa: PLC0415
    from archive.preservation.signatures.verdicts import FileJudgement  # noqa: PLC0415

    answer = second.result()
    theirs = Readings.of(answer.value) if answer.breach is None else Readings(why=f"limit-breached-{answer.breach}")
    ours = FileJudgement(tuple(value["verdicts"]), readings=Readings.of(value["readings"]))
    return with_second_opinion(ours, theirs).verdicts


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def _texts(ders: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(der).decode() for der in ders]


def _der(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _neighbour(path: Path) -> Path | None:
    """The file that a detached signature signs: `x.pdf` beside `x.pdf.p7s`."""
    if path.suffix.lower() != _DETACHED:
        return None
    content = path.with_suffix("")
    return content if content.suffix and content.is_file() else None


def _not_judged(answer: Answer) -> SignatureVerdict:
    return SignatureVerdict(
        field=None,
        kind="signature",
        signer=None,
        signing_time=None,
        best_time=None,
        indication=Indication.INDETERMINATE,
        subindication="GENERIC",
        level=None,
        coverage=None,
        reasons=(f"limit-breached: the file could not be judged within its limits ({answer.breach})",),
        plain=PlainWord.INSUFFICIENT,
    )
