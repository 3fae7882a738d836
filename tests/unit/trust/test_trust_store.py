"""The trust store: what is believed, under which digest, kept for ever."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.preservation.trust.files import certificates_of
from archive.preservation.trust.sets import TrustRole, TrustSnapshot, TrustStoreDamagedError
from archive.preservation.trust.store import TrustStore
from metadata.errors import UsageError
from tests.fakes.clocks import SteppingClock
from tests.fixtures.pki import Corpus


@pytest.fixture
def store(tmp_path: Path) -> TrustStore:
    return TrustStore(tmp_path / "trust", SteppingClock())


@pytest.fixture
def files(tmp_path: Path, corpus: Corpus) -> dict[str, Path]:
    root, issuing = corpus.pki.root.certificate, corpus.pki.issuing.certificate
    made = {
        "root.der": root.public_bytes(Encoding.DER),
        "both.pem": root.public_bytes(Encoding.PEM) + b"a word between\n" + issuing.public_bytes(Encoding.PEM),
        "person.der": corpus.leader.certificate,
        "junk.pem": b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "readme.txt": "không phải chứng thư".encode(),
    }
    for name, data in made.items():
        (tmp_path / name).write_bytes(data)
    return {name: tmp_path / name for name in made}


def test_a_new_store_trusts_nobody(store: TrustStore) -> None:
    assert store.list() == ()
    assert store.anchors() == ()
    assert store.trust_set() == TrustSnapshot(()).trust_set()


def test_a_root_becomes_an_anchor_and_an_authority_below_it_an_intermediate(
    store: TrustStore, files: dict[str, Path], corpus: Corpus
) -> None:
    added = store.add([files["both.pem"]])
    assert [c.role for c in store.list()] == [TrustRole.ANCHOR, TrustRole.INTERMEDIATE]
    assert len(added.added) == 2
    assert store.anchors() == (corpus.pki.root.der,)
    assert store.intermediates() == (corpus.pki.issuing.der,)
    row = store.list()[0].as_json()
    assert row["added_at"] == "2026-03-01T02:00:00.000Z"
    assert row["sha256"] == hashlib.sha256(corpus.pki.root.der).hexdigest()
    assert "RootCA dùng thử" in row["subject"]


def test_adding_again_changes_nothing(store: TrustStore, files: dict[str, Path]) -> None:
    store.add([files["root.der"]])
    before = store.trust_set()
    again = store.add([files["root.der"]])
    assert (again.added, len(again.already), store.trust_set()) == ((), 1, before)


def test_the_operator_can_make_an_intermediate_an_anchor(store: TrustStore, files: dict[str, Path]) -> None:
    store.add([files["both.pem"]])
    store.add([files["both.pem"]], role=TrustRole.ANCHOR)
    assert {c.role for c in store.list()} == {TrustRole.ANCHOR}


@pytest.mark.parametrize("name", ["junk.pem", "readme.txt", "person.der"])
def test_what_is_no_authority_is_refused_and_nothing_of_the_call_is_kept(
    store: TrustStore, files: dict[str, Path], name: str
) -> None:
    with pytest.raises(UsageError, match=name):
        store.add([files["root.der"], files[name]])
    assert store.list() == ()


def test_missing_and_huge_files_are_refused(store: TrustStore, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        store.add([tmp_path / "nowhere.der"])
    (tmp_path / "huge.der").write_bytes(b"0" * (2 << 20))
    with pytest.raises(UsageError):
        store.add([tmp_path / "huge.der"])


def test_old_sets_stay_and_can_be_put_together_again(store: TrustStore, files: dict[str, Path]) -> None:
    store.add([files["root.der"]])
    old = store.trust_set()
    store.add([files["both.pem"]])
    assert store.trust_set() != old
    assert [c.role for c in store.past(old).certificates] == [TrustRole.ANCHOR]


def test_another_store_object_sees_the_same_set(store: TrustStore, files: dict[str, Path], tmp_path: Path) -> None:
    store.add([files["both.pem"]])
    assert TrustStore(tmp_path / "trust", SteppingClock()).trust_set() == store.trust_set()


def test_a_changed_certificate_or_set_is_a_fault_and_no_verdict(
    store: TrustStore, files: dict[str, Path], tmp_path: Path
) -> None:
    store.add([files["root.der"]])
    kept = next((tmp_path / "trust" / "certificates").iterdir())
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-1])
    with pytest.raises(TrustStoreDamagedError):
        store.snapshot()
    kept.write_bytes(whole)
    sets = next((tmp_path / "trust" / "sets").iterdir())
    sets.write_bytes(sets.read_bytes().replace(b"anchor", b"Anchor"))
    with pytest.raises(TrustStoreDamagedError):
        store.snapshot()


def test_a_folder_of_an_auditor_makes_every_certificate_an_anchor(files: dict[str, Path], corpus: Corpus) -> None:
    folder = files["root.der"].parent
    (folder / "below").mkdir()
    snapshot = TrustSnapshot.from_folder(folder)
    assert set(snapshot.anchors()) == {corpus.pki.root.der, corpus.pki.issuing.der, corpus.leader.certificate}
    assert snapshot.intermediates() == ()
    assert len(snapshot.warnings) == 2
    assert any("readme.txt" in warning for warning in snapshot.warnings)


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        TrustSnapshot.from_folder(tmp_path / "nowhere")


def test_the_same_certificates_have_the_same_digest_however_they_are_named(
    files: dict[str, Path], tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for number, der in enumerate(certificates_of(files["both.pem"])):
        (other / f"{number}.x").write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
    (other / "2.x").write_bytes(files["person.der"].read_bytes())
    assert TrustSnapshot.from_folder(other).trust_set() == TrustSnapshot.from_folder(tmp_path).trust_set()


@settings(max_examples=60)
@given(junk=st.binary(max_size=300) | st.binary(max_size=80).map(lambda b: b"-----BEGIN CERTIFICATE-----\n" + b))
def test_no_junk_is_anything_but_a_usage_error(tmp_path_factory: pytest.TempPathFactory, junk: bytes) -> None:
    path = tmp_path_factory.mktemp("junk") / "x"
    path.write_bytes(junk)
    with pytest.raises(UsageError):
        certificates_of(path)


def test_a_certificate_that_says_it_is_an_authority_keeps_its_dates(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "r").write_bytes(corpus.pki.root.der)
    entry = TrustSnapshot.from_folder(tmp_path).certificates[0]
    certificate = x509.load_der_x509_certificate(corpus.pki.root.der)
    assert entry.not_before == certificate.not_valid_before_utc.isoformat(timespec="milliseconds").replace(
        "+00:00", "Z"
    )
