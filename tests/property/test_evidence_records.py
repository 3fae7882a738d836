"""Any change of an evidence record is found, wherever it is and whatever it does."""

from __future__ import annotations

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from archive.preservation.evidence.algorithms import digest, node
from archive.preservation.evidence.der import encode
from archive.preservation.evidence.judges import EngineJudge
from archive.preservation.evidence.records import (
    ArchiveTimeStamp,
    EvidenceRecord,
    RecordUnreadableError,
    read_record,
)
from archive.preservation.evidence.tokens import with_revocation
from archive.preservation.evidence.trees import Tree, root_of
from archive.preservation.evidence.verification import Outcome, verify
from archive.preservation.signatures.engine import World
from tests.fakes.evidence import START, YEAR, authority, own_token

MEMBERS = [b"original", b"rendition", b"metadata"]


@cache
def whole() -> tuple[bytes, EngineJudge]:
    """A record of a data group: time-stamped, renewed, renewed under SHA-512; and who judges it."""
    own, other = authority("Một"), authority("Hai")

    def stamp(at_years: float, root: bytes, algorithm: str) -> bytes:
        at = START + at_years * YEAR
        return own_token(own.credential(at)[1], at, root, algorithm, "sha256")

    def covered(token: bytes, at_years: float) -> bytes:
        return with_revocation(token, own.lists(START + at_years * YEAR))

    groups = [digest("sha256", member) for member in MEMBERS]
    leaf = node("sha256", groups)
    tree = Tree.of("sha256", [leaf, *(digest("sha256", b"%d" % n) for n in range(12))])
    first = covered(stamp(0, tree.root, "sha256"), 1)
    above = Tree.of("sha256", [digest("sha256", first), digest("sha256", b"another batch")])
    second = covered(stamp(1, above.root, "sha256"), 2)
    chain = [
        ArchiveTimeStamp("sha256", tree.reduced(leaf, groups), first),
        ArchiveTimeStamp("sha256", above.reduced(digest("sha256", first)), second),
    ]
    older = digest("sha512", encode(0x30, EvidenceRecord.of([chain]).chains[0].encoded))
    renewed = [digest("sha512", digest("sha512", member), older) for member in MEMBERS]
    top = Tree.of("sha512", [node("sha512", renewed), digest("sha512", b"x"), digest("sha512", b"y")])
    third = stamp(2, top.root, "sha512")
    lists = top.reduced(node("sha512", renewed), renewed)
    record = EvidenceRecord.of([chain, [ArchiveTimeStamp("sha512", lists, third)]])
    now = START + 2.5 * YEAR
    world = World.of(
        at=now,
        anchors=[own.root.der, other.root.der],
        intermediates=[own.stamping.der, other.stamping.der],
        answers=own.lists(now),
    )
    return record.der(), EngineJudge(world)


def outcome(data: bytes) -> Outcome:
    judge = whole()[1]
    try:
        record = read_record(data)
    except RecordUnreadableError:
        return Outcome.BROKEN
    return verify(record, lambda name: [digest(name, member) for member in MEMBERS], judge).outcome


def test_the_record_that_is_changed_below_holds() -> None:
    assert outcome(whole()[0]) is Outcome.HOLDS


@given(place=st.integers(0, len(whole()[0]) - 1), bit=st.integers(0, 7))
def test_any_flipped_bit_is_found(place: int, bit: int) -> None:
    data = bytearray(whole()[0])
    data[place] ^= 1 << bit
    assert outcome(bytes(data)) is not Outcome.HOLDS


@given(
    start=st.integers(0, len(whole()[0])),
    length=st.integers(0, 40),
    put=st.binary(max_size=40) | st.sampled_from([b"\x05\x00", b"\x30\x00", b"\xa1\x00", b"\xa2\x00", b"\x04\x00"]),
)
def test_anything_cut_out_or_put_in_is_found(start: int, length: int, put: bytes) -> None:
    data = whole()[0]
    changed = data[:start] + put + data[start + length :]
    assert (outcome(changed) is Outcome.HOLDS) == (changed == data)


@given(
    take=st.tuples(st.integers(0, len(whole()[0]) - 1), st.integers(1, 200)),
    to=st.integers(0, len(whole()[0]) - 1),
)
def test_no_part_can_stand_for_another(take: tuple[int, int], to: int) -> None:
    data = whole()[0]
    part = data[take[0] : take[0] + take[1]]
    changed = data[:to] + part + data[to + len(part) :]
    assert (outcome(changed) is Outcome.HOLDS) == (changed == data)


@given(st.binary(max_size=400) | st.binary(max_size=200).map(lambda tail: whole()[0][:300] + tail))
def test_whatever_comes_is_answered_and_nothing_of_it_holds(data: bytes) -> None:
    assert outcome(data) is not Outcome.HOLDS


@given(
    leaves=st.lists(st.binary(min_size=1, max_size=8), min_size=1, max_size=40, unique=True),
    pick=st.integers(0, 39),
    algorithm=st.sampled_from(["sha256", "sha384", "sha512"]),
)
def test_every_leaf_of_every_tree_leads_to_its_root_and_no_other_value_does(
    leaves: list[bytes], pick: int, algorithm: str
) -> None:
    tree = Tree.of(algorithm, [digest(algorithm, leaf) for leaf in leaves])
    leaf = digest(algorithm, leaves[pick % len(leaves)])
    lists = tree.reduced(leaf)
    assert (root_of(algorithm, lists) if lists else leaf) == tree.root
    assert Tree.read(algorithm, tree.encoded(), tree.count) == tree
    for wrong in lists:
        for value in wrong:
            altered = tuple(tuple(bytes([v[0] ^ 1]) + v[1:] if v is value else v for v in part) for part in lists)
            assert root_of(algorithm, altered) != tree.root
