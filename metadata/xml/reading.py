"""Reads XML that may be hostile: no network, no entities, no DOCTYPE, no schema but a locked one, flat memory."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import BinaryIO

from lxml import etree

from metadata.xml.writing import unquoted


class XmlRefusedError(ValueError):
    """The document is not well-formed, breaks its schema, or has a DOCTYPE."""


def elements(
    stream: BinaryIO, tags: Collection[str], schema: etree.XMLSchema | None = None
) -> Iterator[etree._Element]:
    """The root as it opens, then every element of `tags` as it closes; each is emptied when the next is asked for.

    Args:
        stream: Bytes of the document, read once.
        tags: Names in Clark notation. Elements of these names must not lie inside each other.
        schema: Judges the whole document as it passes; a broken rule may be told after elements were given.

    Raises:
        XmlRefusedError: see there.
    """
    try:
        events = etree.iterparse(
            stream,
            events=("start", "end"),
            schema=schema,
            no_network=True,
            resolve_entities=False,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        root: etree._Element | None = None
        closed = False
        for event, element in events:
            if root is None:
                root = element
                if element.getroottree().docinfo.doctype:
                    raise XmlRefusedError("a DOCTYPE is not allowed")
                yield element
            if event == "end" and element.tag in tags:
                yield element
                _forget(element)
            closed = event == "end" and element is root
        if not closed:
            # With a schema and without entities, lxml 6.1 says nothing when the
            # document ends before its root does: a truncated file would pass.
            raise XmlRefusedError("the document is cut off")
    except etree.XMLSyntaxError as error:
        raise XmlRefusedError(str(error)) from error


def _forget(element: etree._Element) -> None:
    element.clear()
    parent = element.getparent()
    while parent is not None and (before := element.getprevious()) is not None:
        parent.remove(before)


def parsed(stream: BinaryIO, schema: etree.XMLSchema | None = None) -> etree._Element:
    """The root of a small document, whole in memory.

    Raises:
        XmlRefusedError: see there.
    """
    root: etree._Element | None = None
    for root in elements(stream, (), schema):  # noqa: B007 - the loop runs the parser to the end
        pass
    if root is None:
        raise XmlRefusedError("the document is empty")
    return root


def text_of(element: etree._Element | None, path: str = "", namespaces: dict[str, str] | None = None) -> str:
    """Text of `element`, or of the first element at `path` below it; empty where there is none."""
    if element is None:
        return ""
    found = element.find(path, namespaces) if path else element
    return "" if found is None else unquoted(found.text or "")
