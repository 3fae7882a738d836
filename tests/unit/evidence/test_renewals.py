"""Renewals over stored batches: in time, by another authority where one was revoked, and everything read again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from archive.catalogue.trail import AuditTrail
from archive.preservation.evidence.authorities import NoAuthorityError
from archive.preservation.evidence.history import StampKind
from archive.preservation.evidence.planning import Supposition, Terms, Why
from archive.preservation.evidence.rehashing import Pace, Rehasher
from archive.preservation.evidence.renewing import RevocationMissingError
from archive.preservation.evidence.tokens import read_token
from metadata.events import EventType
from storage.errors import StorageFaultError
from storage.evidence_batches import DOCUMENT, MANIFEST, TOKEN, TREE, Group, key_of
from tests.fakes.dossiers import Paper
from tests.fakes.evidence import START, YEAR, EvidenceBench, FailingStore, fresh, policy_with

PLAIN = Paper(("plain.pdf",))
DAY = timedelta(days=1)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[EvidenceBench]:
    made = EvidenceBench(tmp_path, first=fresh("Một"), second=fresh("Hai"))
    yield made
    made.close()


def outcomes(bench: EvidenceBench, *identifiers: str) -> dict[str, bool | None]:
    return {found.subject: found.ok for found in bench.evidence().verify(identifiers)}


def renewed(bench: EvidenceBench, *, everything: bool = False) -> list[tuple[StampKind, str]]:
    return [(answer.kind, answer.why) for answer in bench.evidence().renew(everything=everything)]


def built(bench: EvidenceBench, *names: str) -> list[str]:
    packages = [bench.archive(name, [PLAIN]) for name in names]
    list(bench.evidence().build())
    return packages


def test_nothing_is_renewed_before_its_time(bench: EvidenceBench) -> None:
    built(bench, "1")
    assert renewed(bench) == []
    assert bench.first
    assert bench.first.given == 1


def test_one_token_renews_all_batches_before_the_first_certificate_ends(bench: EvidenceBench) -> None:
    packages = built(bench, "1")
    bench.clock.at += 300 * DAY
    packages += built(bench, "2")
    index, _ = bench.evidence().stamping.index()
    bench.clock.at = START + 4 * YEAR - 180 * DAY
    assert bench.first
    before = bench.first.given
    assert renewed(bench) == [(StampKind.RENEWAL, Why.CERTIFICATE_ENDS.value)]
    assert bench.first.given == before + 1
    after, _ = bench.evidence().stamping.index()
    assert after.stamps[-1].covered == tuple(entry.name for entry in index.stamps)
    bench.clock.at += 200 * DAY
    assert set(outcomes(bench, *packages).values()) == {True}
    assert renewed(bench) == []


def test_the_old_token_gets_its_revocation_data_and_is_kept_as_received(bench: EvidenceBench) -> None:
    built(bench, "1")
    received = bench.evidence().stamping.batches.get("2026-11-28-1", TOKEN)
    bench.clock.at += 200 * DAY
    renewed(bench, everything=True)
    evidence = bench.evidence()
    assert evidence.stamping.batches.get("2026-11-28-1", TOKEN) == received
    (cover,) = evidence.stamping.history().stamps["2027-06-16-1"].covers
    full = evidence.material.covered_token(evidence.stamping.history().stamps["2026-11-28-1"], cover)
    assert read_token(received).revocation == ()
    assert set(read_token(full).revocation) == {evidence.renewer.objects.get(name) for name in cover.objects}
    assert len(cover.objects) == 2
    assert [group.stamps for group in evidence.verify(())] == [("2026-11-28-1", "2027-06-16-1")]


def test_without_revocation_data_the_renewal_waits_until_there_is_no_time_left(bench: EvidenceBench) -> None:
    """Then it goes on, and verification says for which authority the proof has a gap."""
    built(bench, "1")
    bench.clock.at = START + 4 * YEAR - 100 * DAY
    bench.status_silent = True
    with pytest.raises(RevocationMissingError) as raised:
        renewed(bench)
    assert list(raised.value.stamps) == ["2026-11-28-1"]
    bench.clock.at = START + 4 * YEAR - 20 * DAY
    assert renewed(bench) == [(StampKind.RENEWAL, Why.CERTIFICATE_ENDS.value)]
    document = bench.evidence().stamping.document(f"{bench.clock.at:%Y-%m-%d}-1")
    assert document.unproven == ("2026-11-28-1",)
    (found,) = bench.evidence().verify(())
    assert found.ok is None
    assert [(failure.stamp, failure.step) for failure in found.failures] == [("2026-11-28-1", "token")]
    assert "revocation-unknown" in found.failures[0].reason


def test_a_stamp_that_stands_behind_one_authority_is_stamped_by_another(bench: EvidenceBench) -> None:
    bench.terms = Terms(cross=30 * DAY)
    packages = built(bench, "1")
    bench.clock.at += 29 * DAY
    assert renewed(bench) == []
    bench.clock.at += 2 * DAY
    assert renewed(bench) == [(StampKind.RENEWAL, Why.ONE_AUTHORITY.value)]
    assert renewed(bench) == []
    assert bench.first
    assert bench.second
    assert (bench.first.given, bench.second.given) == (1, 1)
    assert set(outcomes(bench, *packages).values()) == {True}
    bench.second = None
    built(bench, "2")
    bench.clock.at += 40 * DAY
    with pytest.raises(NoAuthorityError):
        renewed(bench)


@pytest.mark.parametrize("stolen", ["first", "second"])
def test_a_revoked_authority_costs_nothing_where_another_stands_beside_it(bench: EvidenceBench, stolen: str) -> None:
    bench.terms = Terms(cross=timedelta(0))
    packages = built(bench, "1")
    renewed(bench)
    since = {found.since for found in bench.evidence().verify(())}
    bench.clock.at += 100 * DAY
    getattr(bench, stolen).revoke(bench.clock.at)
    bench.clock.at += DAY
    deeds: list[StampKind] = []
    # A second authority is asked for again, and there is none now: that is told, and nothing else is kept from it.
    with suppress(NoAuthorityError):
        deeds.extend(answer.kind for answer in bench.evidence().renew())
    assert deeds == ([StampKind.RENEWAL] if stolen == "second" else [])
    assert not bench.evidence().stamping.index()[0].open()
    assert set(outcomes(bench, *packages).values()) == {True}
    assert {found.since for found in bench.evidence().verify(())} == since


def test_what_only_a_revoked_authority_stamped_is_named_and_begins_anew(bench: EvidenceBench) -> None:
    packages = built(bench, "1")
    bench.clock.at += 100 * DAY
    assert bench.first
    bench.first.revoke(bench.clock.at)
    (lapsed,) = bench.evidence().verify(())
    assert lapsed.ok is None
    assert lapsed.failures[0].reason.startswith("REVOKED")
    (planned,) = bench.evidence().plan(10, Supposition(revoked="một 2025"))
    assert planned.lost == ("2026-11-28-1",)
    bench.clock.at += DAY
    assert renewed(bench) == [(StampKind.RESTAMP, Why.AUTHORITY_REVOKED.value)]
    assert set(outcomes(bench, *packages).values()) == {True}
    (again,) = bench.evidence().verify(())
    assert again.since == bench.clock.at
    assert again.stamps == ("2027-03-09-1",)
    alarms = [event for event in bench.trail.of(["evidence:2027-03-09-1"]) if event["type"] == "evidence alarm"]
    assert len(alarms) == 1
    assert renewed(bench) == []


def test_a_revoked_renewal_over_a_stamp_that_has_ended_leaves_nothing_and_the_proof_begins_anew(
    bench: EvidenceBench,
) -> None:
    """Covering an ended token once more would look like a renewal and prove nothing for ever."""
    packages = built(bench, "1")
    assert bench.first
    bench.clock.at = START + 4 * YEAR - 180 * DAY
    assert renewed(bench) == [(StampKind.RENEWAL, Why.CERTIFICATE_ENDS.value)]
    bench.clock.at = START + 5 * YEAR
    (planned,) = bench.evidence().plan(10, Supposition(revoked="một 2029"))
    assert planned.lost == ("2026-11-28-1",)
    bench.first.revoke(bench.clock.at)
    bench.clock.at += DAY
    assert renewed(bench) == [(StampKind.RESTAMP, Why.AUTHORITY_REVOKED.value)]
    assert set(outcomes(bench, *packages).values()) == {True}
    assert [found.since for found in bench.evidence().verify(())] == [bench.clock.at]
    assert renewed(bench) == []


def test_what_a_thief_may_have_stamped_is_stamped_anew_though_another_covered_it(bench: EvidenceBench) -> None:
    """The key was stolen the day before; the news came later."""
    bench.terms = Terms(cross=timedelta(0))
    packages = built(bench, "1")
    renewed(bench)
    assert bench.first
    bench.first.revoke(START - DAY)
    bench.clock.at += 5 * DAY
    (found,) = bench.evidence().verify(())
    assert (found.ok, found.failures[0].stamp) == (None, "2026-11-28-1")
    with suppress(NoAuthorityError):
        renewed(bench)
    assert set(outcomes(bench, *packages).values()) == {True}
    (again,) = bench.evidence().verify(())
    assert (again.since, again.stamps[0]) == (bench.clock.at, "2026-12-03-1")


def test_a_restamp_that_was_interrupted_is_made_by_the_next_run(bench: EvidenceBench) -> None:
    packages = built(bench, "1")
    bench.clock.at += DAY
    packages += built(bench, "2")
    assert bench.first
    bench.first.revoke(bench.clock.at)
    bench.clock.at += DAY
    evidence = bench.evidence()
    index, etag = evidence.stamping.index()
    # Declared void by a stamp that took another's place, and then the machine stopped.
    entry = index.stamps[1].model_copy(update={"voids": ("2026-11-28-1",)})
    evidence.stamping.batches.replace_index(index.having(entry), etag)
    assert [kind for kind, _ in renewed(bench)] == [StampKind.RESTAMP]
    assert set(outcomes(bench, packages[0]).values()) == {True}
    assert renewed(bench) == []


def test_an_authority_that_ceased_to_work_leaves_its_tokens_good_for_what_is_covered(bench: EvidenceBench) -> None:
    packages = built(bench, "1")
    bench.clock.at += 200 * DAY
    renewed(bench, everything=True)
    bench.clock.at += DAY
    assert bench.first
    bench.first.revoke(bench.clock.at, x509.ReasonFlags.cessation_of_operation)
    bench.clock.at += DAY
    renewed(bench)
    assert set(outcomes(bench, *packages).values()) == {True}


@pytest.mark.parametrize("file", [TREE, TOKEN, DOCUMENT, MANIFEST])
def test_an_altered_file_of_a_renewal_is_found(bench: EvidenceBench, file: str) -> None:
    built(bench, "1", "2")
    bench.clock.at += DAY
    built(bench, "3")
    bench.clock.at += 200 * DAY
    renewed(bench, everything=True)
    path = bench.folder / "storage" / key_of(f"{bench.clock.at:%Y-%m-%d}-1", file)
    data = bytearray(path.read_bytes())
    data[-40] ^= 1
    path.write_bytes(data)
    assert set(outcomes(bench).values()) == {False}


# ---------------------------------------------------------------- hash-tree renewal


def _sunset(bench: EvidenceBench, years: float = 1.0) -> None:
    bench.policy = policy_with(sha256=(bench.clock.at + years * YEAR).isoformat().replace("+00:00", "Z"))


def test_everything_is_read_again_before_its_digest_ends(bench: EvidenceBench) -> None:
    assert bench.first
    bench.first.modern = START
    packages = built(bench, "1", "2")
    bench.clock.at += 200 * DAY
    packages += built(bench, "3")
    renewed(bench, everything=True)
    _sunset(bench)
    assert (StampKind.REHASH, Why.ALGORITHM_ENDS.value) in renewed(bench)
    later = built(bench, "4")
    evidence = bench.evidence()
    assert evidence.stamping.history().stamps[f"{bench.clock.at:%Y-%m-%d}-4"].algorithm == "sha512"
    bench.clock.at += YEAR + 10 * DAY
    assert set(outcomes(bench, *packages, *later).values()) == {True}
    assert set(outcomes(bench).values()) == {True}
    assert renewed(bench) == []


def test_reading_again_goes_on_where_it_stopped(bench: EvidenceBench) -> None:
    built(bench, "1")
    bench.clock.at += DAY
    built(bench, "2")
    _sunset(bench)
    evidence = bench.evidence()
    history = evidence.stamping.history()
    name = evidence.rehasher.open(history, list(history.stamps), "sha512")
    first = evidence.rehasher.read(name, pace=Pace(1))
    assert (first.done, first.total, first.complete) == (1, 4, False)
    assert bench.evidence().rehasher.open(history, list(history.stamps), "sha512") == name
    stopped = evidence.rehasher.read(name, pace=Pace(stopped=lambda: True))
    assert (stopped.done, stopped.total) == (1, 4)
    read: list[str] = []

    again = bench.evidence()
    digests = again.places.digests

    def counted(group: Group, *algorithms: str) -> list[dict[str, bytes]]:
        read.append(group.id)
        return digests(group, *algorithms)

    places = type("Places", (), {"digests": staticmethod(counted)})()
    rehasher = Rehasher(again.stamping, places, again.material, again.renewer, bench.clock)
    assert rehasher.read(name).complete
    before = list(read)
    assert rehasher.read(name).complete
    assert read == before
    assert len(before) == 2 + 3
    assert (StampKind.REHASH, Why.ALGORITHM_ENDS.value) in renewed(bench)
    assert set(outcomes(bench).values()) == {True}


def test_the_background_reads_a_little_at_a_time_and_finishes(bench: EvidenceBench) -> None:
    built(bench, "1", "2")
    _sunset(bench)
    steps = []
    for _ in range(5):
        answers = list(bench.evidence().renew(pace=Pace(1)))
        steps.append([answer.stamp is not None for answer in answers if answer.kind is StampKind.REHASH])
        if steps[-1] == [True]:
            break
    assert steps == [[False], [True]]
    assert set(outcomes(bench).values()) == {True}


def test_tokens_that_are_renewed_while_everything_is_read_do_not_matter(bench: EvidenceBench) -> None:
    """Older chains are woven in at the end, as they are then."""
    packages = built(bench, "1")
    _sunset(bench)
    list(bench.evidence().renew(pace=Pace(1)))
    evidence = bench.evidence()
    history = evidence.stamping.history()
    evidence.renewer.renew(history, history.heads(), evidence.authorities)
    bench.clock.at += DAY
    renewed(bench)
    assert set(outcomes(bench, *packages).values()) == {True}
    (found,) = bench.evidence().verify(())
    assert len(found.stamps) >= 3


def test_a_document_that_was_damaged_before_is_named_and_keeps_its_old_proof(bench: EvidenceBench) -> None:
    (package_id,) = built(bench, "1")
    (original,) = (bench.folder / "storage").rglob("rep1/data/*.pdf")
    whole = original.read_bytes()
    original.write_bytes(b"x" + whole[1:])
    bench.clock.at += 200 * DAY
    _sunset(bench)
    answers = [answer for answer in bench.evidence().renew() if answer.kind is StampKind.REHASH]
    assert [answer.left_out for answer in answers] == [(f"{package_id}/1",)]
    original.write_bytes(whole)
    found = {finding.subject: finding for finding in bench.evidence().verify((package_id,))}
    assert found[package_id].ok
    assert len(found[f"{package_id}/1"].stamps) == len(found[package_id].stamps)


def test_every_deed_is_an_event(bench: EvidenceBench) -> None:
    built(bench, "1")
    bench.clock.at += 200 * DAY
    renewed(bench, everything=True)
    subjects = ["evidence:2026-11-28-1", "evidence:2027-06-16-1"]
    assert [event["type"] for event in bench.trail.of(subjects)] == [
        EventType.EVIDENCE_BATCH.value,
        EventType.EVIDENCE_RENEWAL.value,
    ]


class FullTrail:
    """A trail on a disk that takes nothing more."""

    def __init__(self, trail: AuditTrail) -> None:
        self.trail = trail

    def __getattr__(self, name: str) -> object:
        return getattr(self.trail, name)

    def record(self, event: object) -> None:
        del event
        raise StorageFaultError("database", "the disk is full")


def test_a_deed_that_was_stamped_and_could_not_be_told_is_told_by_the_next_run(bench: EvidenceBench) -> None:
    """Killed between the last write to storage and the first to the database, or that disk was full."""
    built(bench, "1")
    bench.clock.at += 200 * DAY
    bench.trail = FullTrail(bench.trail)  # type: ignore[assignment] # everything else is the trail's own
    with pytest.raises(StorageFaultError):
        renewed(bench, everything=True)
    bench.trail = bench.trail.trail  # type: ignore[attr-defined]
    subject = "evidence:2027-06-16-1"
    assert bench.trail.of([subject]) == []
    assert renewed(bench) == [], "it is stamped, and nothing else is due"
    assert [event["type"] for event in bench.trail.of([subject])] == [EventType.EVIDENCE_RENEWAL.value]
    renewed(bench)
    list(bench.evidence().build())
    assert len(bench.trail.of([subject])) == 1


# ---------------------------------------------------------------- interruptions


@pytest.mark.parametrize("kind", [StampKind.RENEWAL, StampKind.REHASH])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_stopped_at_any_write_the_next_run_completes_the_renewal(tmp_path: Path, kind: StampKind, after: bool) -> None:
    made = EvidenceBench(tmp_path / "made", first=fresh("Một"))
    packages = built(made, "1")
    made.close()
    for stop in range(1, 20):
        folder = Path(shutil.copytree(tmp_path / "made", tmp_path / f"{stop}"))
        bench = EvidenceBench(folder, first=fresh("Một"), wrap=FailingStore)  # type: ignore[arg-type]
        bench.clock.at += 200 * DAY
        if kind is StampKind.REHASH:
            _sunset(bench)
        store = bench.store
        assert isinstance(store, FailingStore)
        store.fail_at, store.after = store.writes + stop, after
        with suppress(StorageFaultError):
            renewed(bench, everything=kind is StampKind.RENEWAL)
        stopped = store.writes >= store.fail_at
        store.fail_at = 0
        bench.clock.at += DAY
        renewed(
            bench, everything=kind is StampKind.RENEWAL and not bench.evidence().stamping.outline().heads()[0].covers
        )
        index, _ = bench.evidence().stamping.index()
        assert not index.open(), stop
        assert kind.value in {entry.kind for entry in index.stamps}
        assert set(outcomes(bench, *packages).values()) == {True}, stop
        assert bench.first
        # One for the renewal of signatures beside the hash-tree renewal, one that the interruption cost.
        assert bench.first.given <= 3
        bench.close()
        if not stopped:
            break
    else:
        pytest.fail("a renewal has more writes than were tried")


# ---------------------------------------------------------------- plan


def test_the_plan_says_what_when_and_why(bench: EvidenceBench) -> None:
    built(bench, "1", "2")
    evidence = bench.evidence()
    first, *later = evidence.plan(10)
    ends = START + 4 * YEAR
    assert (first.action, first.why, first.begin, first.end) == (
        StampKind.RENEWAL,
        Why.CERTIFICATE_ENDS,
        ends - 180 * DAY,
        ends,
    )
    assert (first.tokens, first.read_bytes, first.assumed) == (1, 0, False)
    assert later
    assert all(entry.assumed for entry in later)
    (broken,) = evidence.plan(10, Supposition(broken="sha256"))
    assert (broken.action, broken.algorithm, broken.tokens) == (StampKind.REHASH, "sha512", 1)
    index, _ = evidence.stamping.index()
    assert broken.read_bytes == index.stamps[0].bytes > 0
    (signed,) = evidence.plan(10, Supposition(broken="sha512"))
    assert (signed.action, signed.read_bytes) == (StampKind.RENEWAL, 0), "the authority is certified under it"
    assert not list(evidence.plan(10, Supposition(broken="sha384")))
    assert not list(evidence.plan(10, Supposition(revoked="không ai")))


def test_a_missed_date_alarms(bench: EvidenceBench) -> None:
    built(bench, "1")
    assert bench.evidence().status().missed == ()
    bench.clock.at = START + 4 * YEAR - 100 * DAY
    assert [entry.why for entry in bench.evidence().status().due] == [Why.CERTIFICATE_ENDS]
    assert bench.evidence().status().missed == ()
    bench.clock.at = START + 4 * YEAR - 80 * DAY
    assert [entry.why for entry in bench.evidence().status().missed] == [Why.CERTIFICATE_ENDS]
    for _ in range(3):
        bench.evidence().alarm()
    (alarm,) = bench.trail.of(["evidence"])
    assert (alarm["type"], alarm["detail"]["end"]) == ("evidence alarm", "2030-11-27T08:00:00.000Z")
    bench.clock.at += DAY
    bench.evidence().alarm()
    assert len(bench.trail.of(["evidence"])) == 2
