"""Facts about XML signatures as a canonical JSON document, and back: standard library only."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from typing import Any

from archive.preservation.signatures.xml_facts import XmlFacts

FORMAT = "luutru-xml-facts 1"


class XmlFactsUnreadableError(ValueError):
    """A document that should hold facts about XML signatures does not."""


def xml_facts_document(facts: XmlFacts) -> bytes:
    """`facts` as canonical JSON (UTF-8, sorted keys, no spaces), bytes as base64."""
    document = {"format": FORMAT, "facts": _plain(facts)}
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _plain(value: object) -> Any:  # noqa: ANN401 - JSON has no type
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return value


def is_xml_facts(document: bytes) -> bool:
    """Whether a kept document of facts speaks of XML signatures; the keys of canonical JSON are sorted."""
    return document.startswith(b'{"facts":') and document.endswith(b'"format":"' + FORMAT.encode() + b'"}')


def xml_facts_of(document: bytes) -> XmlFacts:
    """The facts in `document`.

    Raises:
        XmlFactsUnreadableError: it holds none, whatever the bytes are.
    """
    try:
        loaded = json.loads(document)
        if not isinstance(loaded, dict) or loaded.get("format") != FORMAT:
            raise XmlFactsUnreadableError("no facts about XML signatures")
        found = _typed(XmlFacts, loaded.get("facts"))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        msg = f"{type(error).__name__}: {error}"
        raise XmlFactsUnreadableError(msg) from error
    return typing.cast("XmlFacts", found)


def _typed(kind: Any, value: Any) -> Any:  # noqa: ANN401 - walks type annotations
    if dataclasses.is_dataclass(kind):
        return _record(kind, value)
    origin = typing.get_origin(kind)
    if origin is tuple:
        return _sequence(typing.get_args(kind), value)
    if origin in (typing.Union, types.UnionType):
        if value is None:
            return None
        return _typed(next(k for k in typing.get_args(kind) if k is not type(None)), value)
    if kind is bytes:
        if not isinstance(value, str):
            raise XmlFactsUnreadableError("bytes that are no text")
        try:
            return base64.b64decode(value, validate=True)
        except binascii.Error as error:
            raise XmlFactsUnreadableError(str(error)) from error
    if type(value) is not kind:
        msg = f"{type(value).__name__} where {kind.__name__} belongs"
        raise XmlFactsUnreadableError(msg)
    return value


def _record(kind: Any, value: Any) -> Any:  # noqa: ANN401 - walks type annotations
    kinds = typing.get_type_hints(kind)
    if not isinstance(value, Mapping) or set(value) != set(kinds):
        msg = f"no {kind.__name__}"
        raise XmlFactsUnreadableError(msg)
    return kind(**{name: _typed(kinds[name], value[name]) for name in kinds})


def _sequence(kinds: tuple[Any, ...], value: Any) -> tuple[Any, ...]:  # noqa: ANN401 - walks type annotations
    if not isinstance(value, list):
        raise XmlFactsUnreadableError("no list")
    if len(kinds) == 2 and kinds[1] is Ellipsis:  # noqa: PLR2004 - tuple[kind, ...]
        return tuple(_typed(kinds[0], item) for item in value)
    if len(value) != len(kinds):
        raise XmlFactsUnreadableError("a list of another length")
    return tuple(_typed(kind, item) for kind, item in zip(kinds, value, strict=True))
