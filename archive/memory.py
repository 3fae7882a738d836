"""What the C library is told about memory."""

from __future__ import annotations

import contextlib
import ctypes

_M_ARENA_MAX = -8
"""From glibc's malloc.h."""


def share_memory_between_threads() -> None:
    """Two heaps for all threads of this process and of those that it forks, where the C library can be told (ADR 0100).

    glibc gives up to eight a core, and each keeps what its threads once needed: the process grew by
    0.17 MiB a document for as long as it ran.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)
