"""The schemas that a package brings along: compared with the published ones, never used."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ingest.readers.eark.inventory import Inventory
from ingest.readers.eark.notes import Notes
from metadata.xml.schemas import lock

_NAMES = (
    (re.compile(r"^mets(?:[_-]?\d+[_.\-]?\d*)?\.xsd$"), "METS.xsd"),
    (re.compile(r"^xlink\.xsd$"), "xlink.xsd"),
    (re.compile(r"^dilcisextensionmets\.xsd$"), "DILCISExtensionMETS.xsd"),
    (re.compile(r"^dilcisextensionsipmets\.xsd$"), "DILCISExtensionSIPMETS.xsd"),
    (re.compile(r"^premis(?:-v3-0)?\.xsd$"), "premis-v3-0.xsd"),
)
_ALSO_PUBLISHED = frozenset(
    {
        "c14ffcf2653a3e821588cf0327c079a47211527c486fb0b88a912413b6a547ff",  # METS 1.12, Library of Congress
        "5d18b2751c52d87a92d2d947f1fc7974c034e9b1cbb9869b48c138755cba12de",  # the same with CSIP's imports, commons-ip
        "f1f5bb6003165cdd8f6c1fcc32f8fd1f965e1681010f3b9806d9460bcffa8a3c",  # xlink, Library of Congress
    }
)
"""Other published forms of the locked schemas: they say the same."""


def tell_schemas(paths: Iterable[str], inventory: Inventory, notes: Notes) -> None:
    """Tell which schemas differ from the published ones, by the digests that METS states of them."""
    differing: list[str] = []
    for path in paths:
        folder, _, name = path.rpartition("/")
        if folder.casefold() != "schemas":
            continue
        ours = next((ours for form, ours in _NAMES if form.match(name.casefold())), None)
        listed = inventory.listed.get(path)
        stated = listed.digests.get("SHA-256") if listed else None
        if ours is not None and stated not in {None, lock()[ours]["sha256"], *_ALSO_PUBLISHED}:
            differing.append(name)
    if differing:
        notes.tell("EAR-016", "schemas/", written=", ".join(sorted(differing)))
