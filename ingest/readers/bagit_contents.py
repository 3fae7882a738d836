"""What the tag files of a bag say, held against what lies in it."""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.ports import Limits, Workers
from ingest.readers.eark.inventory import WEAK, algorithm_of
from ingest.readers.eark.notes import Notes
from ingest.readers.eark.places import Miss, Places
from ingest.readers.listing import Listing, shown
from metadata.descriptions import Claim
from metadata.digests import CLAIMABLE
from metadata.errors import ToolUnreadableError
from metadata.findings import Finding

READ_TASK = "ingest.engines.bagit_reading:read"
DIGESTS_TASK = "ingest.engines.bagit_reading:digests"
_LIMITS = Limits(cpu_seconds=300.0, wall_seconds=900.0, memory_mib=512, output_mib=2048)
_DIGEST_LIMITS = Limits(cpu_seconds=3600.0, wall_seconds=7200.0, memory_mib=512, output_mib=16)
_BATCH = 200
_PAYLOAD = "data/"
_KNOWN_VERSIONS = ("0.93", "0.94", "0.95", "0.96", "0.97", "1.0")
_SHOWN = 200


@dataclass(slots=True)
class Manifest:
    """One manifest of a bag."""

    file: str
    is_tag: bool
    algorithm: str
    """Name in `metadata.digests.CLAIMABLE`; empty: it is not compared."""

    written: str
    digests: dict[str, str] = field(default_factory=dict)
    """By path relative to the bag, as on disk."""


@dataclass(frozen=True, slots=True)
class Bag:
    """What is known of a bag before its payload is understood."""

    info: Mapping[str, str]
    """Labels of bag-info.txt as written; what stands more than once is joined."""

    info_file: str | None
    payload: tuple[str, ...]
    """Files of data/, relative to the bag."""

    tag_files: tuple[str, ...]
    """All others, manifests included: kept as metadata as received."""

    ignored: tuple[str, ...]
    claims: Mapping[str, tuple[Claim, ...]]
    findings: tuple[Finding, ...]


