"""From what lies in a package to its dossier: descriptions read, files given to them, the rest told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ingest.readers.eark.descriptive import Descriptive
from ingest.readers.eark.dossier import Assembling
from ingest.readers.eark.identity import Identity
from ingest.readers.eark.inventory import Inventory
from ingest.readers.eark.layout import Layout, natural, representation_of
from ingest.readers.eark.linking import Linking
from ingest.readers.eark.notes import Notes
from ingest.readers.eark.own import own_dossier
from ingest.readers.eark.preservation import Preserved
from ingest.readers.eark.records import MetsRecord, Reading
from metadata.compact import in_order
from metadata.descriptions import DocumentDescription, DossierDescription

_XML = ".xml"


@dataclass(frozen=True, slots=True)
class Contents:
    """A package whose METS documents were read, before its descriptions are."""

    layout: Layout
    documents: list[MetsRecord]
    """The root's METS first."""

    inventory: Inventory
    identity: Identity
    preserved: Preserved
    targets: Mapping[str, list[str]]
    """What fetch files stand for."""

    def data(self) -> set[str]:
        """Files of documents, of all representations."""
        return {path for paths in self.layout.data.values() for path in paths}


def dossier_of(contents: Contents, reading: Reading, notes: Notes, *, register: bool = False) -> DossierDescription:
    """The dossier of a package; of a `register` documents may be described without files."""
    identity = contents.identity
    if identity.own:
        files = {*contents.data(), *contents.inventory.listed}
        own = own_dossier(reading, files, identity.status, identity.related)
        if own is not None:
            return own
    described = _described(contents, reading, notes)
    linking = Linking(described.documents, _chosen(contents, described, notes), notes)
    for draft in described.documents:
        folder = draft.path.rpartition("/")[0] + "/"
        found = (contents.inventory.resolved(draft.path, folder, href, draft.line) for href in draft.hrefs)
        linking.claim_named(draft, [path for path in found if path])
    unclaimed = linking.link(contents.documents, contents.inventory)
    label = contents.documents[0].said("label")
    dossier = Assembling(identity, described, label, notes, register).dossier(unclaimed, contents.preserved.names)
    return _fetched_instead(dossier, contents.targets)


def of_kind(inventory: Inventory, found: list[str], kind: str) -> list[str]:
    """Files of one kind by their places, and those that METS says are of it, wherever they lie.

    Args:
        inventory: What METS lists.
        found: By their places.
        kind: How their MDTYPE begins; empty: descriptive ones.
    """
    more = (
        listed.path
        for listed in inventory.listed.all()
        if (listed.section and listed.kind.upper().startswith(kind) if kind else listed.section == "dmdSec")
    )
    wanted = {path for path in (*found, *more) if path.casefold().endswith(_XML)}
    return sorted((path for path in wanted if not _is_kept_only(inventory, path)), key=natural)


def _is_kept_only(inventory: Inventory, path: str) -> bool:
    """Metadata as an earlier archive received them: they describe what it got, not what is here."""
    listed = inventory.listed.get(path)
    return "metadata/descriptive/source/" in path or (listed is not None and listed.kind.startswith("OTHER SOURCE"))


# ---------------------------------------------------------------- descriptions


def _described(contents: Contents, reading: Reading, notes: Notes) -> Descriptive:
    described = Descriptive(contents.identity.kind, notes)
    wanted = list(_current(contents, notes))
    for path, content in reading.descriptions(wanted):
        described.take(path, content)
    root = contents.documents[0]
    for mets in contents.documents:
        for record in mets.wrapped:
            if record.get("section") == "dmdSec" and record.get("status", "").upper() != "SUPERSEDED":
                described.take_wrapped(mets.path, record, root=mets is root)
    described.settle()
    return described


def _current(contents: Contents, notes: Notes) -> Iterator[str]:
    """Descriptive files that are to be read; those that are only kept are told."""
    inventory = contents.inventory
    for listed in inventory.listed.all():
        path = listed.path
        readable = path.casefold().endswith(_XML) or _is_kept_only(inventory, path)
        if listed.section == "dmdSec" and not readable:
            notes.tell("EAR-042", path, file=path, written=listed.kind)
    for path in of_kind(inventory, contents.layout.descriptive, ""):
        known = inventory.listed.get(path)
        if known is not None and known.superseded:
            notes.tell("EAR-052", path, file=path)
        else:
            yield path


def _chosen(contents: Contents, described: Descriptive, notes: Notes) -> list[str]:
    """Data of the representation that holds the documents."""
    data = contents.layout.data
    if len(data) < 2:  # noqa: PLR2004 - one is no choice
        return sorted(contents.data(), key=natural)
    with_drafts = {representation_of(draft.path) for draft in described.documents}
    original = {representation_of(mets.path) for mets in contents.documents if "ORIGINAL" in mets.types}
    order = sorted(data, key=lambda name: (name not in with_drafts, name not in original, natural(name)))
    chosen, others = order[0], sorted(order[1:], key=natural)
    values = {"written": f"representations/{chosen}", "others": ", ".join(others)}
    notes.tell("EAR-017", f"representations/{chosen}", **values)
    return data[chosen]


def _fetched_instead(dossier: DossierDescription, targets: Mapping[str, list[str]]) -> DossierDescription:
    """The dossier with the files that fetch files stand for; these become metadata as received."""
    if not targets:
        return dossier
    documents = in_order(
        DocumentDescription,
        (
            document.model_copy(
                update={"files": tuple(dict.fromkeys(p for path in document.files for p in targets.get(path, [path])))}
            )
            for document in dossier.documents
        ),
    )
    strays = tuple(path for path in dossier.stray_files if path not in targets)
    return dossier.model_copy(update={"documents": documents, "stray_files": strays})
