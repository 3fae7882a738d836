"""The schemas that judge XML: locked bytes, compiled once per process, nothing fetched.

A document's `xsi:schemaLocation` is never followed, and the `schemas/` folder
of a package never judges the package it lies in.
"""

from __future__ import annotations

import hashlib
import threading
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import ClassVar

from lxml import etree

from metadata.errors import ArchiveError, ToolMissingError
from metadata.profiles.packages import PackageKind
from metadata.xml.simpledc import schema_of

_BASE = "locked:/"
_CURE = "python scripts/fetch_schemas.py"
_XLINK_ALIASES = ("http://www.loc.gov/standards/xlink/xlink.xsd", "http://www.loc.gov/standards/xlink.xsd")

_METS_WITH_EXTENSIONS = b"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:import namespace="http://www.loc.gov/METS/" schemaLocation="locked:/METS.xsd"/>
<xs:import namespace="http://www.w3.org/1999/xlink" schemaLocation="locked:/xlink.xsd"/>
<xs:import namespace="https://DILCIS.eu/XML/METS/CSIPExtensionMETS" schemaLocation="locked:/DILCISExtensionMETS.xsd"/>
<xs:import namespace="https://DILCIS.eu/XML/METS/SIPExtensionMETS" schemaLocation="locked:/DILCISExtensionSIPMETS.xsd"/>
</xs:schema>"""


class SchemaAlteredError(ArchiveError):
    """A schema on disk is not the locked one: what it would say is worth nothing."""

    code: ClassVar[str] = "schema.altered"
    retryable: ClassVar[bool] = False

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"the schema {name} is not the one that is locked; cure: {_CURE}")


@cache
def lock() -> Mapping[str, Mapping[str, str]]:
    """Source, digest and licence of every published schema, by name."""
    text = files(__package__).joinpath("schemas", "LOCK.toml").read_text(encoding="utf-8")
    table: dict[str, dict[str, str]] = tomllib.loads(text)
    return table


@cache
def published(name: str) -> bytes:
    """The bytes of a published schema such as `METS.xsd`.

    Raises:
        ToolMissingError: it was not fetched.
        SchemaAlteredError: it is not what the lock says.
    """
    try:
        data = files(__package__).joinpath("schemas", name).read_bytes()
    except FileNotFoundError:
        what = f"schema {name}"
        raise ToolMissingError(what, _CURE) from None
    if hashlib.sha256(data).hexdigest() != lock()[name]["sha256"]:
        raise SchemaAlteredError(name)
    return data


@cache
def circular(name: str, kind: PackageKind = PackageKind.AIP_DOSSIER) -> bytes:
    """The bytes of a schema of Circular 05/2025 as this archive writes it, such as `EAD_doc.xsd`."""
    return schema_of(kind, name.removesuffix(".xsd"))


class _LockedResolver(etree.Resolver):
    """Knows the locked names and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []

    def resolve(  # type: ignore[override]  # lxml hands a context in, which its stubs leave out
        self, system_url: str, _public_id: str, context: object
    ) -> object:
        """Answer an import with locked bytes; anything else with emptiness, which no schema survives."""
        name = "xlink.xsd" if system_url in _XLINK_ALIASES else system_url.removeprefix(_BASE)
        data = published(name) if name in lock() else b""
        if not data:
            self.refused.append(system_url)
        return self.resolve_string(data, context, base_url=_BASE + name)


_compiling = threading.RLock()
_made: dict[str, etree.XMLSchema] = {}


def _compiled(document: bytes, name: str) -> etree.XMLSchema:
    # lxml exchanges the loader of the whole process while it compiles: of two threads at once one
    # finds its imports unresolved (seen with two dossiers that were packed at the same moment).
    with _compiling:
        if name not in _made:
            parser = etree.XMLParser(no_network=True, resolve_entities=False, load_dtd=False, huge_tree=False)
            parser.resolvers.add(_LockedResolver())
            _made[name] = etree.XMLSchema(etree.fromstring(document, parser, base_url=_BASE + name))
        return _made[name]


@cache
def mets_schema() -> etree.XMLSchema:
    """METS 1.12 with xlink and the CSIP and SIP extensions."""
    return _compiled(_METS_WITH_EXTENSIONS, "mets-with-extensions.xsd")


@cache
def premis_schema() -> etree.XMLSchema:
    """PREMIS 3.0. It takes any text for an EDTF time: times need a rule of their own."""
    return _compiled(published("premis-v3-0.xsd"), "premis-v3-0.xsd")


@cache
def ead_schema(name: str, kind: PackageKind = PackageKind.AIP_DOSSIER) -> etree.XMLSchema:
    """A schema of the circular for a package of `kind`: `EAD`, `EAD_doc`, `EAD_pic` or `EAD_media`."""
    return _compiled(circular(name, kind), f"{kind.value}-{name}.xsd")


@cache
def ead3_schema() -> etree.XMLSchema:
    """EAD3 1.1.1, of the Society of American Archivists: what E-ARK packages are described by."""
    return _compiled(published("ead3.xsd"), "ead3.xsd")
