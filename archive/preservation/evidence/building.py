"""Builds batches: everything that was stored since the last one, under one time-stamp (`evidence build`).

What is new is read from the ledger in storage. The batch is committed by the
index, before its token is asked for: it waits where no authority is
configured or answers, and what is stored meanwhile goes into the next one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import merge
from typing import Protocol

from archive.preservation.evidence.algorithms import node
from archive.preservation.evidence.documents import BatchDocument, LedgerSpan
from archive.preservation.evidence.groups import group_of, groups_of_package, object_group
from archive.preservation.evidence.history import StampKind
from archive.preservation.evidence.stamping import Stamping
from archive.preservation.evidence.trees import Tree
from metadata.digests import chunks_of, digests_of
from metadata.package import PackageBrokenError
from metadata.package_contents import HELD
from metadata.time import Clock, rfc3339
from storage.errors import ObjectExistsError, ObjectMissingError, RecordUnreadableError, StorageFaultError
from storage.evidence import EvidenceObjects
from storage.evidence_batches import DOCUMENT, TREE, EvidenceBatches, Group, Index, key_of, next_name
from storage.heads import RACES
from storage.layout import AUDIT, LEDGER
from storage.ledger import LedgerLine, parsed_lines
from storage.packages import PackageStore
from storage.ports import ObjectStore

ALGORITHM = "sha256"
MAX_PACKAGES = 5_000
"""Packages in one batch, so that memory stays bounded when a large holding gets its first evidence."""


class Beside(Protocol):
    """What is proven beside packages: heads of the audit trail, the trust set and policy of the day."""

    def documents(self) -> Sequence[tuple[str, bytes]]:
        """Kind (`audit`, `trust`, `object`) and bytes of each; they are kept under `evidence/objects/`."""
        ...


@dataclass(frozen=True, slots=True)
class Pending:
    """What no batch covers yet."""

    lines: tuple[LedgerLine, ...]
    spans: dict[str, LedgerSpan]
    segments: tuple[str, ...]
    """Keys of sealed audit segments."""

    @property
    def anything(self) -> bool:
        """Whether a batch is due."""
        return bool(self.lines or self.segments)


@dataclass(slots=True)
class _Gathered:
    """What a batch will hold: leaves in memory, groups on their way to storage."""

    algorithm: str
    leaves: list[bytes] = field(default_factory=list)
    objects: set[bytes] = field(default_factory=set)
    """SHA-256 of objects that documents lean on: millions, and many lean on the same one."""

    others: dict[str, Group] = field(default_factory=dict)
    """The few other groups that are no packages', by id."""

    left_out: list[tuple[str, str]] = field(default_factory=list)
    bytes: int = 0

    def taken(self, groups: Sequence[Group]) -> Iterator[Group]:
        """The groups of one package, in order, without its objects."""
        for group in sorted(groups, key=lambda group: group.id):
            if group.package_id:
                self.leaves.append(leaf_of(group, self.algorithm))
                self.bytes += group.size_bytes
                yield group
            else:
                self.beside(group)

    def beside(self, group: Group) -> None:
        """Take a group in that is no package's."""
        if group.kind == "object":
            self.objects.add(bytes.fromhex(group.members[0][1]))
        else:
            self.others[group.id] = group

    def other_groups(self, complete: Callable[[Group], Group]) -> Iterator[Group]:
        """All groups that are no package's, in order."""
        trusted = {bytes.fromhex(group.members[0][1]) for group in self.others.values() if group.kind == "trust"}
        objects = (object_group(name.hex()) for name in sorted(self.objects - trusted))
        for group in merge(objects, sorted(self.others.values(), key=_id), key=_id):
            whole = complete(group)
            self.leaves.append(leaf_of(whole, self.algorithm))
            yield whole


def _id(group: Group) -> str:
    return group.id


