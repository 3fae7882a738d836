"""What a conversion takes away from a document, as short stable words for the decision record."""

from __future__ import annotations

MAX_LOSSES = 200
MAX_DETAIL_CHARS = 120


class Losses:
    """Collects losses once each, in the order in which they were met.

    An entry is `code` or `code:detail`, such as `open-action`,
    `attachment:phuluc.docx`, `form-flattened:3`, `annotation:p2 Movie`. A
    hostile file cannot make the record grow: entries are bounded in number and length.
    """

    def __init__(self) -> None:
        self._entries: dict[str, None] = {}

    def add(self, code: str, detail: object = "") -> None:
        """Record that `code` happened, with what it happened to."""
        if len(self._entries) >= MAX_LOSSES:
            return
        words = "".join(c for c in str(detail) if c.isprintable())[:MAX_DETAIL_CHARS]
        self._entries[f"{code}:{words}" if words else code] = None

    def entries(self) -> list[str]:
        """All of them, in order."""
        return list(self._entries)
