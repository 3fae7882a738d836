"""Hash-tree renewal (RFC 4998, 5.2): every document is read again and digested anew, before its digest algorithm ends.

Reading takes days for a large holding and is done file of groups by file of
groups; each is kept when it is done, so that an interruption costs one. What
was proven before enters only at the end, under one time-stamp: renewals of
tokens may go on meanwhile.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from archive.preservation.evidence.authorities import Authorities
from archive.preservation.evidence.cutting import Cutting, Material
from archive.preservation.evidence.documents import BatchDocument, CoverDocument, CoversDocument, RootsDocument
from archive.preservation.evidence.history import History, HistoryBrokenError, Lines, Stamp, StampKind
from archive.preservation.evidence.renewing import Renewer
from archive.preservation.evidence.stamping import ROOTS, Stamping
from archive.preservation.evidence.stored import Places, tree_file
from archive.preservation.evidence.trees import Tree
from metadata.packing import pack_lines, unpack_lines
from metadata.time import Clock, rfc3339
from storage.errors import ObjectMissingError, StorageFaultError
from storage.evidence_batches import Group, GroupFile, next_name
from storage.heads import RACES

COVERS = "covers.json"
_MAX_LINE_BYTES = 16 << 20

Progress = Callable[[int, int], None]
"""Hears how many of how many files of groups are read."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is read at once."""

    files: int | None = None
    """Files of groups; None: all."""

    stopped: Callable[[], bool] = lambda: False
    """Asked before each group; the file that is being read is begun anew by the next call."""


UNHURRIED = Pace()


class _StoppedError(Exception):
    """Somebody asked to stop."""


