"""What the C library is told about memory."""

from __future__ import annotations

import contextlib
import ctypes

_M_ARENA_MAX, _M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD = -8, -3, -1
"""From glibc's malloc.h."""

_LARGE_BYTES = 256 << 10
"""A piece from this size on goes back to the system as soon as it is free.

Left to itself glibc raises the bound to the largest piece that was ever freed, up to 32 MiB: what a search over
everything or a whole file once needed then stays with the process for good.
"""


def share_memory_between_threads() -> None:
    """Two heaps for all threads of this process and of those that it forks, where the C library can be told (ADR 0100).

    glibc gives up to eight a core, and each keeps what its threads once needed: the process grew by
    0.17 MiB a document for as long as it ran.
    """
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_ARENA_MAX, 2)
        library.mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        library.mallopt(_M_TRIM_THRESHOLD, _LARGE_BYTES)