class BagReading:
    """Reads one bag.

    Args:
        workers: Where tag files are parsed and stray files digested.
        root: The bag.
        room: Where answers lie while they are taken in; gone afterwards.
    """

    def __init__(self, workers: Workers, root: Path, room: Path) -> None:
        self._workers = workers
        self._root = root
        self._room = room
        self._notes = Notes()
        self._info: dict[str, list[str]] = defaultdict(list)
        self._manifests: dict[str, Manifest] = {}
        self._version = ""

    def bag(self, listing: Listing) -> Bag:
        """Everything that the bag says of itself, compared with `listing`."""
        hidden = (oddity.path for oddity in listing.oddities)
        places = Places((*listing.files, *listing.ignored), hidden)
        records = self._records()
        fetches = [record for record in records if record["is"] == "fetch"]
        fetched = {str(record["path"]) for record in fetches}
        for record in records:
            if record["is"] != "fetch":
                self._take(record, places, fetched)
        self._tell_fetches(fetches, places)
        payload = tuple(path for path in listing.files if path.startswith(_PAYLOAD))
        self._check_manifests(payload)
        self._check_oxum((*payload, *(path for path in listing.ignored if path.startswith(_PAYLOAD))))
        for oddity in listing.oddities:
            self._notes.tell(oddity.rule, oddity.path, detail=oddity.detail)
        tags = tuple(path for path in listing.files if not path.startswith(_PAYLOAD))
        info = {label: "; ".join(values) for label, values in self._info.items()}
        names = [name for name in ("bag-info.txt", "package-info.txt") if name in tags]
        return Bag(
            info, names[0] if names else None, payload, tags, listing.ignored, self._claims(), self._notes.findings()
        )

    def _records(self) -> list[Mapping[str, Any]]:
        self._room.mkdir(parents=True, exist_ok=True)
        try:
            answer = self._workers.submit(
                READ_TASK, {"path": str(self._root)}, limits=_LIMITS, deposit=self._room
            ).result()
            if answer.breach is not None:
                self._notes.tell("BAG-001", "bagit.txt", detail=f"{answer.breach} {answer.detail}")
                return []
            with answer.outputs["records"].open(encoding="ascii") as lines:
                return [json.loads(line) for line in lines]
        except (KeyError, ValueError) as error:
            raise ToolUnreadableError(READ_TASK, repr(error)) from error
        finally:
            shutil.rmtree(self._room, ignore_errors=True)

    def _take(self, record: Mapping[str, Any], places: Places, fetched: set[str]) -> None:
        match record["is"]:
            case "version":
                self._version = record["written"]
                if self._version and self._version not in _KNOWN_VERSIONS:
                    self._notes.tell("BAG-005", "bagit.txt", file="bagit.txt", written=self._version)
            case "info":
                self._info[str(record["label"])].append(str(record["value"]))
            case "manifest":
                name = algorithm_of(record["algorithm"], "")
                manifest = Manifest(record["file"], record["tag"], name, record["algorithm"])
                self._manifests[record["file"]] = manifest
                if not name:
                    self._notes.tell("BAG-013", manifest.file, file=manifest.file, written=manifest.written)
            case "entry":
                self._entry(self._manifests[record["file"]], record, places, fetched)
            case "problem":
                values = {key: shown(str(value)) for key, value in record["values"].items()}
                self._notes.tell(
                    record["rule"], record["file"], file=record["file"], line=str(record["line"]), **values
                )
            case other:
                raise ToolUnreadableError(READ_TASK, str(other))

    # ------------------------------------------------------------ entries of manifests

    def _entry(self, manifest: Manifest, record: Mapping[str, Any], places: Places, fetched: set[str]) -> None:
        written, line = str(record["path"]), str(record["line"])
        told = {"line": line, "written": shown(written[:_SHOWN])}
        place = places.find(written, "")
        inside = place.path.startswith(_PAYLOAD) != manifest.is_tag
        if place.miss is Miss.OUTSIDE or (place.miss is None and not inside):
            self._notes.tell("BAG-004", manifest.file, file=manifest.file, **told)
            return
        if place.miss is not None:
            # What is to be fetched is told by its own rule, what is a link or a device by those of the listing.
            if written not in fetched and place.miss is not Miss.BROKEN:
                self._notes.tell("BAG-010", shown(written[:_SHOWN]), file=manifest.file, **told)
            return
        if place.loose:
            loose = {"written": told["written"], "found": place.path}
            self._notes.tally("BAG-016", place.path, file=manifest.file, **loose)
        digest = str(record["digest"])
        if manifest.algorithm and len(digest) != CLAIMABLE[manifest.algorithm]:
            values = {**told, "algorithm": manifest.algorithm}
            self._notes.tell("BAG-018", place.path, file=manifest.file, **values)
        elif manifest.digests.setdefault(place.path, digest) != digest:
            self._notes.tell("BAG-015", place.path, file=manifest.file, **told)

    def _tell_fetches(self, fetches: Sequence[Mapping[str, Any]], places: Places) -> None:
        for record in fetches:
            written, address = str(record["path"]), str(record["address"])
            told = {"line": str(record["line"]), "written": shown(written[:_SHOWN])}
            told["address"] = shown(address[:_SHOWN])
            place = places.find(written, "")
            if place.miss is Miss.OUTSIDE or (place.miss is None and not place.path.startswith(_PAYLOAD)):
                self._notes.tell("BAG-004", "fetch.txt", file="fetch.txt", **told)
            elif place.miss is None:
                self._notes.tell("BAG-021", place.path, file="fetch.txt", **told)
            else:
                inside = places.find(address, "").miss is None
                self._notes.tell("BAG-022" if inside else "BAG-020", told["written"], file="fetch.txt", **told)

    # ------------------------------------------------------------ the whole

    def _check_manifests(self, payload: Sequence[str]) -> None:
        manifests = [manifest for manifest in self._manifests.values() if not manifest.is_tag]
        known = [manifest for manifest in manifests if manifest.algorithm]
        if not known:
            written = ", ".join(manifest.file for manifest in manifests) or "—"
            self._notes.tell("BAG-002", shown(self._root.name), written=written)
        elif all(manifest.algorithm in WEAK for manifest in known):
            names = ", ".join(sorted({manifest.algorithm for manifest in known}))
            self._notes.tell("BAG-023", shown(self._root.name), written=names)
        listed = {path for manifest in manifests for path in manifest.digests}
        for path in payload:
            if path not in listed:
                self._notes.tell("BAG-011", path)
        for manifest in known:
            for path in listed - manifest.digests.keys() if self._version == "1.0" else ():
                self._notes.tally("BAG-014", manifest.file, file=manifest.file, written=path)

    def _check_oxum(self, payload: Sequence[str]) -> None:
        for label, values in self._info.items():
            if label.casefold() != "payload-oxum" or not values:
                continue
            size = sum(self._size(path) for path in payload)
            found = f"{size}.{len(payload)}"
            if values[0].strip() != found:
                self._notes.tell("BAG-012", "bag-info.txt", file="bag-info.txt", written=values[0][:50], found=found)

    def _size(self, path: str) -> int:
        try:
            return (self._root / path).lstat().st_size
        except OSError:
            return 0

    def _claims(self) -> dict[str, tuple[Claim, ...]]:
        claims: dict[str, list[Claim]] = defaultdict(list)
        for manifest in self._manifests.values():
            if manifest.algorithm:
                for path, digest in manifest.digests.items():
                    claims[path].append(Claim(by=manifest.file, digests={manifest.algorithm: digest}))
        return {path: tuple(own) for path, own in claims.items()}

    # ------------------------------------------------------------ files that no stage reads

    def compared(self, paths: Sequence[str], claims: Mapping[str, tuple[Claim, ...]]) -> tuple[Finding, ...]:
        """Files of `paths` whose bytes are not what `claims` says, found out at once."""
        notes = Notes()
        for first in range(0, len(paths), _BATCH):
            batch = paths[first : first + _BATCH]
            wanted = sorted({name for path in batch for claim in claims[path] for name in claim.digests})
            task = {"path": str(self._root), "files": list(batch), "algorithms": wanted}
            answer = self._workers.submit(DIGESTS_TASK, task, limits=_DIGEST_LIMITS).result()
            digests = answer.value.get("digests")
            if answer.breach is not None or not isinstance(digests, list) or len(digests) != len(batch):
                raise ToolUnreadableError(DIGESTS_TASK, f"{answer.breach} {answer.detail} {answer.value}")
            for path, actual in zip(batch, digests, strict=True):
                _compare(notes, path, claims[path], actual)
        return notes.findings()


def _compare(notes: Notes, path: str, claims: Sequence[Claim], actual: Mapping[str, str]) -> None:
    for claim in claims:
        for name, digest in claim.digests.items():
            if actual[name] != digest:
                values = {"algorithm": name, "expected": digest, "actual": actual[name]}
                notes.tell("ING-005", path, file=claim.by, **values)
