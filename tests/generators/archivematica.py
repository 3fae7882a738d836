"""AIPs as Archivematica writes them, from its published structure: METS with PREMIS and Dublin Core in it, in a bag.

Facts (names of groups, places of descriptions, how originalName begins, identifiers) are from METS files that its
project publishes for tests; nothing here was run against the program itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape

from tests.generators.bags import make_bag

V2, V3 = "info:lc/xmlns/premis-v2", "http://www.loc.gov/premis/v3"
EVENTS = (
    ("ingestion", "2024-04-29T03:51:03.933994+00:00", ""),
    ("virus check", "2024-04-29T03:51:05.319694+00:00", "Pass"),
)


@dataclass(frozen=True)
class Item:
    """One file of the AIP."""

    path: str
    data: bytes = b"bytes"
    use: str = "original"
    original_name: str = ""
    dc: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
    extension: str = ""
    """More XML inside objectCharacteristics."""

    @property
    def uuid(self) -> str:
        return str(uuid5(NAMESPACE_URL, self.path))


def _dc(fields: Mapping[str, str]) -> str:
    rows = "".join(f"<dc:{name}>{escape(value)}</dc:{name}>" for name, value in fields.items())
    return (
        '<dcterms:dublincore xmlns:dcterms="http://purl.org/dc/terms/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"{rows}</dcterms:dublincore>"
    )


def _wrapped(tag: str, identifier: str, kind: str, xml: str, more: str = "") -> str:
    return (
        f'<mets:{tag} ID="{identifier}"{more}><mets:mdWrap MDTYPE="{kind}"><mets:xmlData>{xml}'
        f"</mets:xmlData></mets:mdWrap></mets:{tag}>"
    )


def _object(item: Item, premis: str) -> str:
    digest = item.digest or hashlib.sha256(item.data).hexdigest()
    name = f"<p:originalName>{escape(item.original_name)}</p:originalName>" if item.original_name else ""
    return (
        f'<p:object xmlns:p="{premis}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="p:file">'
        "<p:objectIdentifier><p:objectIdentifierType>UUID</p:objectIdentifierType>"
        f"<p:objectIdentifierValue>{item.uuid}</p:objectIdentifierValue></p:objectIdentifier>"
        "<p:objectCharacteristics><p:compositionLevel>0</p:compositionLevel><p:fixity>"
        "<p:messageDigestAlgorithm>sha256</p:messageDigestAlgorithm>"
        f"<p:messageDigest>{digest}</p:messageDigest></p:fixity><p:size>{len(item.data)}</p:size>"
        f"{item.extension}</p:objectCharacteristics>{name}</p:object>"
    )


def _event(kind: str, at: str, outcome: str, premis: str) -> str:
    return (
        f'<p:event xmlns:p="{premis}"><p:eventIdentifier><p:eventIdentifierType>UUID</p:eventIdentifierType>'
        f"<p:eventIdentifierValue>{uuid5(NAMESPACE_URL, kind + at)}</p:eventIdentifierValue></p:eventIdentifier>"
        f"<p:eventType>{kind}</p:eventType><p:eventDateTime>{at}</p:eventDateTime><p:eventOutcomeInformation>"
        f"<p:eventOutcome>{outcome}</p:eventOutcome></p:eventOutcomeInformation></p:event>"
    )


def mets(
    name: str, items: Sequence[Item], *, dc: Mapping[str, str] | None, premis: str = V3, superseded: str = ""
) -> str:
    """The METS of an AIP called `name`; `superseded` is the title of an older description."""
    descriptions: list[str] = []
    divisions: list[str] = []
    technical: list[str] = []
    groups: dict[str, list[str]] = {}
    named = f'<p:object xmlns:p="{premis}"><p:originalName>{name}</p:originalName></p:object>'
    descriptions.append(_wrapped("dmdSec", "dmdSec_1", "PREMIS:OBJECT", named))
    above = ""
    if superseded:
        old = _dc({"title": superseded})
        descriptions.append(_wrapped("dmdSec", "dmdSec_0", "DC", old, ' STATUS="original-superseded"'))
        above = "dmdSec_0 "
    if dc is not None:
        own = _dc({**dc, "type": "Archival Information Package"})
        descriptions.append(_wrapped("dmdSec", "dmdSec_2", "DC", own, ' STATUS="updated"' if superseded else ""))
        above += "dmdSec_2"
    for number, item in enumerate(items, start=1):
        described = ""
        if item.dc:
            descriptions.append(_wrapped("dmdSec", f"dmdSec_item{number}", "DC", _dc(item.dc)))
            described = f' DMDID="dmdSec_item{number}"'
        divisions.append(
            f'<mets:div TYPE="Item" LABEL="{escape(item.path.rpartition("/")[2])}"{described}>'
            f'<mets:fptr FILEID="file-{item.uuid}"/></mets:div>'
        )
        events = "".join(
            _wrapped("digiprovMD", f"digiprovMD_{number}_{place}", "PREMIS:EVENT", _event(*event, premis))
            for place, event in enumerate(EVENTS)
        )
        facts = _wrapped("techMD", f"techMD_{number}", "PREMIS:OBJECT", _object(item, premis))
        technical.append(f'<mets:amdSec ID="amdSec_{number}">{facts}{events}</mets:amdSec>')
        groups.setdefault(item.use, []).append(
            f'<mets:file ID="file-{item.uuid}" GROUPID="Group-{item.uuid}" ADMID="amdSec_{number}">'
            f'<mets:FLocat xlink:href="{escape(item.path)}" LOCTYPE="OTHER" OTHERLOCTYPE="SYSTEM"/></mets:file>'
        )
    files = "".join(f'<mets:fileGrp USE="{use}">{"".join(found)}</mets:fileGrp>' for use, found in groups.items())
    dmd = f' DMDID="{above.strip()}"' if above else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><mets:mets xmlns:mets="http://www.loc.gov/METS/" '
        'xmlns:xlink="http://www.w3.org/1999/xlink"><mets:metsHdr CREATEDATE="2024-04-29T03:51:08"/>'
        f"{''.join(descriptions)}{''.join(technical)}<mets:fileSec>{files}</mets:fileSec>"
        f'<mets:structMap TYPE="physical" ID="structMap_1" LABEL="Archivematica default">'
        f'<mets:div TYPE="Directory" LABEL="{name}" DMDID="dmdSec_1">'
        f'<mets:div TYPE="Directory" LABEL="objects"{dmd}>{"".join(divisions)}</mets:div></mets:div>'
        "</mets:structMap></mets:mets>"
    )


def make_aip(
    folder: Path,
    items: Sequence[Item],
    *,
    dc: Mapping[str, str] | None = None,
    premis: str = V3,
    superseded: str = "",
    more: Mapping[str, bytes] | None = None,
) -> Path:
    """An AIP below `folder`, in a bag of its own name."""
    uuid = str(uuid5(NAMESPACE_URL, "aip"))
    name = f"ho-so-{uuid}"
    document = mets(name, items, dc=dc, premis=premis, superseded=superseded)
    files = {item.path: item.data for item in items}
    beside = {"README.html": b"<html></html>", "logs/fileFormatIdentification.log": b"log", **(more or {})}
    return make_bag(folder / name, {**files, **beside, f"METS.{uuid}.xml": document.encode()})
