"""Papers of the archive's own as open PDFs, for tests that change them."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import pikepdf
from pikepdf import Pdf

from ingest.engines.paper_layout import Setting


def paper(blocks: Sequence[Mapping[str, Any]], *, word_page: str = "") -> Pdf:
    """The pages of `blocks`; it says of itself nothing yet."""
    out = io.BytesIO()
    with Setting(out, word_page=word_page) as setting:
        setting.set(blocks)
        setting.finish()
    out.seek(0)
    return pikepdf.open(out)
