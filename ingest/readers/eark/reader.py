"""The reader "package": a folder with METS.xml, as TT 05/2025/TT-BNV and E-ARK (CSIP, SIP, AIP, DIP) lay it out.

Containers are opened by others (`ingest.readers.containers`); here a package is a folder. Nothing is parsed in this
process, nothing is fetched, and no schema of the package judges anything.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, compress
from pathlib import Path

from ingest.ports import Workers
from ingest.readers.eark.contents import Contents, dossier_of, of_kind
from ingest.readers.eark.fetching import fetched, is_fetch
from ingest.readers.eark.identity import identify
from ingest.readers.eark.inventory import Inventory
from ingest.readers.eark.layout import laid_out
from ingest.readers.eark.notes import Notes
from ingest.readers.eark.places import Places
from ingest.readers.eark.preservation import Preservation, Preserved
from ingest.readers.eark.records import MetsRecord, Reading
from ingest.readers.eark.schemas import tell_schemas
from ingest.readers.eark.structure import Structure
from ingest.readers.listing import Listing, list_delivery, shown
from metadata.compact import by_name
from metadata.descriptions import Claim, Delivery, DossierDescription
from metadata.findings import Finding
from metadata.validation_secrets import secret_findings
from metadata.validation_together import findings_between

PROFILE = "05-2025"
_METS = "mets.xml"


def package_root(path: Path) -> Path | None:
    """The folder that holds METS.xml: `path` itself, or the only folder in it; None where there is none."""
    try:
        with os.scandir(path) as entries:
            found = [entry for entry in entries if not entry.name.startswith(".")]
            if any(entry.name.casefold() == _METS and entry.is_file(follow_symlinks=False) for entry in found):
                return path
            folders = [Path(entry.path) for entry in found if entry.is_dir(follow_symlinks=False)]
        if len(folders) != 1 or len(found) != 1:
            return None
        with os.scandir(folders[0]) as entries:
            names = [entry.name.casefold() for entry in entries if entry.is_file(follow_symlinks=False)]
    except OSError:
        return None
    return folders[0] if _METS in names else None


class PackageReader:
    """Reads packages of TT 05/2025/TT-BNV and E-ARK.

    Args:
        workers: Where METS, EAD and PREMIS are parsed.
        register: The person who hands in says that documents may be described without files.
    """

    def __init__(self, workers: Workers, *, register: bool = False) -> None:
        self._workers = workers
        self._register = register

    @property
    def name(self) -> str:
        """See `Reader.name`."""
        return "package"

    def recognises(self, path: Path) -> bool:
        """See `Reader.recognises`."""
        return package_root(path) is not None

    def read(self, path: Path, room: Path) -> Delivery:
        """See `Reader.read`. Nothing is left in the room.

        Raises:
            DeliveryUnreadableError: a folder cannot be read.
            ArchiveError: the system failed.
        """
        root = (package_root(path) or path).absolute()
        made = not room.exists()
        try:
            return _Package(root, Reading(self._workers, root, room), register=self._register).delivery()
        finally:
            if made and room.exists() and not any(room.iterdir()):
                room.rmdir()


@dataclass(slots=True)
class _Package:
    """One package while it is read."""

    root: Path
    reading: Reading
    register: bool = False
    notes: Notes = field(default_factory=Notes)

    def delivery(self) -> Delivery:
        listing = list_delivery(self.root)
        # Programs list Thumbs.db and the like with everything else: it is there, and stays out.
        places = Places(listing.files, (*(oddity.path for oddity in listing.oddities), *listing.ignored))
        for oddity in listing.oddities:
            self.notes.tell(oddity.rule, oddity.path, detail=oddity.detail)
        top = self._root_mets(listing)
        documents = Structure(self.reading, places, self.notes).read(top)
        if not documents or documents[0].path != top:
            return Delivery(
                reader="package",
                profile=PROFILE,
                root=str(self.root),
                ignored=listing.ignored,
                findings=self.notes.findings(),
            )
        # What was needed to read it is gone before the whole is gone over.
        dossier, claims = self._described(listing, places, documents)
        return self._delivered(listing, places, dossier, claims)

    def _listed(self, places: Places, documents: list[MetsRecord]) -> Inventory:
        inventory = Inventory(self.root, places, self.notes)
        for mets in documents:
            inventory.take(mets)
        inventory.check_sizes()
        return inventory

    def _root_mets(self, listing: Listing) -> str:
        named = sorted(path for path in listing.files if path.casefold() == _METS)
        chosen = "METS.xml" if "METS.xml" in named else named[0] if named else "METS.xml"
        for other in named:
            if other != chosen:
                self.notes.tell("EAR-001", other, other=chosen)
        return chosen

    def _described(
        self, listing: Listing, places: Places, documents: list[MetsRecord]
    ) -> tuple[DossierDescription, Mapping[str, tuple[Claim, ...]]]:
        inventory = self._listed(places, documents)
        layout = laid_out(listing.files)
        identity = identify(documents[0], shown(self.root.name), self.notes)
        premis = of_kind(inventory, layout.premis, "PREMIS")
        preserved = Preservation(inventory, places, self.notes).check(self.reading, premis)
        fetch_files = [path for paths in layout.data.values() for path in paths if is_fetch(path)]
        targets = fetched(self.reading, fetch_files, inventory, self.notes)
        contents = Contents(layout, documents, inventory, identity, preserved, targets)
        excused = {mets.path for mets in documents} | {path for paths in targets.values() for path in paths}
        inventory.tell_unlisted(listing.files, excused, contents.data())
        tell_schemas(layout.others, inventory, self.notes)
        dossier = dossier_of(contents, self.reading, self.notes, register=self.register)
        return dossier, by_name(tuple[Claim, ...], _claims(listing.files, inventory, preserved))

    # ------------------------------------------------------------ the answer

    def _delivered(
        self, listing: Listing, places: Places, dossier: DossierDescription, claims: Mapping[str, tuple[Claim, ...]]
    ) -> Delivery:
        findings = self.notes.findings()
        is_source = bytearray(b"\1") * len(listing.files)
        for path in chain(dossier.stray_files, (path for document in dossier.documents for path in document.files)):
            if (number := places.number(path)) is not None:
                is_source[number] = 0
        # Of a secret dossier nothing but the refusal is told: other findings quote what is written.
        secrets = tuple(secret_findings(dossier, dossier.source))
        return Delivery(
            reader="package",
            profile=PROFILE,
            root=str(self.root),
            dossiers=(dossier,),
            sources=tuple(compress(listing.files, is_source)),
            claims=claims,
            ignored=listing.ignored,
            dossier_findings={dossier.file_code: secrets or (*findings, *_between(dossier))},
        )


def _claims(
    files: Sequence[str], inventory: Inventory, preserved: Preserved
) -> Iterator[tuple[str, tuple[Claim, ...]]]:
    """What METS and PREMIS say of the bytes, in the order of the files."""
    for path in files:
        if claims := (*inventory.claims_of(path), *preserved.claims.get(path, ())):
            yield path, claims


def _between(dossier: DossierDescription) -> tuple[Finding, ...]:
    """Documents that say the same number, body and day."""
    return tuple(findings_between([dossier]).get(dossier.file_code, ()))
