"""Signatures made by OpenSSL's `cms`, an independent program, in all the shapes that it knows."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from archive.preservation.signatures.certificates import certificate
from archive.preservation.signatures.cms_reading import SignedData, read_signed_data, read_token
from archive.preservation.signatures.revocation import Revocations
from archive.preservation.signatures.values import is_genuine, is_genuine_over

PROGRAM = shutil.which("openssl") or "openssl is missing"
CONTENT = "Quyết định số 1\n".encode() * 4000


def openssl(*arguments: object) -> bytes:
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    return done.stdout


@dataclass(frozen=True)
class Workshop:
    folder: Path

    def holder(self, name: str, *kind: str) -> tuple[Path, Path]:
        """Key and self-signed certificate."""
        key, made = self.folder / f"{name}.key", self.folder / f"{name}.pem"
        openssl(
            "req", "-x509", "-nodes", "-newkey", *kind, "-keyout", key, "-out", made, "-subj", f"/C=VN/CN={name}",
            "-days", "3650", "-addext", "keyUsage=digitalSignature",
        )  # fmt: skip
        return key, made

    def sign(self, *arguments: object) -> SignedData:
        source, target = self.folder / "content", self.folder / "signed"
        openssl("cms", "-sign", "-binary", "-in", source, "-outform", "DER", "-out", target, *arguments)
        return read_signed_data(target.read_bytes())


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    folder = tmp_path_factory.mktemp("openssl")
    (folder / "content").write_bytes(CONTENT)
    return Workshop(folder)


@pytest.fixture(scope="module")
def rsa(workshop: Workshop) -> tuple[object, ...]:
    key, made = workshop.holder("rsa", "rsa:2048")
    return "-signer", made, "-inkey", key


@pytest.fixture(scope="module")
def ec(workshop: Workshop) -> tuple[object, ...]:
    key, made = workshop.holder("ec", "ec", "-pkeyopt", "ec_paramgen_curve:secp384r1")
    return "-signer", made, "-inkey", key


def holds(signed: SignedData) -> bool:
    """Every signer's value and digest."""
    answers = []
    for facts in signed.signers:
        assert facts.certificate is not None
        who = certificate(facts.certificate)
        if facts.signed_bytes:
            answers.append(facts.message_digest == hashlib.new(facts.digest, CONTENT).digest())
            answers.append(
                is_genuine(facts.signature, facts.signed_bytes[0], facts.signature_algorithm, facts.digest, who)
            )
        else:
            answers.append(
                is_genuine_over(
                    facts.signature,
                    lambda name: hashlib.new(name, CONTENT).digest(),
                    facts.signature_algorithm,
                    facts.digest,
                    who,
                )
            )
    return bool(answers) and all(answers)


def test_detached_and_enveloping(workshop: Workshop, rsa: tuple[object, ...]) -> None:
    detached = workshop.sign(*rsa)
    assert (detached.content, detached.is_ber) == (None, False)
    assert holds(detached)
    enveloping = workshop.sign(*rsa, "-nodetach")
    assert enveloping.content == CONTENT
    assert holds(enveloping)


def test_streams_of_indefinite_length(workshop: Workshop, ec: tuple[object, ...]) -> None:
    streamed = workshop.sign(*ec, "-nodetach", "-stream")
    assert streamed.is_ber
    assert streamed.content == CONTENT
    assert holds(streamed)


def test_two_signers(workshop: Workshop, rsa: tuple[object, ...], ec: tuple[object, ...]) -> None:
    signed = workshop.sign(*rsa, *ec)
    assert len(signed.signers) == 2
    assert {s.signature_algorithm.scheme for s in signed.signers} == {"rsa-pkcs1", "ecdsa"}
    assert holds(signed)


def test_a_signer_by_key_identifier(workshop: Workshop, ec: tuple[object, ...]) -> None:
    signed = workshop.sign(*ec, "-keyid")
    assert signed.signers[0].name.key_identifier is not None
    assert holds(signed)


def test_no_attributes_and_no_certificates(workshop: Workshop, rsa: tuple[object, ...]) -> None:
    signed = workshop.sign(*rsa, "-noattr")
    assert signed.signers[0].signed_bytes == ()
    assert holds(signed)
    bare = workshop.sign(*rsa, "-nocerts")
    assert bare.certificates == ()
    assert bare.signers[0].certificate is None


@pytest.mark.parametrize("digest", ["sha1", "sha384", "sha3-256"])
def test_digests(workshop: Workshop, rsa: tuple[object, ...], digest: str) -> None:
    signed = workshop.sign(*rsa, "-md", digest)
    assert signed.signers[0].digest == digest.replace("-", "_")
    assert holds(signed)


