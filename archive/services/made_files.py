"""Files that are made when they are asked for, and measured before their first byte leaves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

from metadata.digests import chunks_of


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A file on the disk, until it is closed."""

    name: str
    sha256: str
    size_bytes: int
    _stream: BinaryIO = field(repr=False)
    _held: ExitStack = field(repr=False)

    def close(self) -> None:
        """Let it go."""
        self._held.close()

    @contextmanager
    def open(self, offset: int, length: int) -> Iterator[BinaryIO]:
        """Its bytes from `offset` on, once: whoever has read them has closed it."""
        del length
        with self._held:
            self._stream.seek(offset)
            yield self._stream


def made_file(name: str, opened: AbstractContextManager[BinaryIO]) -> MadeFile:
    """The file that `opened` gives, made now; whoever gets it closes it.

    Args:
        name: As it goes out.
        opened: Gives its bytes from the first on, and is left when it is closed.
    """
    with ExitStack() as stack:
        stream = stack.enter_context(opened)
        digest = hashlib.sha256()
        for chunk in chunks_of(stream):
            digest.update(chunk)
        return MadeFile(name, digest.hexdigest(), stream.tell(), stream, stack.pop_all())
