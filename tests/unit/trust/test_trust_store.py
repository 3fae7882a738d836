"""The trust store: what is believed, under which digest, kept for ever."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.preservation.trust.files import certificates_of
from archive.preservation.trust.sets import TrustedCertificate, TrustRole, TrustSnapshot, TrustStoreDamagedError
from archive.preservation.trust.store import IntakeTrust, TrustStore
from metadata.errors import UsageError
from tests.fakes.clocks import SteppingClock
from tests.fixtures.pki import LONG, SIGNED, Corpus


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


@pytest.mark.parametrize("name", ["\udcff", "a\nb", "x" * 201])
def test_a_name_that_cannot_be_written_is_refused(store: TrustStore, files: dict[str, Path], name: str) -> None:
    with pytest.raises(UsageError, match="name"):
        store.add([files["root.der"]], name=name)
    assert store.list() == ()


def test_a_set_that_could_not_be_read_back_is_refused_and_the_one_in_force_stays(
    files: dict[str, Path], tmp_path: Path
) -> None:
    store = TrustStore(tmp_path / "small", SteppingClock(), most=1)
    store.add([files["root.der"]])
    before = store.trust_set()
    with pytest.raises(UsageError, match="at most 1"):
        store.add([files["both.pem"]])
    assert store.trust_set() == before


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


# ---------------------------------------------------------------- roles, names, policy


def ocsp_responder(corpus: Corpus) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = corpus.pki.issuing
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "OCSP")]))
        .issuer_name(issuer.certificate.subject)
        .public_key(key.public_key())
        .serial_number(77)
        .not_valid_before(SIGNED)
        .not_valid_after(SIGNED + LONG)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
        .add_extension(x509.OCSPNoCheck(), critical=False)
    )
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def test_services_are_known_by_their_role_and_are_no_anchors(
    store: TrustStore, files: dict[str, Path], corpus: Corpus, tmp_path: Path
) -> None:
    (tmp_path / "tsa.der").write_bytes(corpus.pki.stamper.certificate)
    (tmp_path / "ocsp.der").write_bytes(ocsp_responder(corpus))
    store.add([files["root.der"]])
    store.add([tmp_path / "tsa.der"], role=TrustRole.TIME_STAMP, name="Dấu thời gian")
    store.add([tmp_path / "ocsp.der"], role=TrustRole.OCSP)
    assert [c.role for c in store.list()] == [TrustRole.ANCHOR, TrustRole.TIME_STAMP, TrustRole.OCSP]
    assert store.anchors() == (corpus.pki.root.der,)
    assert len(store.intermediates()) == 2
    assert store.list()[1].name == "Dấu thời gian"


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("root.der", TrustRole.TIME_STAMP),
        ("root.der", TrustRole.OCSP),
        ("person.der", TrustRole.ANCHOR),
        ("person.der", TrustRole.TIME_STAMP),
        ("person.der", TrustRole.INTERMEDIATE),
    ],
)
def test_a_certificate_that_is_not_fit_for_a_role_is_refused(
    store: TrustStore, files: dict[str, Path], name: str, role: TrustRole
) -> None:
    with pytest.raises(UsageError, match=role.value):
        store.add([files[name]], role=role)


def test_another_role_makes_another_set_and_keeps_since_when_it_is_known(
    store: TrustStore, files: dict[str, Path]
) -> None:
    store.add([files["both.pem"]])
    since = {c.sha256: c.added_at for c in store.list()}
    before = store.trust_set()
    store.add([files["both.pem"]], role=TrustRole.ANCHOR)
    assert store.trust_set() != before
    assert {c.sha256: c.added_at for c in store.list()} == since
    assert store.snapshot().known_since() == since
    assert set(store.sets()) == {before, store.trust_set()}


def test_a_policy_goes_with_the_set_and_old_ones_are_kept(store: TrustStore, files: dict[str, Path]) -> None:
    store.add([files["root.der"]])
    first = store.adopt_policy(b'{"rows": 1}')
    with_first = store.trust_set()
    second = store.adopt_policy(b'{"rows": 2}')
    assert store.snapshot().policy == second
    assert store.past(with_first).policy == first
    assert store.policy(first) == b'{"rows": 1}'
    with pytest.raises(UsageError):
        store.adopt_policy(b"")


def test_a_policy_that_was_altered_is_a_fault(store: TrustStore, tmp_path: Path) -> None:
    name = store.adopt_policy(b"policy")
    (tmp_path / "trust" / "policies" / name).write_bytes(b"Policy")
    with pytest.raises(TrustStoreDamagedError):
        store.policy(name)


# ---------------------------------------------------------------- documents


OLD_SET = (
    '{"certificates": [{"known_since": "2026-03-01T02:00:00.000Z", "role": "anchor", "sha256": "%s", '
    '"subject": "CN=t\u00ean in kh\u00e1c"}], "format": "luutru-trust-set 1"}\n'
)


def old_document(corpus: Corpus) -> bytes:
    """A set as the first release wrote it, with a subject as another reader printed it."""
    sha256 = hashlib.sha256(corpus.pki.root.der).hexdigest()
    return json.dumps(json.loads(OLD_SET % sha256), ensure_ascii=False, sort_keys=True).encode() + b"\n"


def test_a_set_of_the_first_format_is_read_with_its_digest_unchanged(corpus: Corpus) -> None:
    document = old_document(corpus)
    ders = {hashlib.sha256(corpus.pki.root.der).hexdigest(): corpus.pki.root.der}
    snapshot = TrustSnapshot.of_document(document, ders)
    assert snapshot.document() == document
    assert snapshot.trust_set() == hashlib.sha256(document).hexdigest()
    assert snapshot.anchors() == (corpus.pki.root.der,)


def test_a_store_of_the_first_release_goes_on_and_its_next_set_has_the_second_format(
    store: TrustStore, files: dict[str, Path], corpus: Corpus, tmp_path: Path
) -> None:
    document = old_document(corpus)
    digest = hashlib.sha256(document).hexdigest()
    folder = tmp_path / "trust"
    (folder / "sets").mkdir(parents=True)
    (folder / "certificates").mkdir()
    (folder / "sets" / f"{digest}.json").write_bytes(document)
    root = hashlib.sha256(corpus.pki.root.der).hexdigest()
    (folder / "certificates" / f"{root}.der").write_bytes(corpus.pki.root.der)
    (folder / "current").write_text(digest)
    assert store.trust_set() == digest
    store.add([files["both.pem"]])
    assert b"luutru-trust-set 2" in store.snapshot().document()
    assert store.past(digest).document() == document


def test_a_set_is_put_together_from_its_document_and_its_certificates_alone(
    store: TrustStore, files: dict[str, Path]
) -> None:
    store.add([files["both.pem"]])
    store.adopt_policy(b"policy")
    kept = store.snapshot()
    again = TrustSnapshot.of_document(kept.document(), {c.sha256: c.der for c in kept.certificates})
    assert again == kept


def test_a_document_that_does_not_fit_its_certificates_is_a_fault(store: TrustStore, files: dict[str, Path]) -> None:
    store.add([files["both.pem"]])
    kept = store.snapshot()
    ders = {c.sha256: c.der for c in kept.certificates}
    first = kept.certificates[0].sha256
    document = kept.document()
    broken: list[tuple[bytes, dict[str, bytes]]] = [
        (document, {}),
        (document, {**ders, first: ders[first][:-1]}),
        (document.replace(b"anchor", b"Anchor"), ders),
        (document.replace(b"set 2", b"set 3"), ders),
        (document.replace(b'", "', b'","'), ders),
        (document + b" ", ders),
        (b"[]", ders),
        (b"[" * 100_000, ders),
        (b"\xff", ders),
        (json.dumps({"certificates": [{"sha256": 1}], "format": "luutru-trust-set 2"}).encode(), ders),
    ]
    for text, certificates in broken:
        with pytest.raises(TrustStoreDamagedError):
            TrustSnapshot.of_document(text, certificates)


@settings(max_examples=150)
@given(data=st.data())
def test_no_change_of_a_document_is_read_as_the_same_set(corpus: Corpus, data: st.DataObject) -> None:
    whole = TrustSnapshot(()).with_certificates(
        [TrustedCertificate.of(corpus.pki.root.der, TrustRole.ANCHOR, "2026-03-01T02:00:00.000Z", "gốc")]
    )
    document = whole.document()
    at = data.draw(st.integers(0, len(document) - 1))
    changed = document[:at] + bytes([document[at] ^ data.draw(st.integers(1, 255))]) + document[at + 1 :]
    try:
        read = TrustSnapshot.of_document(changed, {c.sha256: c.der for c in whole.certificates})
    except TrustStoreDamagedError:
        return
    assert read.trust_set() == hashlib.sha256(changed).hexdigest() != whole.trust_set()


def test_sets_are_read_without_the_cryptography_library(store: TrustStore, files: dict[str, Path]) -> None:
    """The verifier in one file has nothing but Python and asn1crypto."""
    store.add([files["both.pem"]])
    kept = store.snapshot()
    script = """