class _Renewed(BaseModel):
    """A group digested anew."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str = ""
    members: tuple[str, ...] = ()
    """Digests in the order of the group; none: a member is lost or differs."""

    why: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a hash-tree renewal has read."""

    done: int
    total: int
    damaged: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether everything is read."""
        return self.done == self.total


@dataclass(frozen=True, slots=True)
class Rehasher:
    """Makes hash-tree renewals."""

    stamping: Stamping
    places: Places
    material: Material
    renewer: Renewer
    clock: Clock

    def open(self, history: History, batches: Sequence[str], algorithm: str) -> str:
        """Begin a hash-tree renewal of `batches`, or find the one that was begun; its name."""
        for _ in range(RACES):
            index, etag = self.stamping.index()
            begun = next((entry.name for entry in index.open() if entry.kind == StampKind.REHASH), None)
            if begun is not None:
                return begun
            for skip in range(RACES):
                name = next_name(index, self.clock.now().date(), skip=skip)
                document = BatchDocument(
                    name=name,
                    kind=StampKind.REHASH,
                    opened_at=rfc3339(self.clock.now()),
                    algorithm=algorithm,
                    bytes=sum(self.stamping.document(batch).bytes for batch in batches),
                    batches=tuple(batch for batch in batches if batch in history.stamps),
                )
                if self.stamping.open(document, index, etag):
                    return name
                if self.stamping.index()[1] != etag:
                    break
        raise StorageFaultError("evidence/batches/index.json", "other writers keep on changing it")

    def read(self, name: str, *, pace: Pace = UNHURRIED, tell: Progress | None = None) -> Reading:
        """Read and digest what is not read yet, as far as `pace` allows.

        Raises:
            StorageFaultError: the store failed; repeating goes on where it stopped.
        """
        files = list(self._files(name))
        document = self.stamping.document(name)
        done, fresh, damaged = 0, 0, []
        for batch, file in files:
            part = _part(batch, file)
            if not self.stamping.batches.has(name, part):
                if (pace.files is not None and fresh >= pace.files) or pace.stopped():
                    break
                fresh += 1
                try:
                    self._read_file(name, document.algorithm, (batch, file), pace)
                except _StoppedError:
                    break
            damaged += [entry.id for entry in self._part(name, part) if not entry.members]
            done += 1
            if tell is not None:
                tell(done, len(files))
        return Reading(done, len(files), tuple(damaged))

    def finish(self, name: str, history: History, authorities: Authorities) -> Stamp | None:
        """Put everything that was proven before under the new digests, and stamp it; None: nobody is there to ask.

        Raises:
            RevocationMissingError: see `Renewer.covering`.
            HistoryBrokenError: what is stored contradicts itself.
        """
        if self.stamping.roots(name) is None:
            self._weave(name, history)
        roots = self.stamping.roots(name)
        assert roots is not None  # noqa: S101 - written above
        return self.stamping.finish(name, bytes.fromhex(roots.root), authorities)

    def _files(self, name: str) -> Iterator[tuple[str, GroupFile]]:
        for batch in self.stamping.document(name).batches:
            document = self.stamping.document(batch)
            for file in (*document.groups, *document.others):
                yield batch, file

    def _read_file(self, name: str, algorithm: str, place: tuple[str, GroupFile], pace: Pace) -> None:
        batch, file = place
        groups = self.stamping.batches.groups(batch, file.file, sha256=file.sha256)
        packed = io.BytesIO()

        def lines() -> Iterator[bytes]:
            for group in groups:
                if pace.stopped():
                    raise _StoppedError
                yield self._renewed(group, algorithm).model_dump_json(exclude_defaults=True).encode()

        pack_lines(packed, lines())
        self.stamping.batches.put(name, _part(batch, file), packed.getvalue())

    def _renewed(self, group: Group, algorithm: str) -> _Renewed:
        try:
            digests = self.places.digests(group, "sha256", algorithm)
        except ObjectMissingError as error:
            return _Renewed(id=group.id, version=group.version, why=str(error))
        for (place, known), found in zip(group.members, digests, strict=True):
            if found["sha256"].hex() != known:
                return _Renewed(id=group.id, version=group.version, why=f"{place} differs from what was proven")
        members = tuple(found[algorithm].hex() for found in digests)
        return _Renewed(id=group.id, version=group.version, members=members)

    def _part(self, name: str, part: str) -> Iterator[_Renewed]:
        data = self.stamping.batches.get(name, part)
        for line in unpack_lines(io.BytesIO(data), max_line_bytes=_MAX_LINE_BYTES):
            yield _Renewed.model_validate_json(line)

    def _weave(self, name: str, history: History) -> None:
        """New leaves from new digests and old chains; a tree for each batch, one over their roots."""
        document = self.stamping.document(name)
        fixed = self._covers(document, history)
        covers = fixed.covers
        provisional = Stamp(
            name=name,
            kind=StampKind.REHASH,
            algorithm=document.algorithm,
            time=self.clock.now(),
            signer="",
            expires=self.clock.now(),
            covers=tuple(cover.cover() for cover in covers),
        )
        woven = Lines(history.having(provisional))
        parts: list[tuple[str, str, int]] = []
        damaged: list[str] = []
        for batch in document.batches:
            tree = self._woven(provisional, batch, woven, damaged)
            if tree is not None:
                self.stamping.batches.put(name, tree_file(batch), tree.encoded())
                parts.append((batch, tree.root.hex(), tree.count))
        if not parts:
            msg = f"{name}: nothing is left to be digested anew"
            raise HistoryBrokenError(msg)
        root = Tree.of(document.algorithm, [bytes.fromhex(root) for _, root, _ in parts]).root
        roots = RootsDocument(
            covers=covers,
            parts=tuple(parts),
            damaged=tuple(damaged),
            unproven=fixed.unproven,
            root=root.hex(),
        )
        self.stamping.batches.put(name, ROOTS, roots.document())

    def _covers(self, document: BatchDocument, history: History) -> CoversDocument:
        """What is covered, with its revocation data: as it was when the weaving was begun first."""
        name = document.name
        if not self.stamping.batches.has(name, COVERS):
            lines = Lines(history)
            ends = [links[-1].stamped_by for batch in document.batches if (links := lines.of(batch))]
            covering = self.renewer.covering(list({end.name: end for end in ends}.values()), document.algorithm)
            covers = tuple(CoverDocument(stamp=c.stamp, objects=c.objects, token=c.token) for c in covering.covers)
            self.stamping.batches.put(
                name, COVERS, CoversDocument(covers=covers, unproven=covering.unproven).document()
            )
        return CoversDocument.read(name, self.stamping.batches.get(name, COVERS))

    def _woven(self, rehash: Stamp, batch: str, lines: Lines, damaged: list[str]) -> Tree | None:
        links = lines.of(batch)
        if not links:
            return None
        stamp = links[0].stamp
        before = Cutting.of(stamp, tuple(link for link in links if link.stamp is not rehash), self.material)
        older = [link.stamp for link in links if link.stamp.kind is StampKind.REHASH and link.stamp is not rehash]
        leaves = []
        document = self.stamping.document(batch)
        for file in (*document.groups, *document.others):
            groups = self.stamping.batches.groups(batch, file.file, sha256=file.sha256)
            parts = [self._part(renewal.name, _part(batch, file)) for renewal in (*older, rehash)]
            for group, *renewed in zip(groups, *parts, strict=True):
                if not all(entry.members for entry in renewed):
                    damaged.append(group.id)
                    continue
                known = {stamp.algorithm: group.under(stamp.algorithm)}
                for renewal, entry in zip((*older, rehash), renewed, strict=True):
                    known[renewal.algorithm] = tuple(bytes.fromhex(value) for value in entry.members)
                leaves.append(before.leaf(rehash, known.__getitem__))
        return Tree.of(rehash.algorithm, leaves) if leaves else None

    def digests_of(self, rehash: str, batch: str, wanted: Group) -> tuple[bytes, ...]:
        """The digests that a hash-tree renewal took of the members of a group; none: it was damaged then."""
        document = self.stamping.document(batch)
        for file in (*document.groups, *document.others):
            if file.first <= wanted.id:
                for entry in self._part(rehash, _part(batch, file)):
                    if (entry.id, entry.version) == (wanted.id, wanted.version):
                        return tuple(bytes.fromhex(value) for value in entry.members)
        return ()


def _part(batch: str, file: GroupFile) -> str:
    return f"parts/{batch}/{file.file}"
