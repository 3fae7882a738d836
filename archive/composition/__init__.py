"""The only place that picks backends and engines."""

from __future__ import annotations

from archive.composition.working import Archive

__all__ = ["Archive"]
