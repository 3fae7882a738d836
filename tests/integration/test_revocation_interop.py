"""Revocation data of another maker: OpenSSL's OCSP responder and its CRLs."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from archive.preservation.fetching import Caps, Question
from archive.preservation.signatures.signing import Credential
from archive.preservation.trust.addresses import AllowList
from archive.preservation.trust.broker import BrokerTerms, RevocationBroker
from archive.preservation.trust.cache import RevocationCache
from tests.fakes.clock import StandingClock
from tests.fakes.workers import InlineWorkers
from tests.fixtures.pki_servers import PkiServers

CONFIG = """
[ca]
default_ca = ours
[ours]
database = {folder}/index.txt
crlnumber = {folder}/crlnumber
default_md = sha256
default_crl_days = 7
unique_subject = no
"""


class OpenSsl:
    """Implements `Fetcher`: `/crl/…` is answered by `openssl ca -gencrl`, `/ocsp/…` by `openssl ocsp`."""

    def __init__(self, program: str, folder: Path, servers: PkiServers) -> None:
        self._program = program
        self._folder = folder
        issuing = servers.pki.issuing
        (folder / "ca.pem").write_bytes(issuing.certificate.public_bytes(Encoding.PEM))
        (folder / "ca.key").write_bytes(issuing.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        (folder / "ca.cnf").write_text(CONFIG.format(folder=folder))
        (folder / "index.txt.attr").write_text("unique_subject = no\n")
        (folder / "crlnumber").write_text("0A\n")
        (folder / "index.txt").write_text("")

    def enter(self, person: Credential, *, revoked: bool) -> None:
        certificate = x509.load_der_x509_certificate(person.certificate)
        serial = f"{certificate.serial_number:X}"
        serial = serial if len(serial) % 2 == 0 else f"0{serial}"
        state = ("R", "361231000000Z", "261101000000Z,keyCompromise") if revoked else ("V", "361231000000Z", "")
        with (self._folder / "index.txt").open("a") as index:
            index.write("\t".join([*state, serial, "unknown", f"/CN={serial}"]) + "\n")

    def fetch(self, question: Question, into: BinaryIO, caps: Caps) -> int:
        answer = self._list() if question.body is None else self._answer(question.body)
        assert len(answer) < caps.max_bytes
        return into.write(answer)

    def _list(self) -> bytes:
        common = ["-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-out", "list.pem"]
        self._run("ca", "-gencrl", *common)
        return x509.load_pem_x509_crl((self._folder / "list.pem").read_bytes()).public_bytes(Encoding.DER)

    def _answer(self, request: bytes) -> bytes:
        (self._folder / "request").write_bytes(request)
        signer = ["-CA", "ca.pem", "-rsigner", "ca.pem", "-rkey", "ca.key"]
        self._run("ocsp", "-index", "index.txt", *signer, "-ndays", "1", "-reqin", "request", "-respout", "answer")
        return (self._folder / "answer").read_bytes()

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(
            [self._program, *arguments],
            cwd=self._folder,
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr


@pytest.fixture
def authority(tmp_path: Path, pki_servers: PkiServers) -> OpenSsl:
    program = shutil.which("openssl")
    if program is None:
        pytest.fail("openssl is missing: apt-get install openssl", pytrace=False)
    return OpenSsl(program, tmp_path, pki_servers)


@pytest.fixture
def broker(authority: OpenSsl, tmp_path: Path) -> RevocationBroker:
    return RevocationBroker(
        InlineWorkers(),
        RevocationCache(tmp_path / "cache"),
        authority,
        StandingClock(datetime.now(UTC)),  # noqa: TID251 - OpenSSL has the machine's clock
        nonce=lambda length: bytes(range(1, length + 1)),
        terms=BrokerTerms(AllowList(["127.0.0.1", "http://pki.invalid/"])),
        scratch=tmp_path / "scratch",
    )


@pytest.mark.parametrize("revoked", [False, True])
@pytest.mark.parametrize("kind", ["crl", "ocsp"])
def test_what_openssls_authority_says_is_taken(
    authority: OpenSsl, broker: RevocationBroker, pki_servers: PkiServers, kind: str, revoked: bool
) -> None:
    place = f"http://pki.invalid/{kind}"
    person = pki_servers.person(crl=place if kind == "crl" else None, answers=place if kind == "ocsp" else None)
    authority.enter(person, revoked=revoked)
    found = broker.collect([(person.certificate, pki_servers.pki.issuing.der)])
    assert found.missing == ()
    (data,) = found.objects
    (held,) = broker.cache.lists() or broker.cache.answers()
    assert held.kind == ("list" if kind == "crl" else "answer")
    if kind == "crl":
        serial = x509.load_der_x509_certificate(person.certificate).serial_number
        listed = x509.load_der_x509_crl(data).get_revoked_certificate_by_serial_number(serial)
        assert (listed is not None) is revoked
        assert int(held.number, 16) == 0x0A


def test_an_answer_about_somebody_unknown_is_no_evidence(broker: RevocationBroker, pki_servers: PkiServers) -> None:
    person = pki_servers.person(crl=None, answers="http://pki.invalid/ocsp")
    found = broker.collect([(person.certificate, pki_servers.pki.issuing.der)])
    assert found.objects == ()
    assert len(found.missing) == 1
