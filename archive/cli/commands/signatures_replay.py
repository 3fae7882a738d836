"""`luutru signatures replay`: judge again from the kept evidence alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from archive.cli.command import command
from archive.cli.exit_codes import ExitCode, code_of, gravest
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.composition.proving import replaying
from archive.services.replaying import Replayed
from metadata.errors import ArchiveError

_KEYS = (
    "kind",
    "signer",
    "signing_time",
    "best_time",
    "indication",
    "subindication",
    "level",
    "coverage",
    "changed_after",
    "reasons",
    "judged_at",
    "trust_set",
    "policy",
    "engine",
)
_WORDS = {True: "same", False: "differs", None: "open"}


@command("replay", group="signatures")
@click.argument("ids", nargs=-1, required=True, metavar="ID…")
def replay(speak: Speaker, ids: tuple[str, ...]) -> int:
    """See the message `signatures_replay.help`."""
    codes: list[ExitCode] = []
    with Archive.opened() as archive:
        service = replaying(archive)
        for identifier in ids:
            try:
                for answer in service.replay(identifier):
                    _tell(speak, answer)
                    codes.append(_code(answer))
            except ArchiveError as error:
                speak.failed(identifier, error)
                codes.append(code_of(error))
    return gravest(codes)


def _code(answer: Replayed) -> ExitCode:
    if answer.same:
        return ExitCode.OK
    if answer.same is None or (answer.engine_changed and not answer.altered):
        # A newer engine may know better; that nothing was altered is certain.
        return ExitCode.INDETERMINATE
    return ExitCode.REJECTED


def _tell(speak: Speaker, answer: Replayed) -> None:
    if not answer.kept:
        unsigned = {"file": answer.file, "signature": None, "same": answer.same}
        speak.line(unsigned, f"{answer.file}: {speak.text('signatures_replay.unsigned')}")
        return
    shown = speak.text(f"signatures_replay.{_WORDS[answer.same]}")
    speak_of = [*answer.altered, *([answer.note] if answer.note else [])]
    for number, verdict in enumerate(answer.kept):
        line = _line(answer, number, verdict)
        words = [f"{answer.file}: {verdict.get('field') or '-'}: {verdict.get('indication')}: {shown}"]
        words += [f"  {why}" for why in speak_of]
        words += [f"  {d['key']}: {d['kept']!r} → {d['now']!r}" for d in line["differences"]]
        speak.line(line, "\n".join(words))


def _line(answer: Replayed, number: int, verdict: Mapping[str, Any]) -> dict[str, Any]:
    name = str(verdict.get("field") or number + 1)
    now = answer.now[number] if number < len(answer.now) else None
    return {
        "file": answer.file,
        "signature": verdict.get("field"),
        **{key: verdict.get(key) for key in _KEYS},
        "same": answer.same,
        "altered": list(answer.altered),
        "differences": [dict(d) for d in answer.differences if d["signature"] in {"", name}],
        "now": dict(now) if now is not None else None,
        "engine_now": answer.engine or None,
        "note": answer.note,
    }
