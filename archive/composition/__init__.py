"""The only place that picks backends and engines."""

from __future__ import annotations

from archive.composition.installation import Archive

__all__ = ["Archive"]
