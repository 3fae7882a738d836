"""Many values of one kind kept small: packed in blocks, unpacked a block at a time.

A package of 100,000 documents describes each by fourteen fields. As objects a
description weighs 5 KiB; packed with its neighbours, which say most things
alike, less than a tenth of one. Fewer than `MANY` stay what they are: a tuple,
a dict.
"""

from __future__ import annotations

import json
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable, ItemsView, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from typing import Annotated, Any, Generic, Protocol, TypeVar, get_args, overload

from pydantic import GetCoreSchemaHandler, TypeAdapter
from pydantic_core import CoreSchema, core_schema

MANY = 1000
"""So many values are packed; below that it is not worth the time."""

BLOCK = 64
"""Values a block: enough to find what they have in common, few enough to unpack for one of them."""

_KEPT_BLOCKS = 4
_LEVEL = 1

T = TypeVar("T")


class Form(Protocol[T]):
    """How values of one kind are written down."""

    def written(self, values: Sequence[T]) -> bytes:
        """`values` as text."""
        ...

    def read(self, data: bytes) -> list[T]:
        """What `written` was given."""
        ...


@dataclass(frozen=True, slots=True)
class Plain(Generic[T]):
    """Values as JSON, without what is as it is anyway."""

    adapter: TypeAdapter[list[T]]

    def written(self, values: Sequence[T]) -> bytes:
        """See `Form.written`."""
        return self.adapter.dump_json(list(values), exclude_defaults=True)

    def read(self, data: bytes) -> list[T]:
        """See `Form.read`."""
        return self.adapter.validate_json(data)


@dataclass(frozen=True, slots=True)
class Rows(Generic[T]):
    """Values as rows that the kind itself makes: faster than what fits every kind."""

    to_rows: Callable[[Sequence[T]], object]
    from_rows: Callable[[Any], list[T]]

    def written(self, values: Sequence[T]) -> bytes:
        """See `Form.written`."""
        return json.dumps(self.to_rows(values), separators=(",", ":")).encode("ascii")

    def read(self, data: bytes) -> list[T]:
        """See `Form.read`."""
        return self.from_rows(json.loads(data))


@lru_cache(maxsize=64)
def form_of(kind: Any) -> Form[Any]:  # noqa: ANN401 - a class, or an alias such as `tuple[Claim, ...]`
    """How values of `kind` are packed: by its own `to_rows` and `from_rows` where it has them."""
    if hasattr(kind, "to_rows"):
        return Rows(kind.to_rows, kind.from_rows)
    if kind is str:
        # As it is, halves of letters too, which names on disk may hold.
        return Rows(list, list)
    return Plain(TypeAdapter(list[kind]))


class _Blocks(Generic[T]):
    """Packed values by their number, growing; the last few blocks asked for stay unpacked."""

    __slots__ = ("_data", "_form", "_recent", "_tail")

    def __init__(self, form: Form[T]) -> None:
        self._form = form
        self._data: list[bytes] = []
        self._recent: dict[int, list[T]] = {}
        self._tail: list[T] = []

    def append(self, value: T) -> None:
        self._tail.append(value)
        if len(self._tail) == BLOCK:
            self._data.append(zlib.compress(self._form.written(self._tail), _LEVEL))
            self._tail = []

    def __len__(self) -> int:
        return len(self._data) * BLOCK + len(self._tail)

    def _block(self, number: int) -> list[T]:
        return self._form.read(zlib.decompress(self._data[number]))

    def __getitem__(self, position: int) -> T:
        number, within = divmod(position, BLOCK)
        if number == len(self._data):
            return self._tail[within]
        recent = self._recent
        block = recent.get(number)
        if block is None:
            block = self._block(number)
            # A new dict each time: whoever reads in another thread has the old one.
            self._recent = dict([*recent.items()][1 - _KEPT_BLOCKS :]) | {number: block}
        return block[within]

    def __iter__(self) -> Iterator[T]:
        for number in range(len(self._data)):
            yield from self._block(number)
        yield from self._tail


class PackedSequence(Sequence[T]):
    """Values in order. Each is made when it is asked for: the same place gives equal values, not the same one.

    Args:
        kind: What they are: a class, or an alias such as `tuple[Claim, ...]`.
        values: The first ones, taken one by one.
    """

    __slots__ = ("_blocks",)
    __hash__ = None  # type: ignore[assignment]  # as of every value that compares by what it holds

    def __init__(self, kind: Any, values: Iterable[T] = ()) -> None:  # noqa: ANN401 - see `form_of`
        self._blocks: _Blocks[T] = _Blocks(form_of(kind))
        for value in values:
            self._blocks.append(value)

    def append(self, value: T) -> None:
        """Add one more; only by whoever makes the sequence."""
        self._blocks.append(value)

    def __len__(self) -> int:
        return len(self._blocks)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[T]: ...

    def __getitem__(self, index: int | slice) -> T | Sequence[T]:
        if isinstance(index, slice):
            return tuple(self._blocks[position] for position in range(*index.indices(len(self))))
        return self._blocks[range(len(self))[index]]

    def __iter__(self) -> Iterator[T]:
        return iter(self._blocks)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence) or isinstance(other, str | bytes):
            return NotImplemented
        return len(self) == len(other) and all(one == another for one, another in zip(self, other, strict=True))

    def __repr__(self) -> str:
        return f"<{len(self)} packed>"


