"""Which data groups a stored package gives (PACKAGE.md): one for each document, one for the dossier, its kept objects.

Digests of content are those of the package's own record; metadata files are
read and digested. Bytes of content are read back by the fixity check and by a
hash-tree renewal, not here.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from metadata.digests import Digests, digests_of
from metadata.package import FileVerdicts, PackageDocument, PackageRecord
from metadata.package_contents import HELD, ROOT
from metadata.package_reader import VERDICTS, read_package
from storage.evidence_batches import Group
from storage.holdings import PackageFile as StoredFile
from storage.packages import PackageStore

DOSSIER_DESCRIPTION: Final = "metadata/descriptive/EAD.xml"
_DESCRIPTION: Final = re.compile(r"representations/rep1/metadata/descriptive/EAD_[a-z]+_0*([0-9]+)\.xml")


@dataclass(slots=True)
class _Reading:
    """Files of one version of a package; what is opened as a whole is digested on the way."""

    packages: PackageStore
    files: dict[str, StoredFile]
    read: dict[str, Digests] = field(default_factory=dict)

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """A metadata file; they are small and are held in memory."""
        with self.packages.open(self.files[path]) as stream:
            data = stream.read()
        self.read[path] = digests_of([data])
        yield io.BytesIO(data)

    def digest(self, path: str) -> Digests:
        """Digests and size of a metadata file."""
        if path not in self.read:
            with self.open(path):
                pass
        return self.read[path]


def groups_of_package(packages: PackageStore, package_id: str, version: str, algorithm: str) -> Iterator[Group]:
    """The data groups of one version of a package, for a batch under `algorithm`.

    Raises:
        ObjectMissingError: there is no such package or version.
        PackageBrokenError: it contradicts itself.
        StorageFaultError: the store failed.
    """
    files = {file.path: file for file in packages.files(package_id, version)}
    reading = _Reading(packages, files)
    record = read_package(reading.open, files, package_id)
    descriptions = {int(match[1]): path for path in files if (match := _DESCRIPTION.fullmatch(path))}
    verdicts = _verdict_files(files, reading)
    for document in record.documents:
        members = _members(document, _metadata(document, descriptions, verdicts), reading)
        identity = f"{package_id}/{document.ordinal}"
        yield group_of(identity, "document", members, version=version, algorithm=algorithm)
    yield group_of(package_id, "dossier", {ROOT: reading.digest(ROOT)}, version=version, algorithm=algorithm)
    for name in sorted(_objects(record)):
        yield object_group(name)
    for name in sorted(_trust_sets(record)):
        yield object_group(name, "trust")


def object_group(name: str, kind: str = "object") -> Group:
    """The group of an object under `evidence/objects/`, of which only its SHA-256 is known."""
    return Group(id=f"{HELD}{name}", kind=kind, members=((f"{HELD}{name}", name),), size_bytes=0)


def group_of(identity: str, kind: str, members: dict[str, Digests], *, version: str = "", algorithm: str) -> Group:
    """A group of members whose digests are known.

    Args:
        identity: See `Group.id`.
        kind: See `Group.kind`.
        members: By place.
        version: See `Group.version`.
        algorithm: Of the batch: `sha256` or `sha512`, which every package knows of its files.
    """
    ordered = sorted(members.items())
    return Group(
        id=identity,
        kind=kind,
        version=version,
        members=tuple((place, digests.sha256) for place, digests in ordered),
        size_bytes=sum(digests.size_bytes for _, digests in ordered),
        digests=() if algorithm == "sha256" else tuple(getattr(digests, algorithm) for _, digests in ordered),
    )


def _verdict_files(files: dict[str, StoredFile], reading: _Reading) -> dict[str, str]:
    """Verdict file by the path of the original that it is about."""
    found = {}
    for path in files:
        if path.startswith(VERDICTS):
            with reading.open(path) as stream:
                found[FileVerdicts.model_validate_json(stream.read()).path] = path
    return found


def _metadata(document: PackageDocument, descriptions: dict[int, str], verdicts: dict[str, str]) -> list[str]:
    paths = [verdicts[file.path] for file in document.originals if file.path in verdicts]
    if document.ordinal in descriptions:
        paths.append(descriptions[document.ordinal])
    return paths


def _members(document: PackageDocument, metadata: list[str], reading: _Reading) -> dict[str, Digests]:
    content = (*document.originals, *document.renditions, *document.text_files)
    members = {file.path: Digests(file.sha256, file.sha512, file.size_bytes) for file in content}
    members |= {path: reading.digest(path) for path in metadata}
    if len(members) == 1:
        # The leaf of a single member is the bare digest, which stands in the record
        # of its neighbour: that of a short text could be guessed. Two hide each other.
        members[DOSSIER_DESCRIPTION] = reading.digest(DOSSIER_DESCRIPTION)
    return members


def _objects(record: PackageRecord) -> set[str]:
    """Digests of everything under `evidence/objects/` that the package names, without its trust sets."""
    kept = {file.sha256 for file in record.sources if file.held}
    for entry in _verdicts_of(record):
        kept |= {name for name in (entry.facts, entry.policy, *entry.objects) if name}
    return kept


def _trust_sets(record: PackageRecord) -> set[str]:
    # Verdicts of the first release name a trust set and kept nothing of it.
    return {entry.trust_set for entry in _verdicts_of(record) if entry.policy and entry.trust_set}


def _verdicts_of(record: PackageRecord) -> Iterator[FileVerdicts]:
    yield from record.source_verdicts
    for document in record.documents:
        yield from document.verdicts
