"""Worker task `ingest.engines.paper:typeset`: a paper of the archive's own as PDF/A-2u, judged as written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Name, Pdf

from ingest.engines.paper_judge import judged
from ingest.engines.paper_layout import Setting
from ingest.engines.pdfa_losses import Losses
from ingest.engines.pdfa_write import JUDGE, declare

_FLAVOUR = "2u"


def typeset(
    scratch: Path, source: str, at: str, title: str, word_page: str, *, landscape: bool = False
) -> dict[str, Any]:
    """Set the blocks of `source`.

    Args:
        scratch: Empty folder of the task.
        source: JSON Lines, one block each; see `paper_layout`.
        at: RFC 3339 time for the metadata date, so that repeating gives the same bytes.
        title: Of the document.
        word_page: How a page is numbered, with `{page}` and `{pages}`.
        landscape: Whether pages lie on their side.

    Returns:
        `outputs.pdf`, `pages`, `flavour` and `verdict` as measured, `rules` and `detail` of a denial, `replaced`
        (letters that the font does not have), `tool`.

    Raises:
        ToolMissingError: the font is not installed.
    """
    target = scratch / "paper.pdf"

    def declared(pdf: Pdf) -> None:
        entitle(pdf, title)
        declare(pdf, flavour=_FLAVOUR, at=at, losses=Losses())

    with target.open("wb") as out, Setting(out, word_page=word_page, landscape=landscape) as setting:
        setting.set(blocks(Path(source)))
        setting.finish(declare=declared)
    written = judged(target, _FLAVOUR)
    return {
        "outputs": {"pdf": target.name},
        "pages": setting.count,
        "flavour": written.flavour if written.verdict == "pass" else None,
        "verdict": written.verdict,
        "rules": list(written.rules),
        "detail": written.detail,
        "replaced": setting.replaced,
        "tool": JUDGE,
    }


def blocks(path: Path) -> Iterator[dict[str, Any]]:
    """The blocks of a file, one at a time."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def entitle(pdf: Pdf, title: str) -> None:
    """Say what the document is called, and in which language it speaks."""
    pdf.docinfo[Name.Title] = pikepdf.String(title)
    pdf.docinfo[Name.Producer] = pikepdf.String("luutru")
    pdf.Root.Lang = pikepdf.String("vi-VN")
    pdf.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