@dataclass(frozen=True, slots=True)
class Builder:
    """Opens the next batch."""

    store: ObjectStore
    packages: PackageStore
    objects: EvidenceObjects
    stamping: Stamping
    beside: Beside
    clock: Clock
    algorithm: str = ALGORITHM

    @property
    def batches(self) -> EvidenceBatches:
        """Where batches lie."""
        return self.stamping.batches

    def open(self) -> BatchDocument | None:
        """Open a batch over what is pending; None: nothing is.

        Raises:
            StorageFaultError: the store failed; repeating is safe.
        """
        # Asked first: giving the head of the trail seals the segments that are looked for below.
        beside = tuple(self.beside.documents())
        skip = 0
        for _ in range(RACES):
            index, etag = self.stamping.index()
            pending = self.pending(index)
            if not pending.anything:
                return None
            batch = self._prepared(index, pending, beside, skip)
            if batch is None:
                skip += 1
            elif self.stamping.open(batch, index, etag):
                return batch
        raise StorageFaultError("evidence/batches/index.json", "other writers keep on opening batches")

    def pending(self, index: Index) -> Pending:
        """What the ledger has beyond the index; lists the ledger's files, whose sizes tell which have grown."""
        lines, spans = beyond(self.store, index)
        last = next((entry.name[:10] for entry in reversed(index.stamps) if entry.kind == StampKind.BATCH), "")
        # Making a batch is itself an event: without the day, every run would find one more to prove.
        due = bool(lines) or last < self.clock.now().date().isoformat()
        return Pending(tuple(lines), spans, tuple(sorted(self._segments(index))) if due else ())

    def _segments(self, index: Index) -> Iterator[str]:
        """Segments after the last one that is covered; their names sort by time."""
        since = index.segment.removeprefix(f"{AUDIT}/")[:4]
        years = range(int(since), self.clock.now().year + 1) if since else ()
        for prefix in [f"{AUDIT}/{year:04d}/" for year in years] or [f"{AUDIT}/"]:
            for info in self.store.keys(prefix):
                if info.key > index.segment:
                    yield info.key

    def _prepared(
        self, index: Index, pending: Pending, beside: Sequence[tuple[str, bytes]], skip: int
    ) -> BatchDocument | None:
        """Everything of the next batch written into its folder; None: the name holds something else."""
        day = self.clock.now().date()
        name = next_name(index, day, skip=skip)
        if self.batches.has(name, DOCUMENT):
            # Left by a run that ended just before the index: it counts when it saw what we see.
            left = self.stamping.document(name)
            same = left.kind is StampKind.BATCH and (left.ledger, left.previous) == (
                pending.spans,
                self._previous(index),
            )
            return left if same else None
        gathered = _Gathered(self.algorithm)
        try:
            groups = self.batches.put_groups(name, self._packaged(index, pending, gathered))
            for group in list(self._beside(index, pending, beside, gathered)):
                gathered.beside(group)
            others = self.batches.put_groups(name, gathered.other_groups(self._complete), prefix="others")
            tree = Tree.of(self.algorithm, gathered.leaves)
            encoded = tree.encoded()
        except ObjectExistsError:
            return None
        if self.batches.put(name, TREE, encoded) != encoded:
            return None
        return BatchDocument(
            name=name,
            kind=StampKind.BATCH,
            opened_at=rfc3339(self.clock.now()),
            algorithm=self.algorithm,
            root=tree.root.hex(),
            leaves=tree.count,
            bytes=gathered.bytes,
            previous=self._previous(index),
            tree=hashlib.sha256(encoded).hexdigest(),
            groups=groups,
            others=others,
            ledger=pending.spans,
            segment=max(pending.segments, default=""),
            left_out=tuple(gathered.left_out),
        )

    def _packaged(self, index: Index, pending: Pending, gathered: _Gathered) -> Iterator[Group]:
        """Groups of the packages, in order; what cannot be read is left out, named, and tried again next time."""
        wanted = {(line.id, line.version) for line in pending.lines} | set(index.left_out)
        for package_id, version in sorted(wanted, key=lambda entry: (entry[0], int(entry[1][1:]))):
            try:
                found = list(groups_of_package(self.packages, package_id, version, self.algorithm))
            except (PackageBrokenError, ObjectMissingError, RecordUnreadableError):
                gathered.left_out.append((package_id, version))
                continue
            yield from gathered.taken(found)

    def _beside(
        self, index: Index, pending: Pending, beside: Sequence[tuple[str, bytes]], gathered: _Gathered
    ) -> Iterator[Group]:
        for file, span in pending.spans.items():
            place = f"{LEDGER}/{file}#{span.stop}"
            yield self._of_key(place, "ledger", f"{LEDGER}/{file}", length=span.stop)
        for key in pending.segments:
            yield self._of_key(key, "segment", key)
        sets = [group for group in gathered.others.values() if group.kind == "trust"]
        for kind, document in beside:
            name = self.objects.put(document)
            place = f"{HELD}{name}"
            # The head of the trail is looked for by its kind, so it has a name of its own.
            identity = f"audit-head/{name}" if kind == "audit" else place
            group = group_of(identity, kind, {place: digests_of([document])}, algorithm=self.algorithm)
            if kind == "trust":
                sets.append(group)
            yield group
        yield from self._certificates(sets)
        last = next((entry.name for entry in reversed(index.stamps) if entry.kind == StampKind.BATCH), None)
        if last is not None:
            key = key_of(last, DOCUMENT)
            yield self._of_key(key, "batch", key)

    def _of_key(self, identity: str, kind: str, key: str, *, length: int | None = None) -> Group:
        with self.store.open(key, length=length) as stream:
            digests = digests_of(chunks_of(stream))
        return group_of(identity, kind, {identity: digests}, algorithm=self.algorithm)

    def _certificates(self, objects: Sequence[Group]) -> Iterator[Group]:
        """Certificates of the trust sets among `objects`: a set names them by digest."""
        for group in objects:
            try:
                data = self.objects.get(group.members[0][1])
            except ObjectMissingError:
                # That it is lost is found by whoever needs it; what the package names is proven all the same.
                continue
            for name in certificates_of_set(data):
                yield object_group(name)

    def _complete(self, group: Group) -> Group:
        """An object's group with what the batch's algorithm needs; of a lost one nothing is proven under another."""
        if group.kind not in {"object", "trust"} or self.algorithm == "sha256" or group.digests:
            return group
        data = self.objects.get(group.members[0][1])
        return group.model_copy(update={"digests": (getattr(digests_of([data]), self.algorithm),)})

    def _previous(self, index: Index) -> str:
        last = next((entry.name for entry in reversed(index.stamps) if entry.kind == StampKind.BATCH), None)
        return hashlib.sha256(self.batches.get(last, DOCUMENT)).hexdigest() if last else ""