class Found:
    """Where names stand, by their hashes: 12 bytes a name. Whoever asks compares the names themselves.

    Args:
        hashes: Of all names, in order.
    """

    __slots__ = ("_hashes", "_positions")

    def __init__(self, hashes: Iterable[int]) -> None:
        unsorted = array("q", hashes)
        self._positions = array("I", sorted(range(len(unsorted)), key=unsorted.__getitem__))
        self._hashes = array("q", map(unsorted.__getitem__, self._positions))

    def of(self, name: str) -> Iterator[int]:
        """Positions, in order, at which `name` may stand; nearly always it does."""
        wanted = hash(name)
        at = bisect_left(self._hashes, wanted)
        while at < len(self._hashes) and self._hashes[at] == wanted:
            yield self._positions[at]
            at += 1


class PackedMapping(Mapping[str, T]):
    """Values by name, in the order in which they came; asked for in about that order they are found fast.

    Args:
        kind: What the values are; see `PackedSequence`.
        entries: Taken one by one. Of a name that comes again the last value is found.
    """

    __slots__ = ("_found", "_names", "_values")

    def __init__(self, kind: Any, entries: Iterable[tuple[str, T]]) -> None:  # noqa: ANN401 - see `form_of`
        self._names: _Blocks[str] = _Blocks(form_of(str))
        self._values: _Blocks[T] = _Blocks(form_of(kind))
        hashes = array("q")
        for name, value in entries:
            self._names.append(name)
            self._values.append(value)
            hashes.append(hash(name))
        self._found = Found(hashes)

    def _position(self, name: object) -> int | None:
        places = tuple(self._found.of(name)) if isinstance(name, str) else ()
        return next((place for place in reversed(places) if self._names[place] == name), None)

    def __getitem__(self, name: str) -> T:
        position = self._position(name)
        if position is None:
            raise KeyError(name)
        return self._values[position]

    def __contains__(self, name: object) -> bool:
        return self._position(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def items(self) -> ItemsView[str, T]:
        """Names with values, unpacked as they come and not looked up one by one."""
        return _Items(self, self._values)

    def __repr__(self) -> str:
        return f"<{len(self)} packed by name>"


class _Items(ItemsView[str, T]):
    def __init__(self, mapping: Mapping[str, T], values: Iterable[T]) -> None:
        super().__init__(mapping)
        self._names, self._values = mapping, values

    def __iter__(self) -> Iterator[tuple[str, T]]:
        return zip(self._names, self._values, strict=True)


def in_order(kind: Any, values: Iterable[T]) -> Sequence[T]:  # noqa: ANN401 - see `form_of`
    """`values`, taken one by one, packed where they are many."""
    source = iter(values)
    first = tuple(islice(source, MANY))
    return first if len(first) < MANY else PackedSequence(kind, chain(first, source))


def by_name(kind: Any, entries: Iterable[tuple[str, T]]) -> Mapping[str, T]:  # noqa: ANN401 - see `form_of`
    """`entries`, taken one by one, packed where they are many; of a name that comes again the last value counts."""
    source = iter(entries)
    first = list(islice(source, MANY))
    return dict(first) if len(first) < MANY else PackedMapping(kind, chain(first, source))


# ---------------------------------------------------------------- as fields of models


class _InOrder:
    """A field that holds a tuple, or many values packed; written as a list either way."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's
        (kind,) = get_args(source)

        def validated(value: object, validate: core_schema.ValidatorFunctionWrapHandler) -> object:
            return value if isinstance(value, PackedSequence) else in_order(kind, validate(value))

        def written(value: object, write: core_schema.SerializerFunctionWrapHandler) -> object:
            return write(tuple(value) if isinstance(value, PackedSequence) else value)

        plain = handler.generate_schema(tuple.__class_getitem__((kind, ...)))
        serialization = core_schema.wrap_serializer_function_ser_schema(written, schema=plain)
        return core_schema.no_info_wrap_validator_function(validated, plain, serialization=serialization)


class _ByName:
    """A field that holds a dict, or many values by name packed; written as an object either way."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - pydantic's
        _, kind = get_args(source)

        def validated(value: object, validate: core_schema.ValidatorFunctionWrapHandler) -> object:
            return value if isinstance(value, PackedMapping) else by_name(kind, validate(value).items())

        def written(value: object, write: core_schema.SerializerFunctionWrapHandler) -> object:
            return write(dict(value.items()) if isinstance(value, PackedMapping) else value)

        plain = handler.generate_schema(dict.__class_getitem__((str, kind)))
        serialization = core_schema.wrap_serializer_function_ser_schema(written, schema=plain)
        return core_schema.no_info_wrap_validator_function(validated, plain, serialization=serialization)


InOrder = Annotated[Sequence[T], _InOrder()]
"""Type of a model's field: values in order, packed where they are many."""

ByName = Annotated[Mapping[str, T], _ByName()]
"""Type of a model's field: values by name, packed where they are many."""
