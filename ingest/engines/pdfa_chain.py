"""The conversion chain: clean, repair, picture; the first step that keeps everything and is PDF/A wins.

Task `ingest.engines.pdfa_chain:convert`. With pikepdf's checker as the only judge one
call does it all. When the caller has a better judge (veraPDF), a call ends with the
first candidate that keeps the content; the caller judges it and asks for the step
after it where the judge says no.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Pdf

from ingest.engines import pdfa_checks
from ingest.engines.fixups import repair
from ingest.engines.pdfa_checks import Look, UnreadableError, look_at, refusals
from ingest.engines.pdfa_clean import clean
from ingest.engines.pdfa_losses import Losses
from ingest.engines.pdfa_write import JUDGE, Written, candidate_intent, speaks_unicode, write
from ingest.engines.raster_text import convert as as_pictures
from ingest.pdfa_conversion import STEPS
from metadata.errors import ArchiveError

MAX_PAGES = 5_000
"""Longer files are not converted in one piece: reading back 10,000 pages takes 26 s and 1 GiB."""


for _library in ("fontTools", "pypdfium2", "pikepdf"):
    # They complain of each hostile file at length; what matters of it is in the answer.
    logging.getLogger(_library).setLevel(logging.CRITICAL)

FAULTS = (ArchiveError, OSError, MemoryError)
"""What is never the content's fault, or is the pool's to call a broken limit."""


@dataclass(slots=True)
class _Job:
    """One conversion: what is converted, what it is compared with, what was tried."""

    scratch: Path
    source: Path
    at: str
    aim: str
    own_judge: bool
    before: Look
    look: Look | None
    attempts: list[dict[str, Any]] = field(default_factory=list)


def convert(  # noqa: PLR0913 - the arguments of a task are the words of one request, not a design
    scratch: Path,
    source: str,
    at: str,
    *,
    original: str | None = None,
    start: str = "clean",
    aim: str = "2b",
    own_judge: bool = True,
) -> dict[str, Any]:
    """Worker task: make a PDF/A-2 of the PDF at `source`.

    Args:
        scratch: Empty folder of the task.
        source: What is converted: the file, its OCR candidate, or the office program's PDF.
        at: RFC 3339 time for the metadata date, so that repeating gives the same bytes.
        original: What the pages must look like, when that is not `source`.
        start: First step to try, one of `STEPS`.
        aim: `2u` where every font has Unicode values, else `2b` is written.
        own_judge: False: a better judge follows, so pikepdf's denial does not end a step.

    Returns:
        `attempts` (step, accepted, judge, flavour, rules, detail) always; when one was
        accepted `outputs.pdf`, `step`, `flavour` (claimed and, with `own_judge`,
        measured), `losses`, `pages`, `tool`. Without any: `problem` is `password`,
        `damaged`, `pages` (too many) or `refused`.
    """
    problem = _problem(Path(source))
    if problem:
        return {"problem": problem[0], "detail": problem[1], "attempts": [], "tool": JUDGE}
    try:
        before = look_at(Path(source))
        look = look_at(Path(original)) if original else None
    except FAULTS:
        raise
    except Exception as error:  # noqa: BLE001 - whatever stops pdfium at the input is damage of the input
        return {"problem": "damaged", "detail": str(error)[:200], "attempts": [], "tool": JUDGE}
    job = _Job(scratch, Path(source), at, aim, own_judge, before, look)
    for step in STEPS[STEPS.index(start) :]:
        found = _try(job, step)
        if found is not None:
            return found
    return {"problem": "refused", "detail": _reasons(job), "attempts": job.attempts, "tool": JUDGE}


def _problem(source: Path) -> tuple[str, str] | None:
    """Why the file cannot be converted at all."""
    try:
        with pikepdf.open(source) as pdf:
            count = len(pdf.pages)
    except pikepdf.PasswordError:
        return "password", ""
    except FAULTS:
        raise
    except Exception as error:  # noqa: BLE001 - see above
        # What qpdf cannot open pdfium may: the picture step does not need qpdf.
        return _pdfium_problem(source, str(error))
    if count > MAX_PAGES:
        return "pages", str(count)
    return ("damaged", "no page") if count == 0 else None


def _pdfium_problem(source: Path, words: str) -> tuple[str, str] | None:
    try:
        with pdfa_checks.opened(source) as document:
            return ("pages", str(len(document))) if len(document) > MAX_PAGES else None
    except UnreadableError:
        return "damaged", words.replace(str(source), "FILE")[:200]


def _reasons(job: _Job) -> str:
    return "; ".join(f"{a['step']}: {', '.join(a['rules']) or a['detail']}" for a in job.attempts)[:400]


def _try(job: _Job, step: str) -> dict[str, Any] | None:
    """Run one step; its result when it is accepted."""
    target, losses = job.scratch / f"{step}.pdf", Losses()
    writers: dict[str, Callable[[_Job, Path, Losses], Written]] = {
        "clean": _clean,
        "repair": _repair,
        "picture": _picture,
    }
    try:
        written = writers[step](job, target, losses)
    except FAULTS:
        raise
    except Exception as error:  # noqa: BLE001 - hostile structure fails in many ways: this step cannot, the next one may
        job.attempts.append(_attempt(step, None, (), f"{type(error).__name__}: {error}"[:200]))
        return None
    if job.own_judge and written.verdict != "pass":
        job.attempts.append(_attempt(step, written, written.rules, written.detail))
        target.unlink()
        return None
    try:
        after = look_at(target)
    except UnreadableError as error:
        job.attempts.append(_attempt(step, written, ("pages",), str(error)[:200]))
        return None
    lost = refusals(job.before, after, look=job.look, as_pictures=step == "picture")
    if lost:
        job.attempts.append(_attempt(step, written, tuple(name for name, _ in lost), "; ".join(d for _, d in lost)))
        target.unlink()
        return None
    if written.flavour == "2u" and pdfa_checks.unmapped(target):
        written = _as_2b(job, target, losses)
    job.attempts.append(_attempt(step, written, (), "", accepted=True))
    return {
        "outputs": {"pdf": target.name},
        "step": step,
        "flavour": written.flavour,
        "verdict": written.verdict,
        "losses": losses.entries(),
        "pages": after.pages,
        "attempts": job.attempts,
        "tool": JUDGE,
    }


def _attempt(
    step: str, written: Written | None, rules: tuple[str, ...], detail: str, *, accepted: bool = False
) -> dict[str, Any]:
    measured = written is not None and written.verdict == "pass"
    return {
        "step": step,
        "accepted": accepted,
        "judge": f"{JUDGE['name']} {JUDGE['version']}",
        "flavour": written.flavour if written is not None and measured else None,
        "rules": list(rules),
        "detail": detail,
    }


def _claim(job: _Job, pdf: Pdf) -> str:
    return "2u" if job.aim == "2u" and speaks_unicode(pdf) else "2b"


def _clean(job: _Job, target: Path, losses: Losses) -> Written:
    with pikepdf.open(job.source) as pdf:
        clean(pdf, losses)
        pdf.remove_unreferenced_resources()
        return write(pdf, target, flavour=_claim(job, pdf), at=job.at, losses=losses)


def _repair(job: _Job, target: Path, losses: Losses) -> Written:
    with pikepdf.open(job.source) as pdf:
        clean(pdf, losses)
        repair(pdf, losses, keep_layers=not job.own_judge, keep_cmyk=candidate_intent(pdf) is None)
        pdf.remove_unreferenced_resources()
        return write(pdf, target, flavour=_claim(job, pdf), at=job.at, losses=losses, thorough=True)


def _picture(job: _Job, target: Path, losses: Losses) -> Written:
    losses.add("pages-as-pictures", job.before.pages)
    # Pictures lose at least what cleaning would have taken out: only its record is wanted here.
    broken = contextlib.suppress(pikepdf.PdfError, RuntimeError, ValueError, TypeError, KeyError, AttributeError)
    with broken, pikepdf.open(job.source) as lost:
        clean(lost, losses)
    with as_pictures(job.source) as pdf:
        return write(pdf, target, flavour=_claim(job, pdf), at=job.at, losses=losses)


def _as_2b(job: _Job, target: Path, losses: Losses) -> Written:
    """The accepted file again with the lesser claim: some letter shown has no Unicode value."""
    lesser = target.with_suffix(".2b.pdf")
    with pikepdf.open(target) as pdf:
        written = write(pdf, lesser, flavour="2b", at=job.at, losses=losses)
    lesser.replace(target)
    return written


def lower(scratch: Path, source: str, at: str) -> dict[str, Any]:
    """Worker task: a 2u candidate that the outside judge denied, again as 2b."""
    target, losses = scratch / "lowered.pdf", Losses()
    with pikepdf.open(source) as pdf:
        written = write(pdf, target, flavour="2b", at=at, losses=losses)
    return {"outputs": {"pdf": target.name}, "flavour": written.flavour, "verdict": written.verdict}
