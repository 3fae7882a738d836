"""Descriptive metadata of packages: the circular's `simpledc`, EAD 2002, EAD3, Dublin Core; whatever the order.

What comes back is a plain mapping: `form`, `namespace`, `root`, and `parts`. The first part describes what the
document as a whole is about; each further one is a component (`c`, `c01` … of EAD). A part has `level`, `line`,
`fields` (name, text, line, kind, normal) and `files` (hrefs of digital objects). A name is the local name, in EAD with
that of the element around it (`did/unittitle`); `kind` is what an attribute (label, localtype, type, encodinganalog)
says of it, `normal` its value in normal form.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum, unique
from typing import Any, BinaryIO

from metadata.xml.walking import Name, walk

_EAD_NAMESPACES = frozenset({"http://ead3.archivists.org/schema/", "urn:isbn:1-931666-22-9", ""})
_DC = frozenset({"http://purl.org/dc/elements/1.1/", "http://purl.org/dc/terms/"})
_COMPONENTS = frozenset({"c", *(f"c{number:02d}" for number in range(1, 13))})
_OBJECTS = frozenset({"dao", "daoloc", "extref", "extptr", "ptr", "ref"})
_KINDS = ("label", "localtype", "type", "datechar", "encodinganalog", "relator", "unittype")
_MOST_FIELDS = 200_000
_MOST_PARTS = 20_000


@unique
class Form(StrEnum):
    """What kind of document describes."""

    SIMPLE = "simpledc"
    """The circular's own: a flat list of fields."""

    EAD = "ead"
    """EAD 2002 or EAD3."""

    DUBLIN_CORE = "dc"
    OTHER = "other"
    """Read as far as its elements go; no field of it is known."""


def read_description(stream: BinaryIO) -> dict[str, Any]:
    """Read one descriptive document.

    Raises:
        XmlRefusedError: see `metadata.xml.walking.walk`.
    """
    visitor = _Visitor()
    walk(stream, visitor)
    return {
        "form": visitor.form.value,
        "namespace": visitor.namespace,
        "root": visitor.root,
        "parts": [part for part in visitor.parts if part is visitor.parts[0] or part["fields"] or part["files"]],
    }


def _part(level: str, line: int) -> dict[str, Any]:
    return {"level": level, "line": line, "fields": [], "files": []}


class _Visitor:
    def __init__(self) -> None:
        self.form = Form.OTHER
        self.namespace = ""
        self.root = ""
        self.parts: list[dict[str, Any]] = []
        self._open: list[dict[str, Any]] = []
        self._path: list[tuple[str, int, str, str]] = []
        self._fields = 0

    def start(self, name: Name, attributes: Mapping[str, str], line: int) -> None:
        namespace, local = name
        if not self._path:
            self.namespace, self.root = namespace, local
            self.form = _form(namespace, local)
            self._new_part("", line)
        elif self.form is Form.EAD and local in _COMPONENTS:
            self._new_part(attributes.get("level", ""), line)
        if local in _OBJECTS and (href := attributes.get("href")):
            self._open[-1]["files"].append(href)
        if namespace in _DC and self.form is Form.OTHER:
            self.form = Form.DUBLIN_CORE
        kind = next((attributes[key] for key in _KINDS if attributes.get(key)), "")
        normal = attributes.get("normal") or attributes.get("standarddate") or attributes.get("level", "")
        self._path.append((local, line, kind, normal))

    def _new_part(self, level: str, line: int) -> None:
        part = _part(level, line)
        if len(self.parts) < _MOST_PARTS:
            self.parts.append(part)
        self._open.append(part)

    def end(self, _name: Name, text: str) -> None:
        local, line, kind, normal = self._path.pop()
        if (text or normal) and self._path and self._fields < _MOST_FIELDS:
            self._fields += 1
            around = self._path[-1][0] if self.form is Form.EAD else ""
            self._open[-1]["fields"].append([f"{around}/{local}" if around else local, text, line, kind, normal])
        if self.form is Form.EAD and local in _COMPONENTS:
            self._open.pop()


def _form(namespace: str, local: str) -> Form:
    if local == "simpledc":
        return Form.SIMPLE
    if local == "ead" and namespace in _EAD_NAMESPACES:
        return Form.EAD
    return Form.OTHER
