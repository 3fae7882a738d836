"""Evidence records to the letter: DER, hash trees, tokens with revocation data, verification."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

import pytest

from archive.preservation.evidence import der
from archive.preservation.evidence.algorithms import AlgorithmUnknownError, digest, identifier, name_of, node
from archive.preservation.evidence.records import ArchiveTimeStamp, EvidenceRecord, RecordUnreadableError, read_record
from archive.preservation.evidence.tokens import TokenUnreadableError, read_token, with_revocation
from archive.preservation.evidence.trees import Tree, TreeBrokenError, reduced, root_of
from archive.preservation.evidence.verification import (
    Outcome,
    RecordVerdict,
    StepKind,
    TokenAnswer,
    TokenQuestion,
    verify,
)
from archive.preservation.signatures.cms_reading import read_signed_data
from tests.fakes.evidence import START, OwnAuthority, authority, own_token, policy_with

MEMBERS = [b"original", b"metadata", b"verdict"]
LATER = START + timedelta(days=400)


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def token(imprint: bytes, at: datetime = START, algorithm: str = "sha256") -> bytes:
    own: OwnAuthority = authority("Một")
    return own_token(own.credential(at)[1], at, imprint, algorithm, "sha256")


class Believer:
    """Takes every token; refuses digests that it was told to."""

    now = LATER

    def __init__(self, *refused: str) -> None:
        self.names = refused
        self.asked: list[datetime | None] = []

    def token(self, question: TokenQuestion) -> TokenAnswer:
        self.asked.append(question.covered_at)
        return TokenAnswer(Outcome.HOLDS, signer="TSA")

    def refused(self, algorithm: str, when: datetime) -> str:
        return f"{algorithm} is over at {when}" if algorithm in self.names else ""


def verified(record: EvidenceRecord, *members: bytes, judge: Believer | None = None) -> RecordVerdict:
    return verify(record, lambda name: [digest(name, m) for m in members or MEMBERS], judge or Believer())


def group_record() -> EvidenceRecord:
    leaves = [node("sha256", [sha(m) for m in MEMBERS]), *(sha(b"%d" % n) for n in range(6))]
    tree = Tree.of("sha256", leaves)
    lists = tree.reduced(leaves[0], [sha(m) for m in MEMBERS])
    return EvidenceRecord.of([[ArchiveTimeStamp("sha256", lists, token(tree.root))]])


# ---------------------------------------------------------------- DER


@pytest.mark.parametrize(
    "data",
    [b"", b"\x30", b"\x30\x05\x00", b"\x30\x80\x00\x00", b"\x30\x81\x05" + bytes(5), b"\x1f\x01\x00", b"\x30\x85" * 9],
)
def test_what_is_no_der_is_refused(data: bytes) -> None:
    with pytest.raises(der.DerUnreadableError):
        der.members(der.element(data))


def test_indefinite_lengths_are_taken_inside_time_stamps_only() -> None:
    data = b"\x30\x80\x02\x01\x07\x30\x80\x00\x00\x00\x00"
    assert der.element(data, ber=True).end == len(data)
    with pytest.raises(der.DerUnreadableError):
        der.element(data)
    with pytest.raises(der.DerUnreadableError):
        der.element(b"\x30\x80" * 60 + b"\x00\x00" * 60, ber=True)


def test_a_digest_algorithm_with_parameters_is_refused() -> None:
    plain = identifier("sha512")
    assert name_of(der.element(plain)) == "sha512"
    assert name_of(der.element(der.encode(0x30, plain[2:] + b"\x05\x00"))) == "sha512"
    with pytest.raises(der.DerUnreadableError):
        name_of(der.element(der.encode(0x30, plain[2:] + b"\x05\x01\x00")))
    with pytest.raises(AlgorithmUnknownError):
        name_of(der.element(der.encode(0x30, b"\x06\x02\x2a\x03")))


# ---------------------------------------------------------------- trees


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 100])
@pytest.mark.parametrize("algorithm", ["sha256", "sha512", "sha3_256"])
def test_every_leaf_leads_to_the_root(count: int, algorithm: str) -> None:
    leaves = [digest(algorithm, b"%d" % number) for number in range(count)]
    tree = Tree.of(algorithm, [*leaves, leaves[0]])
    assert tree.count == count
    assert Tree.read(algorithm, tree.encoded(), count) == tree == tree.recomputed()
    for leaf in leaves:
        lists = tree.reduced(leaf)
        assert (root_of(algorithm, lists) if lists else leaf) == tree.root
    with pytest.raises(KeyError):
        tree.position_of(digest(algorithm, b"nobody's"))


def test_the_first_list_of_a_group_is_the_groups_alone() -> None:
    lists = reduced(b"leaf", (b"x", b"y"), (b"b", b"a"))
    assert lists == ((b"a", b"b"), (b"x",), (b"y",))
    assert reduced(b"leaf", (b"x", b"y")) == ((b"leaf", b"x"), (b"y",))
    assert reduced(b"leaf", ()) == ()


def test_a_tree_of_another_size_is_refused() -> None:
    data = Tree.of("sha256", [sha(b"a"), sha(b"b"), sha(b"c")]).encoded()
    for leaves in (0, 1, 2, 4, 1000):
        with pytest.raises(TreeBrokenError):
            Tree.read("sha256", data, leaves)
    altered = Tree.read("sha256", data[:-1] + bytes([data[-1] ^ 1]), 3)
    assert altered.recomputed() != altered


# ---------------------------------------------------------------- tokens


def test_revocation_data_goes_into_a_token_without_touching_what_is_signed() -> None:
    own = authority("Một")
    plain = token(sha(b"x"))
    full = with_revocation(plain, own.lists(LATER))
    assert with_revocation(full, own.lists(LATER)) == full
    assert with_revocation(plain, ()) == plain
    assert set(read_token(full).revocation) == set(own.lists(LATER))
    before, after = read_signed_data(plain), read_signed_data(full)
    assert (before.content, before.certificates) == (after.content, after.certificates)
    assert before.signers[0].signature == after.signers[0].signature
    assert after.revocation == tuple(sorted(own.lists(LATER)))
    assert read_token(full).version == read_token(full).regular_version == b"\x03"
    with pytest.raises(TokenUnreadableError):
        with_revocation(plain, [b"\x30\x03\x02\x01\x00"])


def test_the_bytes_with_revocation_data_are_the_same_for_ever() -> None:
    """Storage keeps token and lists, and the digest of this result: a new release must give the same bytes."""
    base = _shape(b"")
    crl = der.encode(0x30, der.encode(0x30, b"\x02\x01\x01") + der.encode(0x30, b"") + der.encode(0x03, b"\x00\x07"))
    ocsp = der.encode(0x30, der.encode(0x0A, b"\x00"))
    full = with_revocation(base, [ocsp, crl])
    assert full == _shape(b"\xa1" + der.encode(0, crl + der.encode(0xA1, _OCSP + ocsp))[1:], version=5)
    assert hashlib.sha256(full).hexdigest() == "963bb528c86da37e2418a23bf0654ac2607c303d6a9038123bb02aae6193088c"
    assert read_token(full).revocation == (crl, ocsp)
    assert read_token(full).regular_version == b"\x05"


_OCSP = bytes.fromhex("06082b06010505071002")


def _shape(lists: bytes, version: int = 3) -> bytes:
    """A token without meaning, put together by hand."""
    info = der.encode(
        0x30,
        b"\x02\x01\x01\x06\x01\x2a"
        + der.encode(0x30, identifier("sha256") + der.encode(0x04, bytes(32)))
        + b"\x02\x01\x07"
        + der.encode(0x18, b"20261128080000.25Z"),
    )
    content = der.encode(0x30, bytes.fromhex("060b2a864886f70d0109100104") + der.encode(0xA0, der.encode(0x04, info)))
    signed = der.encode(0x30, bytes((2, 1, version)) + der.encode(0x31, b"") + content + lists + der.encode(0x31, b""))
    return der.encode(0x30, bytes.fromhex("06092a864886f70d010702") + der.encode(0xA0, signed))


def test_what_is_no_token_is_refused() -> None:
    assert read_token(_shape(b"")).time.microsecond == 250_000
    for data in (
        b"",
        b"\x30\x00",
        _shape(b"")[:-1],
        _shape(b"").replace(b"20261128", b"20261358"),
        b"\x30\x80\x00\x00",
    ):
        with pytest.raises(TokenUnreadableError):
            read_token(data)


# ---------------------------------------------------------------- records


def test_a_record_survives_being_written_and_read() -> None:
    record = group_record()
    assert read_record(record.der()) == record
    assert read_record(record.der()).der() == record.der()


def test_a_record_that_is_longer_shorter_or_of_another_version_is_refused() -> None:
    data = group_record().der()
    wrong = [data + b"\x00", data[:-1], data.replace(b"\x02\x01\x01", b"\x02\x01\x02", 1), b"", b"\x30\x00"]
    for entry in wrong:
        with pytest.raises(RecordUnreadableError):
            read_record(entry)


def test_all_members_of_a_group_are_proven_together_and_nothing_else() -> None:
    record = group_record()
    assert verified(record).outcome is Outcome.HOLDS
    assert verified(record, MEMBERS[0]).outcome is Outcome.HOLDS
    assert verified(record, *MEMBERS[:2]).outcome is Outcome.BROKEN
    assert verified(record, *MEMBERS, b"one more").outcome is Outcome.BROKEN
    assert verified(record, b"altered", *MEMBERS[1:]).outcome is Outcome.BROKEN
    assert verified(record).since == START


def test_two_members_with_the_same_bytes_count_once() -> None:
    leaf, other = sha(b"twice"), sha(b"other")
    tree = Tree.of("sha256", [leaf, other])
    record = EvidenceRecord.of([[ArchiveTimeStamp("sha256", tree.reduced(leaf), token(tree.root))]])
    assert verified(record, b"twice", b"twice").outcome is Outcome.HOLDS


def test_each_token_is_judged_at_the_time_of_the_one_that_covers_it() -> None:
    first = token(sha(b"x"))
    second = token(sha(first), START + timedelta(days=100))
    third = token(sha(second), START + timedelta(days=200))
    chain = [ArchiveTimeStamp("sha256", (), entry) for entry in (first, second, third)]
    judge = Believer()
    assert verified(EvidenceRecord.of([chain]), b"x", judge=judge).outcome is Outcome.HOLDS
    assert judge.asked == [START + timedelta(days=100), START + timedelta(days=200), None]


def test_a_renewal_older_than_what_it_covers_is_found() -> None:
    first = token(sha(b"x"), LATER)
    second = token(sha(first), START)
    found = verified(EvidenceRecord.of([[ArchiveTimeStamp("sha256", (), t) for t in (first, second)]]), b"x")
    assert (found.outcome, found.failing and found.failing.kind) == (Outcome.BROKEN, StepKind.ORDER)


def test_a_hash_tree_renewal_covers_data_and_older_chains() -> None:
    first = EvidenceRecord.of([[ArchiveTimeStamp("sha256", (), token(sha(b"x")))]])
    older = digest("sha512", der.encode(0x30, first.chains[0].encoded))
    root = digest("sha512", digest("sha512", b"x"), older)
    stamps = [list(first.chains[0].stamps), [ArchiveTimeStamp("sha512", (), token(root, LATER, "sha512"))]]
    record = EvidenceRecord.of(stamps)
    assert verified(record, b"x").outcome is Outcome.HOLDS
    # SHA-256 has ended since: the first chain was covered before, and does not need it any more.
    judge = Believer("sha256")
    assert verified(record, b"x", judge=judge).failing is not None
    assert [
        (s.kind, s.outcome) for s in verified(record, b"x", judge=judge).steps if s.outcome is not Outcome.HOLDS
    ] == [(StepKind.ALGORITHM, Outcome.INDETERMINATE)]
    other = EvidenceRecord.of([[ArchiveTimeStamp("sha256", (), token(sha(b"x"), START + timedelta(seconds=1)))]])
    swapped = EvidenceRecord.of([list(other.chains[0].stamps), stamps[1]])
    assert verified(swapped, b"x").outcome is Outcome.BROKEN


def test_another_algorithm_inside_a_chain_or_beside_the_imprint_is_found() -> None:
    first = token(sha(b"x"))
    second = token(digest("sha512", first), LATER, "sha512")
    mixed = EvidenceRecord.of([[ArchiveTimeStamp("sha256", (), first), ArchiveTimeStamp("sha512", (), second)]])
    assert verified(mixed, b"x").outcome is Outcome.BROKEN
    lying = EvidenceRecord.of([[ArchiveTimeStamp("sha512", (), token(digest("sha256", b"x")))]])
    assert verified(lying, b"x").outcome is Outcome.BROKEN


def test_algorithms_that_the_head_of_the_record_does_not_name_are_found() -> None:
    record = group_record()
    for digests in ((), ("sha512",), ("sha256", "sha512"), ("sha256", "sha256")):
        wrong = EvidenceRecord(digests, record.chains)
        assert verified(wrong).outcome is Outcome.BROKEN


def test_what_others_may_put_in_and_we_do_not_understand_is_indeterminate() -> None:
    record = group_record()
    for extra in ({"crypto_infos": b"\x30\x00"}, {"encryption_info": b"\x06\x01\x2a"}):
        known = EvidenceRecord(record.digests, record.chains, **extra)
        assert verified(read_record(known.der())).outcome is Outcome.INDETERMINATE


def test_a_digest_that_the_policy_has_ended_proves_nothing() -> None:
    assert verified(group_record(), judge=Believer("sha256")).outcome is Outcome.INDETERMINATE
    assert policy_with(sha256="2030-01-01T00:00:00Z").digests["sha256"].until is not None
