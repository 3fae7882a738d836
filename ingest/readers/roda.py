"""The reader "roda": an AIP of RODA as its storage holds it (`aip.json`, no METS), for migration.

An AIP that RODA exports with METS is an E-ARK package and read as such. See
docs/packages-in.md for what is certain of the form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.ports import Limits, Workers
from ingest.readers.containers import inner
from ingest.readers.eark.descriptive import Descriptive, Draft
from ingest.readers.eark.fields import Fields
from ingest.readers.eark.inventory import Inventory, algorithm_of
from ingest.readers.eark.layout import laid_out, natural
from ingest.readers.eark.linking import Linking
from ingest.readers.eark.notes import Notes
from ingest.readers.eark.places import Places
from ingest.readers.eark.records import Reading
from ingest.readers.listing import list_delivery, shown
from ingest.readers.migrated import (
    PROFILE,
    events_summed_up,
    kept_beside,
    named_after,
    tell_renamed,
)
from ingest.readers.undescribed import document_of
from metadata.codes import nfc
from metadata.descriptions import Claim, Delivery, DocumentDescription, DossierDescription
from metadata.digests import CLAIMABLE
from metadata.errors import ToolUnreadableError
from metadata.validation_secrets import secret_findings

PROGRAM = "RODA"
READ_TASK = "ingest.engines.roda_reading:read"
_AIP = "aip.json"
_PREMIS = re.compile(r"(?:^|/)metadata/preservation/.+\.xml$")
_LIMITS = Limits(cpu_seconds=30.0, wall_seconds=120.0, memory_mib=512, output_mib=16)


@dataclass(frozen=True, slots=True)
class RodaReader:
    """Reads AIPs of RODA that have no METS.

    Args:
        workers: Where `aip.json`, descriptions and PREMIS are parsed.
    """

    workers: Workers
    name: str = "roda"

    def recognises(self, path: Path) -> bool:
        """See `Reader.recognises`: a folder with `aip.json` and RODA's folders, and without METS."""
        return path.is_dir() and (_is_aip(path) or _is_aip(inner(path)))

    def read(self, path: Path, room: Path) -> Delivery:
        """See `Reader.read`. Nothing is left in the room.

        Raises:
            DeliveryUnreadableError: a folder cannot be read.
            ArchiveError: the system failed.
        """
        root = (path if _is_aip(path) else inner(path)).resolve()
        answer = self.workers.submit(READ_TASK, {"path": str(root / _AIP)}, limits=_LIMITS).result()
        if answer.breach is not None:
            said: Mapping[str, Any] = {"problem": f"{answer.breach} {answer.detail}".strip()}
        elif "problem" not in answer.value:
            raise ToolUnreadableError(READ_TASK, str(answer.value))
        else:
            said = answer.value
        return _Aip(root, said, Reading(self.workers, root, room)).delivery()


def _is_aip(folder: Path) -> bool:
    return (
        (folder / _AIP).is_file()
        and not (folder / _AIP).is_symlink()
        and not (folder / "METS.xml").exists()
        and any((folder / name).is_dir() for name in ("metadata", "representations"))
    )