def certificates_of_set(data: bytes) -> tuple[str, ...]:
    """Digests of the certificates of a trust set; none for other bytes."""
    if not data.startswith(b"{") or b"luutru-trust-set" not in data:
        return ()
    try:
        content = json.loads(data)
        if not str(content.get("format", "")).startswith("luutru-trust-set"):
            return ()
        return tuple(str(row["sha256"]) for row in content["certificates"])
    except (ValueError, LookupError, TypeError, AttributeError):
        return ()


def beyond(store: ObjectStore, index: Index) -> tuple[list[LedgerLine], dict[str, LedgerSpan]]:
    """Lines of the ledger that no batch covers, as far as one batch takes them, and where they stand."""
    lines: list[LedgerLine] = []
    spans: dict[str, LedgerSpan] = {}
    for info in sorted(store.keys(f"{LEDGER}/"), key=lambda info: info.key):
        start = index.covered_bytes(info.key.removeprefix(f"{LEDGER}/"))
        if info.size_bytes > start and len(lines) < MAX_PACKAGES:
            with store.open(info.key) as stream:
                data = stream.read()
            name = info.key.removeprefix(f"{LEDGER}/")
            lines.extend(parsed_lines(info.key, data[start:]))
            spans[name] = LedgerSpan(start=start, stop=len(data), sha256=hashlib.sha256(data).hexdigest())
    return lines, spans


def leaf_of(group: Group, algorithm: str) -> bytes:
    """The leaf of a group in the tree of its own batch."""
    return node(algorithm, set(group.under(algorithm)))
