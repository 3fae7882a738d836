"""The stage `store`: every part of the package is written, read back, and stands in the ledger."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import ClassVar

from ingest.facts import Fact, Keepsake, Packaged, PackagedPart, Stored, StoredPart
from ingest.work import WorkItem
from metadata.digests import Digests
from metadata.time import Clock, rfc3339
from storage.errors import StorageFaultError
from storage.evidence import EvidenceObjects
from storage.holdings import Content
from storage.ledger import Ledger, line_of
from storage.packages import PackageStore

MESSAGE = "Nộp lưu: nhập hồ sơ vào kho lưu trữ số"
"""Kept in the inventory of each first version; not shown as an interface text."""


@dataclass(frozen=True, slots=True)
class Store:
    """Gives nothing up of the work folder before storage has read its own copy back."""

    name: ClassVar[str] = "store"
    needs: ClassVar[tuple[type[Fact], ...]] = (Packaged,)
    gives: ClassVar[type[Fact]] = Stored

    packages: PackageStore
    ledger: Ledger
    evidence: EvidenceObjects
    clock: Clock
    agent: str = "luutru"

    def run(self, item: WorkItem) -> Stored:
        """See `Stage.run`. A part that is complete already is only compared and entered in the ledger."""
        packaged = item.fact(Packaged)
        # What a package names by digest lies in storage before the package does.
        for keepsake in packaged.keepsakes:
            self._keep(item, keepsake)
        total = sum(len(part.files) for part in packaged.parts)
        before = 0
        stored: list[StoredPart] = []
        for part in packaged.parts:
            stored.append(self._stored(item, part, before, total))
            before += len(part.files)
            item.tell(before, total)
        return Stored(parts=tuple(stored), stored_at=rfc3339(self.clock.now()), locations=(self.packages.location,))

    def _keep(self, item: WorkItem, keepsake: Keepsake) -> None:
        if self.evidence.has(keepsake.sha256):
            return
        try:
            data = (item.folder / keepsake.source).read_bytes()
        except OSError as error:
            raise StorageFaultError(keepsake.source, str(error)) from error
        if hashlib.sha256(data).hexdigest() != keepsake.sha256:
            raise StorageFaultError(keepsake.source, "the work folder holds other bytes than were judged")
        self.evidence.put(data)

    def _stored(self, item: WorkItem, part: PackagedPart, before: int, total: int) -> StoredPart:
        contents = [
            Content(file.path, item.folder / file.source, Digests(file.sha256, file.sha512, file.size_bytes))
            for file in part.files
        ]
        stored = self.packages.write(
            part.package_id,
            contents,
            message=MESSAGE,
            agent=self.agent,
            tell=lambda done, _: item.tell(before + done, total),
        )
        self.ledger.record([line_of(stored)])
        return StoredPart(
            package_id=stored.package_id,
            version=stored.version,
            inventory_sha512=stored.inventory_sha512,
            files=stored.files,
            bytes_stored=stored.bytes_stored,
        )
