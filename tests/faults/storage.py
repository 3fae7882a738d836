"""A store that fails at the n-th operation, for whoever must survive it.

    store = FaultyStore(FilesystemStore(path), fail_at=7, when="after")

Every call of the port counts, from 1. `before`: the operation has no effect;
`after`: it has its effect, and only the answer is lost. It fails once (or from
then on, with `for_ever`), so that the same object shows whether repeating helps.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import BinaryIO, Literal, TypeVar

from metadata.digests import Digests
from storage.errors import StorageFaultError
from storage.ports import ObjectInfo, ObjectStore

T = TypeVar("T")


class FaultyStore:
    """`inner`, failing as told; `operations` tells what was asked of it, failed calls too."""

    def __init__(
        self,
        inner: ObjectStore,
        *,
        fail_at: int | None = None,
        when: Literal["before", "after"] = "before",
        for_ever: bool = False,
        then: Callable[[], None] | None = None,
    ) -> None:
        self._inner = inner
        self._fail_at = fail_at
        self._when = when
        self._for_ever = for_ever
        self._then = then
        self._lock = threading.Lock()
        self.operations: list[tuple[str, str]] = []

    @property
    def location(self) -> str:
        return self._inner.location

    def put(self, key: str, data: BinaryIO, *, expected: Digests) -> None:
        self._do("put", key, lambda: self._inner.put(key, data, expected=expected))

    def replace(self, key: str, data: bytes, *, etag: str | None) -> str:
        return self._do("replace", key, lambda: self._inner.replace(key, data, etag=etag))

    def open(self, key: str, *, offset: int = 0, length: int | None = None) -> AbstractContextManager[BinaryIO]:
        return self._do("open", key, lambda: self._inner.open(key, offset=offset, length=length))

    def info(self, key: str) -> ObjectInfo:
        return self._do("info", key, lambda: self._inner.info(key))

    def keys(self, prefix: str) -> Iterator[ObjectInfo]:
        return self._do("keys", prefix, lambda: self._inner.keys(prefix))

    def discard(self, key: str) -> None:
        self._do("discard", key, lambda: self._inner.discard(key))

    def ready(self) -> None:
        self._do("ready", "", self._inner.ready)

    def _do(self, name: str, key: str, act: Callable[[], T]) -> T:
        with self._lock:
            self.operations.append((name, key))
            number = len(self.operations)
        fails = self._fail_at is not None and (number == self._fail_at or (self._for_ever and number > self._fail_at))
        if fails and self._when == "before":
            self._fail(name, key)
        answer = act()
        if fails:
            self._fail(name, key)
        return answer

    def _fail(self, name: str, key: str) -> None:
        if self._then is not None:
            self._then()
        raise StorageFaultError(key, f"{name} fails, as this test wants it")
