"""An edXML message read in a worker: facts of its header, its attachments decoded into files. Everything is hostile."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from ingest.engines.edxml_mime import Part, is_mime, split
from ingest.engines.edxml_walking import CONTENT, Content, MessageRefusedError, Node, Walk
from ingest.engines.unpacking_members import DamagedError
from ingest.engines.unpacking_zip_directory import read_directory
from ingest.ordinary_files import opened
from metadata.edxml import NAMESPACE, OLD_NAMESPACE

_HEAD = 1024
_ZIP = b"PK\x03\x04"
_NO_WRAPPER = frozenset({"[content_types].xml", "mimetype", "meta-inf/manifest.mf"})
"""Members of a ZIP that is a document itself: OOXML, OpenDocument and ASiC, programs in Java."""

_MOST_ENTRIES = 200_000
_DETAIL = 300
_OURS = {NAMESPACE: "", OLD_NAMESPACE: OLD_NAMESPACE, OLD_NAMESPACE.rstrip("/"): OLD_NAMESPACE}
_HEADER = "MessageHeader"


def read_packet(scratch: Path, path: str, most_bytes: int) -> dict[str, Any]:
    """The message at `path`.

    Args:
        scratch: Where attachments go.
        path: The file.
        most_bytes: That all attachments together may have.

    Returns:
        `message`: whether it is an edXML message at all. When it is and can be read: `tree` (see
        `metadata.edxml_tree.Element`), `form` (`edxml`, `soap`, `mime`), `namespaces` that are not the standard's,
        `attachments` and the outputs that they name. `refused`: rule and detail, where it cannot be read.
    """
    try:
        with opened(path) as stream:
            head = stream.read(_HEAD)
            stream.seek(0)
            if is_mime(head):
                return _mime(stream, scratch, most_bytes)
            walk = Walk(scratch, most_bytes)
            return _answer(walk, walk.read(stream), [], scratch)
    except MessageRefusedError as error:
        return {"message": True, "refused": [error.rule, error.detail[:_DETAIL]]}


def _mime(stream: BinaryIO, scratch: Path, most_bytes: int) -> dict[str, Any]:
    root, *others = split(stream, scratch, most_bytes)
    if root.content.problem:
        raise MessageRefusedError("EDX-006", f"the part with the XML: {root.content.problem}")
    walk = Walk(scratch, most_bytes)
    with (scratch / root.content.number).open("rb") as xml:
        tree = walk.read(xml)
    return _answer(walk, tree, others, scratch) | {"form": "mime"}


def _answer(walk: Walk, root: Node, parts: list[Part], scratch: Path) -> dict[str, Any]:
    if not _is_message(root):
        return {"message": False}
    soap = root.name == "Envelope"
    attachments = [_attachment(node, scratch) for node in walk.attachments]
    attachments += [_part(part, scratch) for part in parts]
    outputs = {entry["number"]: entry["number"] for entry in attachments if entry["number"]}
    return {
        "message": True,
        "form": "soap" if soap else "edxml",
        "namespaces": _namespaces(walk),
        "tree": root.as_json(),
        "attachments": attachments,
        "outputs": outputs,
    }


def _is_message(root: Node) -> bool:
    """By what stands in it: the root is called as programs like, the header always the same."""
    if root.name not in {"edXML", "edXMLEnvelope", "Envelope"}:
        return False
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.name == _HEADER:
            return True
        waiting += node.children
    return False


def _namespaces(walk: Walk) -> list[str]:
    """Namespaces of the message's own elements that are not those of the standard; empty text: none at all."""
    foreign = {_OURS.get(name, name) if name else "-" for name in walk.namespaces}
    return sorted(name[:_DETAIL] for name in foreign if name and "soap" not in name.lower())[:5]


def _attachment(node: Node, scratch: Path) -> dict[str, Any]:
    texts = {child.name: child.text for child in node.children if child.name != CONTENT}
    content = node.content
    return {
        "line": node.line,
        "name": texts.get("AttachmentName", ""),
        "content_id": texts.get("ContentId", ""),
        "content_type": texts.get("ContentType", ""),
        "description": texts.get("Description", ""),
        **_content(content, scratch),
    }


def _part(part: Part, scratch: Path) -> dict[str, Any]:
    return {
        "line": None,
        "name": part.name,
        "content_id": part.content_id,
        "content_type": part.content_type,
        "description": "",
        **_content(part.content, scratch),
    }


def _content(content: Content | None, scratch: Path) -> Mapping[str, Any]:
    if content is None:
        return {"number": "", "bytes": 0, "forgiven": [], "problem": "", "too_large": False, "packed": ""}
    usable = not content.problem and not content.too_large
    packed = _packed(scratch / content.number) if usable and content.head.startswith(_ZIP) else ""
    return {
        "number": content.number,
        "bytes": content.size_bytes,
        "forgiven": list(content.forgiven),
        "problem": content.problem[:_DETAIL],
        "too_large": content.too_large,
        "packed": packed,
    }


def _packed(path: Path) -> str:
    """What a ZIP is: `wrapper` around files, `document` (OOXML …), or `damaged`."""
    with path.open("rb") as stream:
        try:
            directory = read_directory(stream, path.stat().st_size)
        except DamagedError:
            return "damaged"
    names = {entry.name.path.lower() for entry in directory.entries[:_MOST_ENTRIES]}
    return "document" if names & _NO_WRAPPER else "wrapper"