import sys
for name in ("cryptography", "pikepdf", "pyhanko", "lxml", "pydantic"):
    sys.modules[name] = None
import base64, json
from archive.preservation.trust.sets import TrustSnapshot
said = json.loads(sys.stdin.read())
ders = {name: base64.b64decode(text) for name, text in said["ders"].items()}
print(TrustSnapshot.of_document(said["document"].encode(), ders).trust_set())
"""
    ders = {c.sha256: base64.b64encode(c.der).decode() for c in kept.certificates}
    said = json.dumps({"document": kept.document().decode(), "ders": ders})
    done = subprocess.run(
        [sys.executable, "-c", script], input=said, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.stdout.strip() == kept.trust_set(), done.stderr


# ---------------------------------------------------------------- what cannot be used


def test_a_store_tells_why_nothing_can_be_judged_with_it(
    store: TrustStore, files: dict[str, Path], tmp_path: Path
) -> None:
    assert store.usable() == ("empty",)
    store.add([files["root.der"]])
    assert store.usable() == ()
    late = TrustStore(tmp_path / "trust", SteppingClock(SIGNED + timedelta(days=9000)))
    assert late.usable() == ("expired",)
    (tmp_path / "trust" / "current").write_bytes(b"\xff\xfe")
    assert store.usable()[0].startswith("unreadable: ")


def test_a_set_of_intermediates_alone_counts_as_empty(store: TrustStore, corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "i.der").write_bytes(corpus.pki.issuing.der)
    store.add([tmp_path / "i.der"])
    assert store.usable() == ("empty",)


def test_a_lost_pointer_is_no_empty_store(store: TrustStore, files: dict[str, Path], tmp_path: Path) -> None:
    store.add([files["root.der"]])
    (tmp_path / "trust" / "current").unlink()
    with pytest.raises(TrustStoreDamagedError, match="missing"):
        store.snapshot()


def test_intake_goes_on_with_an_unreadable_store_as_with_none(
    store: TrustStore, files: dict[str, Path], tmp_path: Path, corpus: Corpus
) -> None:
    store.add([files["root.der"]])
    assert IntakeTrust(store).snapshot().anchors() == (corpus.pki.root.der,)
    (tmp_path / "trust" / "current").write_bytes(b"0" * 64)
    assert IntakeTrust(store).snapshot() == TrustSnapshot(())