class _Aip:
    """One AIP while it is put together."""

    def __init__(self, root: Path, said: Mapping[str, Any], reading: Reading) -> None:
        self._root = root
        self._said = said
        self._reading = reading
        self._notes = Notes()
        self._listing = list_delivery(root)
        self._layout = laid_out(self._listing.files)
        self._places = Places(self._listing.files, (oddity.path for oddity in self._listing.oddities))
        self._claims: dict[str, list[Claim]] = {}
        self._names: dict[str, str] = {}
        self._events: list[dict[str, str]] = []

    def delivery(self) -> Delivery:
        for oddity in self._listing.oddities:
            self._notes.tell(oddity.rule, oddity.path, detail=oddity.detail)
        if self._said["problem"]:
            self._notes.tell("MIG-001", _AIP, detail=str(self._said["problem"]))
            return self._delivered(None, ())
        if self._said["state"] not in {"", "ACTIVE"}:
            self._notes.tell("MIG-014", _AIP, file=_AIP, written=str(self._said["state"]))
        self._read_premis()
        described = self._described()
        data = self._originals()
        dossier = self._dossier(described, data)
        taken = {path for document in dossier.documents for path in document.files}
        kept = kept_beside((path for path in self._listing.files if path not in taken and path != _AIP), self._notes)
        return self._delivered(dossier, (_AIP, *kept))

    def _delivered(self, dossier: DossierDescription | None, sources: Sequence[str]) -> Delivery:
        dossiers = (dossier,) if dossier is not None and dossier.documents else ()
        secrets = {found.file_code: told for found in dossiers if (told := tuple(secret_findings(found, found.source)))}
        return Delivery(
            reader="roda",
            profile=PROFILE,
            root=str(self._root),
            dossiers=dossiers,
            sources=tuple(sources),
            claims={path: tuple(own) for path, own in self._claims.items()},
            ignored=self._listing.ignored,
            findings=() if secrets else self._notes.findings(),
            dossier_findings=secrets,
        )

    # ------------------------------------------------------------ PREMIS: digests, names, events

    def _read_premis(self) -> None:
        # Below `metadata/preservation/` RODA repeats the folders of the data.
        premis = [path for path in self._listing.files if _PREMIS.search(path)]
        problems = self._reading.premis(premis, self._take)
        for path, problem in problems.items():
            self._notes.tell("EAR-037", path, file=path, detail=problem)

    def _take(self, premis: str, record: Mapping[str, Any]) -> None:
        if record["is"] == "event":
            self._events.append({key: str(record.get(key, "")) for key in ("at", "type", "outcome")})
        elif record["is"] == "object" and record["kind"] in {"", "file"} and record["digests"]:
            path = self._file_of(premis, str(record.get("name", "")))
            if path:
                self._take_file(premis, path, record)

    def _file_of(self, premis: str, name: str) -> str:
        """RODA keeps PREMIS of a file in folders like those of the file, under a name with the file's in it."""
        head, found, rest = premis.partition("/metadata/preservation/")
        folder, _, stem = rest.rpartition("/")
        called = stem.removesuffix(".xml").rpartition("urn:roda:premis:file:")[2]
        for candidate in (called, name):
            path = "/".join(part for part in (head, "data", folder, candidate) if part)
            if found and candidate and (place := self._places.find(path, "")).path:
                return place.path
        return ""

    def _take_file(self, premis: str, path: str, record: Mapping[str, Any]) -> None:
        digests = {
            known: digest
            for written, value in record["digests"]
            if (known := algorithm_of(written, value)) and len(digest := value.strip().lower()) == CLAIMABLE[known]
        }
        size = str(record.get("size", ""))
        told = int(size) if size.isascii() and size.isdigit() else None
        self._claims.setdefault(path, []).append(Claim(by=premis, digests=digests, size_bytes=told))
        self._names.setdefault(path, str(record.get("name", "")))

    # ------------------------------------------------------------ descriptions and documents

    def _described(self) -> Descriptive:
        described = Descriptive("AIP", self._notes)
        for path, content in self._reading.descriptions(self._layout.descriptive):
            described.take(path, content)
        described.settle()
        return described

    def _originals(self) -> list[str]:
        """Data of the representation that RODA marks as the original, else of the first one."""
        data = self._layout.data
        marked = [entry["id"] for entry in self._said["representations"] if entry["original"] and entry["id"] in data]
        order = sorted(data, key=lambda name: (name not in marked, natural(name)))
        if not order:
            return []
        if len(order) > 1:
            why = "original" if marked else "—"
            values = {"why": why, "others": ", ".join(order[1:])}
            self._notes.tell("MIG-013", f"representations/{order[0]}", **values)
        return sorted(data[order[0]], key=natural)

    def _dossier(self, described: Descriptive, data: Sequence[str]) -> DossierDescription:
        linking = Linking(described.documents, data, self._notes)
        for draft in described.documents:
            linking.claim_named(draft, self._named(draft))
        undescribed = linking.link((), Inventory(self._root, self._places, self._notes))
        fields = self._fields(described)
        top = described.dossier[0] if described.dossier else None
        name = nfc(shown(str(self._said["id"]) or self._root.name))
        code = named_after(fields, name, self._notes, described=top is not None)
        return DossierDescription(
            file_code=code,
            fields=fields.cells,
            extra=fields.extra,
            source=top.path if top else _AIP,
            documents=tuple(self._documents(described.documents, undescribed)),
        )

    def _named(self, draft: Draft) -> Iterator[str]:
        folder = draft.path.rpartition("/")[0] + "/"
        for href in draft.hrefs:
            if (place := self._places.find(href, folder)).path:
                yield place.path

    def _fields(self, described: Descriptive) -> Fields:
        merged = Fields()
        for draft in described.dossier:
            for key, cell in draft.fields.cells.items():
                merged.cells.setdefault(key, cell)
            for name, text in draft.fields.extra.items():
                merged.extra.setdefault(name, text)
        merged.extra["RODA id"] = nfc(str(self._said["id"]))
        if self._said["sips"]:
            merged.extra["RODA ingestSIPIds"] = "; ".join(map(nfc, self._said["sips"]))
        if summary := events_summed_up(self._events):
            merged.extra["RODA events"] = summary
        return merged

    def _documents(self, drafts: Sequence[Draft], undescribed: Sequence[str]) -> Iterator[DocumentDescription]:
        renamed: list[tuple[str, str]] = []
        ordinal = 0
        for draft in drafts:
            if not draft.files:
                self._notes.tell("EAR-047", draft.path, file=draft.path)
                continue
            ordinal += 1
            yield DocumentDescription(
                ordinal=ordinal,
                kind=draft.kind,
                fields=draft.fields.cells,
                extra=draft.fields.extra,
                source=draft.path,
                files=tuple(draft.files),
            )
        for path in undescribed:
            ordinal += 1
            name = self._names.get(path, "")
            plain = document_of(path, ordinal, name)
            if name and name != path.rpartition("/")[2]:
                renamed.append((path, name))
                plain = plain.model_copy(update={"extra": {"RODA originalName": nfc(name)}})
            yield plain
        tell_renamed(self._notes, renamed, PROGRAM)
