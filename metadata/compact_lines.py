"""Models with many packed values as lines: written and read a block at a time, never as one text.

The first line is the model as JSON, empty where it holds packed values; a model without any has no other line. Each
further one is a place (`dossiers.0.documents`), a tab, and a block of its values as JSON; the last says how many
blocks there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby, islice
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, TypeAdapter

from metadata.compact import BLOCK, PackedMapping, PackedSequence, by_name, in_order

M = TypeVar("M", bound=BaseModel)

_END = "end"


class LinesBrokenError(ValueError):
    """The lines are cut off, or of another form."""


def lines_of(model: BaseModel) -> Iterator[bytes]:
    """`model` as lines."""
    packed = dict(_packed(model))
    if not packed:
        yield model.model_dump_json().encode()
        return
    emptied = model
    for place, value in packed.items():
        emptied = _with(emptied, place, {} if isinstance(value, Mapping) else ())
    yield emptied.model_dump_json().encode() + b"\n"
    count = 0
    for place, value in packed.items():
        adapter = _adapter(type(model), place)
        entries: Iterator[Any] = iter(value.items() if isinstance(value, Mapping) else value)
        while block := list(islice(entries, BLOCK)):
            count += 1
            yield ".".join(place).encode() + b"\t" + adapter.dump_json(block) + b"\n"
    yield f"{_END}\t{count}\n".encode("ascii")


def model_of(kind: type[M], lines: Iterable[bytes]) -> M:
    """What `lines_of` was given.

    Raises:
        LinesBrokenError: the lines are cut off, or of another form.
        ValidationError: what they say is no `kind`.
    """
    source = iter(lines)
    first = next(source, b"")
    model = kind.model_validate_json(first)
    if not first.endswith(b"\n"):
        return model
    count, told = 0, -1

    def blocks(place: tuple[str, ...], own: Iterable[tuple[str, bytes]]) -> Iterator[Any]:
        nonlocal count
        adapter = _adapter(kind, place)
        for _, block in own:
            count += 1
            yield adapter.validate_json(block)

    for written, own in groupby(map(_parted, source), key=lambda line: line[0]):
        if written == _END:
            told = sum(int(number) for _, number in own)
            continue
        place = tuple(written.split("."))
        values = chain.from_iterable(blocks(place, own))
        of_kind, is_mapping = _kind(kind, place)
        model = _with(model, place, by_name(of_kind, values) if is_mapping else in_order(of_kind, values))
    if told != count:
        msg = f"{count} blocks, {told} were written"
        raise LinesBrokenError(msg)
    return model


def _packed(model: BaseModel, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Packed values with their places, in the model and in the only model that a field holds."""
    for name, value in model:
        place = (*above, name)
        if isinstance(value, PackedSequence | PackedMapping):
            yield place, value
        elif isinstance(value, tuple) and len(value) == 1 and isinstance(value[0], BaseModel):
            yield from _packed(value[0], (*place, "0"))


def _with(model: M, place: Sequence[str], value: object) -> M:
    name, *below = place
    if below:
        (only,) = getattr(model, name)
        value = (_with(only, below[1:], value),)
    return model.model_copy(update={name: value})


def _kind(kind: type[BaseModel], place: Sequence[str]) -> tuple[Any, bool]:
    """What the values at `place` are, and whether they have names."""
    name, *below = place
    field = kind.model_fields.get(name)
    if field is None:
        msg = f"{kind.__name__} has no {name!r}"
        raise LinesBrokenError(msg)
    arguments = get_args(field.annotation)
    if below:
        return _kind(arguments[0], below[1:])
    return arguments[-1], arguments[0] is str


def _adapter(kind: type[BaseModel], place: Sequence[str]) -> TypeAdapter[Any]:
    of_kind, is_mapping = _kind(kind, place)
    entry = tuple.__class_getitem__((str, of_kind)) if is_mapping else of_kind
    kinds: Any = list.__class_getitem__(entry)
    return TypeAdapter(kinds)


def _parted(line: bytes) -> tuple[str, bytes]:
    place, tab, block = line.partition(b"\t")
    if not tab:
        raise LinesBrokenError("a line without a place")
    return place.decode("ascii", "replace"), block
