"""What every stamp goes through: opened in the index by one process, its token got once, its manifest written last.

Every step may be interrupted and is found done, or is done again with the same
bytes; of two processes one wins and the other goes on with what it finds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from archive.preservation.evidence.authorities import Authorities
from archive.preservation.evidence.documents import (
    BatchDocument,
    EvidenceDamagedError,
    Manifest,
    RootsDocument,
    stamp_of,
)
from archive.preservation.evidence.history import Cover, History, Stamp, StampKind
from archive.preservation.evidence.tokens import TokenUnreadableError, read_token
from archive.preservation.evidence.verification import Outcome, TokenAnswer
from metadata.errors import ArchiveError
from metadata.time import Clock, from_rfc3339, rfc3339
from storage.errors import PreconditionFailedError, StorageFaultError
from storage.evidence_batches import (
    DOCUMENT,
    MANIFEST,
    TOKEN,
    EvidenceBatches,
    Index,
    StampEntry,
)
from storage.heads import RACES

ROOTS = "roots.json"


class TokenRefusedError(ArchiveError):
    """What the time-stamp authority gave proves nothing; it was not kept. Repeating is safe."""

    code = "evidence.token_refused"

    def __init__(self, stamp: str, why: str) -> None:
        self.stamp = stamp
        self.why = why
        super().__init__(f"the time-stamp for {stamp} cannot be used: {why}")


NewToken = Callable[[bytes], TokenAnswer]
"""Judges a token that has just been received, at the present."""


@dataclass
class Stamping:
    """Opens stamps and finishes them. What is finished never changes and is read once."""

    batches: EvidenceBatches
    judge: NewToken
    clock: Clock
    _finished: dict[str, Stamp] = field(default_factory=dict, repr=False)

    # ------------------------------------------------------------ reading

    def index(self) -> tuple[Index, str | None]:
        """The index with its etag; where it is lost it is made again from the folders."""
        found, etag = self.batches.index()
        if found is not None:
            return found, etag
        return self.rebuilt(), None

    def rebuilt(self) -> Index:
        """The index as the folders say; lists them.

        A folder without a manifest was interrupted before or after it stood in
        the index: it counts when it begins where what is finished ends.
        """
        index = Index()
        waiting = []
        documents = [self.document(name) for name in self.batches.names() if self.batches.has(name, DOCUMENT)]
        for batch in sorted(documents, key=lambda batch: batch.opened_at):
            manifest = self.manifest(batch.name)
            if manifest is None:
                waiting.append(batch)
            else:
                index = finished(opened(index, batch), batch, manifest, self.roots(batch.name))
        read = [b.opened_at for b in documents if b.kind is StampKind.REHASH and b not in waiting]
        read_since = max(read, default="")
        for batch in waiting:
            fits = all(span.start == index.covered_bytes(file) for file, span in batch.ledger.items())
            begun = batch.kind is StampKind.REHASH and batch.opened_at > read_since
            if begun or (batch.kind is StampKind.BATCH and fits):
                index = opened(index, batch)
        return index

    def document(self, name: str) -> BatchDocument:
        """What a stamp is over."""
        return BatchDocument.read(name, self.batches.get(name, DOCUMENT))

    def roots(self, name: str) -> RootsDocument | None:
        """Where a hash-tree renewal leads; None: it has not read everything yet, or is none."""
        if not self.batches.has(name, ROOTS):
            return None
        return RootsDocument.read(name, self.batches.get(name, ROOTS))

    def manifest(self, name: str) -> Manifest | None:
        """The manifest; None: the stamp is not finished."""
        if not self.batches.has(name, MANIFEST):
            return None
        return Manifest.read(name, self.batches.get(name, MANIFEST))

    def stamp(self, name: str) -> Stamp | None:
        """A finished stamp as a value; None: it is not finished.

        Raises:
            EvidenceDamagedError: its documents contradict each other.
        """
        if name in self._finished:
            return self._finished[name]
        manifest = self.manifest(name)
        if manifest is None:
            return None
        data = self.batches.get(name, DOCUMENT)
        batch = BatchDocument.read(name, data)
        if hashlib.sha256(data).hexdigest() != manifest.batch:
            raise EvidenceDamagedError(name, "batch.json is not the one that the manifest names")
        found = stamp_of(batch, manifest, self.roots(name) if batch.kind is StampKind.REHASH else None)
        self._finished[name] = found
        return found

    def history(self) -> History:
        """All finished stamps with everything that is known of them; reads the documents of each once."""
        index, _ = self.index()
        return History.of(stamp for entry in index.stamps if (stamp := self.stamp(entry.name)) is not None)

    def outline(self) -> History:
        """All finished stamps as the index has them: which covers which, without leaves and revocation data.

        One object is read, however many stamps there are.
        """
        index, _ = self.index()
        return History.of(_outlined(entry) for entry in index.stamps if entry.time)

    # ------------------------------------------------------------ writing

    def open(self, batch: BatchDocument, index: Index, etag: str | None) -> bool:
        """Make `batch` the next stamp; False: another process was faster, decide anew.

        Its trees and groups are in its folder already.
        """
        data = batch.document()
        if self.batches.put(batch.name, DOCUMENT, data) != data:
            return False
        try:
            self.batches.replace_index(opened(index, batch), etag)
        except PreconditionFailedError:
            return False
        return True

    def finish(self, name: str, root: bytes, authorities: Authorities, *, avoid: Collection[str] = ()) -> Stamp | None:
        """Get the token and write the manifest; None: no authority is configured, the stamp waits.

        Args:
            name: Of the stamp.
            root: What is stamped.
            authorities: Who is asked.
            avoid: Names of those who are not.

        Raises:
            ArchiveError: no authority gave a token that can be used.
        """
        batch = self.document(name)
        source = ""
        if self.batches.has(name, TOKEN):
            token = self.batches.get(name, TOKEN)
        elif not authorities:
            return None
        else:
            fresh, source = authorities.stamp(root, batch.algorithm, avoid=avoid)
            self._judged(name, fresh, root, batch.algorithm)
            token = self.batches.put(name, TOKEN, fresh)
            source = source if token == fresh else ""
        answer = self._judged(name, token, root, batch.algorithm)
        manifest = Manifest(
            batch=batch.sha256,
            token=hashlib.sha256(token).hexdigest(),
            time=rfc3339(read_token(token).time),
            signer=answer.signer,
            expires=rfc3339(answer.expires) if answer.expires else "",
            digests=answer.digests,
            source=source,
        )
        # Another process may have written it with what its own trust says of the signer.
        manifest = Manifest.read(name, self.batches.put(name, MANIFEST, manifest.document()))
        roots = self.roots(name)
        self._replaced(lambda index: finished(index, batch, manifest, roots))
        return stamp_of(batch, manifest, roots)

    def _judged(self, name: str, token: bytes, root: bytes, algorithm: str) -> TokenAnswer:
        try:
            said = read_token(token)
        except TokenUnreadableError as error:
            raise TokenRefusedError(name, str(error)) from error
        if (said.algorithm, said.imprint) != (algorithm, root):
            raise TokenRefusedError(name, "it is for another digest")
        answer = self.judge(token)
        if answer.outcome is Outcome.BROKEN:
            raise TokenRefusedError(name, answer.reason)
        return answer

    def _replaced(self, change: Callable[[Index], Index]) -> None:
        for _ in range(RACES):
            index, etag = self.index()
            changed = change(index)
            if changed == index and etag is not None:
                return
            try:
                self.batches.replace_index(changed, etag)
            except PreconditionFailedError:
                continue
            return
        raise StorageFaultError("evidence/batches/index.json", "other writers keep on changing it")


def _outlined(entry: StampEntry) -> Stamp:
    try:
        time = from_rfc3339(entry.time)
        return Stamp(
            name=entry.name,
            kind=StampKind(entry.kind),
            algorithm=entry.algorithm,
            time=time,
            signer=entry.signer,
            expires=from_rfc3339(entry.expires) if entry.expires else time,
            digests=entry.digests,
            source=entry.source,
            covers=tuple(Cover(name, b"") for name in entry.covered),
            voids=entry.voids,
        )
    except ValueError as error:
        raise EvidenceDamagedError(entry.name, f"index: {error}") from error


def opened(index: Index, batch: BatchDocument) -> Index:
    """The index with a stamp that waits for its token."""
    entry = StampEntry(
        name=batch.name,
        kind=batch.kind.value,
        algorithm=batch.algorithm,
        opened_at=batch.opened_at,
        leaves=batch.leaves,
        bytes=batch.bytes,
        covered=tuple(cover.stamp for cover in batch.covers),
        voids=batch.voids,
    )
    ledger = dict(index.ledger)
    for file, span in batch.ledger.items():
        ledger[file] = (*ledger.get(file, ()), (span.stop, batch.name))
    segment = max(index.segment, batch.segment)
    update: dict[str, object] = {"ledger": ledger, "segment": segment}
    if batch.kind is StampKind.BATCH:
        update["left_out"] = batch.left_out
    return index.having(entry).model_copy(update=update)


def finished(index: Index, batch: BatchDocument, manifest: Manifest, roots: RootsDocument | None) -> Index:
    """The index with a stamp that has its token."""
    entry = index.entry(batch.name) or opened(index, batch).stamps[-1]
    covers = roots.covers if roots else batch.covers
    update = {
        "time": manifest.time,
        "signer": manifest.signer,
        "expires": manifest.expires,
        "digests": manifest.digests,
        "source": manifest.source,
        "covered": tuple(cover.stamp for cover in covers),
        "leaves": sum(leaves for _, _, leaves in roots.parts) if roots else batch.leaves,
    }
    return index.having(entry.model_copy(update=update))
