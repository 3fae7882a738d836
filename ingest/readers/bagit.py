"""The reader "bagit": a bag (BagIt 0.97, 1.0) whose payload is a delivery of another kind, or files only.

Digests that manifests tell are compared when the stage `receive` reads the
files; those of files that it never reads (derivatives, Thumbs.db) at once, in
a worker. Nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.ports import Reader, Workers
from ingest.readers.bagit_contents import Bag, BagReading
from ingest.readers.containers import inner
from ingest.readers.listing import list_delivery, shown
from ingest.readers.rerooting import rerooted
from ingest.readers.undescribed import documents_of
from metadata.codes import nfc
from metadata.descriptions import Cell, Delivery, DossierDescription
from metadata.findings import Finding
from metadata.validation_secrets import secret_findings

PROFILE = "05-2025"
DECLARATION = "bagit.txt"
_PAYLOAD = "data"
_OF_SHEETS = "folder"
_CODES = ("External-Identifier", "Internal-Sender-Identifier", "Bag-Group-Identifier")
_TITLES = ("External-Description", "Internal-Sender-Description")
_VOLATILE = frozenset({"bagging-date", "payload-oxum", "bag-size", "bag-count", "bag-software-agent"})
"""What the bagging program says of its own work: another bag of the same files says it otherwise."""


@dataclass(frozen=True, slots=True)
class BagReader:
    """Reads bags.

    Args:
        workers: Where tag files are parsed.
        readers: Asked in order about the payload; where none knows it, its files are documents called by their names.
    """

    workers: Workers
    readers: Sequence[Reader]
    name: str = "bagit"

    def recognises(self, path: Path) -> bool:
        """See `Reader.recognises`: a folder, or one folder in it, with `bagit.txt`."""
        return path.is_dir() and bag_root(path) is not None

    def read(self, path: Path, room: Path) -> Delivery:
        """See `Reader.read`.

        Raises:
            DeliveryUnreadableError: a folder cannot be read.
            ArchiveError: the system failed.
        """
        root = (bag_root(path) or path).resolve()
        listing = list_delivery(root)
        reading = BagReading(self.workers, root, room / "bag")
        bag = reading.bag(listing)
        delivery = self._payload(root, room / "payload", bag)
        return self._joined(delivery, bag, reading)

    def _payload(self, root: Path, room: Path, bag: Bag) -> Delivery:
        payload = root / _PAYLOAD
        if payload.is_dir() and not payload.is_symlink():
            inside = inner(payload)
            for reader in self.readers:
                place = next((folder for folder in dict.fromkeys((inside, payload)) if reader.recognises(folder)), None)
                if place is None:
                    continue
                delivery = reader.read(place, room)
                # A spreadsheet without headings is a document here: the bag's own tags describe the rest.
                known = delivery.dossiers or delivery.reader != _OF_SHEETS
                # What a reader laid down in the room is no longer what the manifests speak of.
                if known and Path(delivery.root).is_relative_to(root):
                    return rerooted(delivery, root)
        return _files_only(root, bag)

    def _joined(self, delivery: Delivery, bag: Bag, reading: BagReading) -> Delivery:
        """The payload's delivery with what the bag says of it."""
        sources = tuple(dict.fromkeys((*delivery.sources, *bag.tag_files)))
        claims = {path: (*delivery.claims.get(path, ()), *own) for path, own in bag.claims.items()}
        taken = {*sources, *_documents(delivery)}
        left = [path for path in bag.claims if path not in taken]
        dossiers = tuple(_with_info(dossier, bag) for dossier in delivery.dossiers)
        found = {code: list(own) for code, own in delivery.dossier_findings.items()}
        for dossier in dossiers:
            # Of a secret dossier nothing but the refusal is told: other findings quote what is written.
            if secrets := list(secret_findings(dossier, dossier.source)):
                found[dossier.file_code] = secrets
        return delivery.model_copy(
            update={
                "reader": f"bagit+{delivery.reader}" if delivery.reader != self.name else self.name,
                "dossiers": dossiers,
                "sources": sources,
                "claims": {**delivery.claims, **claims},
                "findings": (*bag.findings, *reading.compared(left, bag.claims), *delivery.findings),
                "dossier_findings": {code: tuple(own) for code, own in found.items()},
            }
        )


def bag_root(path: Path) -> Path | None:
    """The folder that holds `bagit.txt`: `path`, or the only folder in it; None where there is none."""
    for place in dict.fromkeys((path, inner(path))):
        declaration = place / DECLARATION
        if declaration.is_file() and not declaration.is_symlink():
            return place
    return None


def _documents(delivery: Delivery) -> list[str]:
    return [path for dossier in delivery.dossiers for document in dossier.documents for path in document.files]


def _with_info(dossier: DossierDescription, bag: Bag) -> DossierDescription:
    """The dossier with what `bag-info.txt` says; what the payload itself says stands."""
    told = {f"BagIt {label}": value for label, value in bag.info.items() if value and label.casefold() not in _VOLATILE}
    return dossier.model_copy(update={"extra": {**told, **dossier.extra}})


def _files_only(root: Path, bag: Bag) -> Delivery:
    documents = documents_of(bag.payload)
    code = _first(bag.info, _CODES)
    title = _first(bag.info, _TITLES)
    name = nfc(shown(root.name))
    fields = {
        "file_code": _cell(*code) if code else Cell(value=name, written="", column="(tên túi)"),
        "title": _cell(*title) if title else Cell(value=name, written="", column="(tên túi)"),
    }
    dossier = DossierDescription(
        file_code=fields["file_code"].value, fields=fields, documents=documents, source=bag.info_file
    )
    told = Finding(rule="BAG-030", subject=dossier.file_code, values={"count": str(len(documents))})
    return Delivery(
        reader="bagit",
        profile=PROFILE,
        root=str(root),
        dossiers=(dossier,) if documents else (),
        ignored=bag.ignored,
        findings=(told,) if documents else (),
    )


def _first(info: Mapping[str, str], labels: Sequence[str]) -> tuple[str, str] | None:
    """The first of `labels` that says something, with what it says; labels are compared without case."""
    by_name = {label.casefold(): (label, value) for label, value in info.items() if value}
    return next((by_name[label.casefold()] for label in labels if label.casefold() in by_name), None)


def _cell(label: str, value: str) -> Cell:
    return Cell(value=nfc(value), written=value, column=label)
