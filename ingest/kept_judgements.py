"""Judgements of the stage `signatures` in its room: an interrupted run goes on with them, `store` takes its objects."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path, PurePosixPath

from ingest.facts import Fact, LeantOn, ReceivedFile
from ingest.kept_results import write_whole
from ingest.ports import Judgement
from metadata.verdicts import SignatureVerdict


class KeptJudgement(Fact):
    """The verdicts on one file with the digests of what they leant on."""

    verdicts: tuple[SignatureVerdict, ...]
    leant_on: LeantOn
    keepsakes: str
    """Digest of the list of what is kept once per holding: thousands of names that thousands of files share."""


class KeptJudgements:
    """What was judged under one trust set, and the objects by digest.

    Args:
        folder: The stage's room.
        trust_set: In force now; judgements under another set are not looked at.
    """

    def __init__(self, folder: Path, trust_set: str) -> None:
        self._folder = folder
        self._objects = folder / "objects"
        self._objects.mkdir(exist_ok=True)
        self._trust_set = trust_set
        self._lists: dict[str, tuple[str, ...]] = {}
        self._last: tuple[tuple[bytes, ...], str] = ((), "")

    def path(self, sha256: str) -> Path:
        """Where an object lies."""
        return self._objects / sha256

    def keep(self, data: bytes) -> str:
        """Keep an object; its SHA-256."""
        name = hashlib.sha256(data).hexdigest()
        if not self.path(name).exists():
            write_whole(self.path(name), lambda stream: stream.write(data))
        return name

    def read(self, file: ReceivedFile, content: ReceivedFile | None) -> KeptJudgement | None:
        """What was judged of `file` before; None: nothing, or not all of it is here any more."""
        try:
            found = KeptJudgement.model_validate_json(self._judgement(file, content, self._trust_set).read_bytes())
            names = [*found.leant_on.objects, *self.keepsakes(found)]
        except (FileNotFoundError, ValueError):
            return None
        names += [found.leant_on.facts] if found.leant_on.facts else []
        return found if all(self.path(name).exists() for name in names) else None

    def keepsakes(self, judgement: KeptJudgement) -> tuple[str, ...]:
        """Digests of what the verdicts name and is kept once per holding."""
        name = judgement.keepsakes
        if name not in self._lists:
            self._lists[name] = tuple(json.loads(self.path(name).read_bytes()))
        return self._lists[name]

    def write(self, file: ReceivedFile, content: ReceivedFile | None, judgement: Judgement) -> KeptJudgement:
        """Keep what was judged of `file`; the objects first, so that what is read names nothing that is missing."""
        leant_on = LeantOn(
            facts=self.keep(judgement.facts) if judgement.facts else "",
            objects=tuple(sorted({self.keep(data) for data in judgement.objects})),
            content=content.sha256 if content is not None else "",
        )
        kept = KeptJudgement(verdicts=judgement.verdicts, leant_on=leant_on, keepsakes=self._listed(judgement))
        text = kept.model_dump_json().encode()
        # The operator may have changed trust since this began: the verdicts say what they were given under.
        trust_set = judgement.verdicts[0].trust_set if judgement.verdicts else self._trust_set
        write_whole(self._judgement(file, content, trust_set), lambda stream: stream.write(text))
        return kept

    def _listed(self, judgement: Judgement) -> str:
        if judgement.keepsakes is not self._last[0] or not self._last[1]:
            names = sorted({self.keep(data) for data in judgement.keepsakes})
            self._last = (judgement.keepsakes, self.keep(json.dumps(names).encode()))
        return self._last[1]

    def _judgement(self, file: ReceivedFile, content: ReceivedFile | None, trust_set: str) -> Path:
        suffix = PurePosixPath(file.stored).suffix
        name = f"{file.sha256} {trust_set} {suffix} {content.sha256 if content is not None else ''}"
        return self._folder / f"{hashlib.sha256(name.encode(errors='surrogateescape')).hexdigest()}.json"