@pytest.mark.parametrize("salt", ["20", "32", "0"])
def test_pss(workshop: Workshop, rsa: tuple[object, ...], salt: str) -> None:
    signed = workshop.sign(*rsa, "-keyopt", "rsa_padding_mode:pss", "-keyopt", f"rsa_pss_saltlen:{salt}")
    algorithm = signed.signers[0].signature_algorithm
    assert (algorithm.scheme, algorithm.salt_length) == ("rsa-pss", int(salt))
    assert holds(signed)


def test_cades_names_its_certificate(workshop: Workshop, ec: tuple[object, ...]) -> None:
    signed = workshop.sign(*ec, "-cades", "-md", "sha512")
    facts = signed.signers[0]
    assert facts.certificate is not None
    assert facts.certificate_digest is not None
    name, value = facts.certificate_digest
    assert hashlib.new(name, facts.certificate).digest() == value
    assert holds(signed)


def test_lists_and_time_stamps(workshop: Workshop) -> None:
    key, made = workshop.holder("tsa", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    folder = workshop.folder
    stamper = folder / "stamper.pem"
    openssl(
        "req", "-x509", "-nodes", "-key", key, "-out", stamper, "-subj", "/C=VN/CN=TSA", "-days", "3650",
        "-addext", "extendedKeyUsage=critical,timeStamping",
    )  # fmt: skip
    (folder / "tsa.cnf").write_text(
        f"[tsa]\ndefault_tsa=one\n[one]\nserial={folder}/serial\nsigner_cert={stamper}\nsigner_key={key}\n"
        "signer_digest=sha256\ndefault_policy=1.2.3.4\ndigests=sha256\naccuracy=secs:2\nordering=yes\n"
    )
    query, answer = folder / "query", folder / "answer"
    openssl("ts", "-query", "-data", folder / "content", "-sha256", "-cert", "-out", query)
    openssl(
        "ts", "-reply", "-config", folder / "tsa.cnf", "-section", "one", "-queryfile", query, "-token_out",
        "-out", answer,
    )  # fmt: skip
    signed = read_signed_data(answer.read_bytes())
    facts = read_token(signed)
    assert facts.imprint == hashlib.sha256((folder / "content").read_bytes()).digest()
    assert (facts.policy, facts.ordering) == ("1.2.3.4", True)
    assert facts.nonce is not None
    assert facts.accuracy is not None
    assert facts.accuracy.total_seconds() == 2
    who = signed.signers[0]
    assert who.certificate is not None
    found = certificate(who.certificate)
    assert found.is_time_stamper
    assert is_genuine(who.signature, who.signed_bytes[0], who.signature_algorithm, who.digest, found)
    assert made.is_file()


def test_lists_of_revoked_certificates(workshop: Workshop) -> None:
    folder = workshop.folder
    key, made = workshop.holder("ca", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    openssl(
        "req", "-x509", "-key", key, "-out", made, "-subj", "/C=VN/CN=CA", "-days", "3650",
        "-addext", "keyUsage=critical,keyCertSign,cRLSign",
    )  # fmt: skip
    person_key, request, person = folder / "p.key", folder / "p.csr", folder / "p.pem"
    openssl("req", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", person_key,
            "-out", request, "-subj", "/C=VN/CN=P")  # fmt: skip
    openssl("x509", "-req", "-in", request, "-CA", made, "-CAkey", key, "-set_serial", "0x1234567890", "-days", "900",
            "-out", person)  # fmt: skip
    (folder / "index.txt").write_text(
        "R\t351231235959Z\t260801000000Z,keyCompromise\t1234567890\tunknown\t/C=VN/CN=P\n"
    )
    (folder / "index.txt.attr").write_text("unique_subject = no\n")
    (folder / "crlnumber").write_text("2A\n")
    (folder / "ca.cnf").write_text(
        f"[ca]\ndefault_ca=one\n[one]\ndatabase={folder}/index.txt\ncrlnumber={folder}/crlnumber\n"
        f"certificate={made}\nprivate_key={key}\ndefault_md=sha256\ndefault_crl_days=30\n"
        "crl_extensions=ext\n[ext]\nauthorityKeyIdentifier=keyid\n"
    )
    listed = folder / "list.pem"
    openssl("ca", "-config", folder / "ca.cnf", "-gencrl", "-out", listed)
    der = openssl("crl", "-in", listed, "-outform", "DER")
    issuer, subject = (certificate(openssl("x509", "-in", p, "-outform", "DER")) for p in (made, person))
    assert subject.issued_by(issuer)
    newest = Revocations([der], subject.not_after).statements(subject, issuer)
    assert [(s.reason, s.number) for s in newest] == [("keyCompromise", 42)]
    assert newest[0].revoked_at is not None
    assert newest[0].revoked_at.isoformat() == "2026-08-01T00:00:00+00:00"
