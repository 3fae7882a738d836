"""The only place that picks backends and engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archive.composition.working import Archive

__all__ = ["Archive"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - as the language wants it
    # Checking a proof needs no installation, and should not wait for its database library.
    if name == "Archive":
        from archive.composition.working import Archive  # noqa: PLC0415

        return Archive
    raise AttributeError(name)
