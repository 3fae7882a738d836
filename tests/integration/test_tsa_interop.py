"""Time-stamps of another maker: OpenSSL's authority is understood by our client, and OpenSSL believes ours."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from archive.preservation.fetching import Caps, HttpFetcher, Question
from archive.preservation.timestamps.believing import Believing
from archive.preservation.timestamps.client import TsaClient
from archive.preservation.timestamps.tokens import read_token
from tests.fakes.clock import StandingClock
from tests.fixtures.pki import Corpus
from tests.fixtures.pki_servers import PkiServers

DIGEST = hashlib.sha256(b"goc cua cay").digest()
CONFIG = """
[tsa]
default_tsa = ours
[ours]
serial = {folder}/serial
crypto_device = builtin
signer_cert = {folder}/tsa.pem
certs = {folder}/stamping.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
other_policies = 1.2.3.4.5
digests = sha256, sha384, sha512
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = {ess}
"""


@pytest.fixture(scope="module")
def openssl() -> str:
    found = shutil.which("openssl")
    if found is None:
        pytest.fail("openssl is missing: apt-get install openssl", pytrace=False)
    return found


class OpenSslAuthority:
    """Implements `Fetcher`: whatever address is asked, `openssl ts -reply` answers."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self._folder = folder

    def fetch(self, question: Question, into: BinaryIO, caps: Caps) -> int:
        assert question.body is not None
        (self._folder / "query").write_bytes(question.body)
        subprocess.run(
            [
                *(self._program, "ts", "-reply", "-config", str(self._folder / "tsa.cnf")),
                *("-queryfile", str(self._folder / "query"), "-out", str(self._folder / "reply")),
            ],
            check=True,
            capture_output=True,
            timeout=60,
        )
        answer = (self._folder / "reply").read_bytes()
        assert len(answer) < caps.max_bytes
        return into.write(answer)


def authority(openssl: str, folder: Path, corpus: Corpus, *, ess: str) -> OpenSslAuthority:
    stamper = corpus.pki.stamper
    certificate = x509.load_der_x509_certificate(stamper.certificate)
    key = load_der_private_key(stamper.key, None)
    (folder / "tsa.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "stamping.pem").write_bytes(corpus.pki.stamping.certificate.public_bytes(Encoding.PEM))
    (folder / "tsa.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder, ess=ess))
    return OpenSslAuthority(openssl, folder)


@pytest.mark.parametrize("ess", ["sha1", "sha256"])
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_token_of_openssls_authority_is_understood_and_believed(
    openssl: str, tmp_path: Path, corpus: Corpus, ess: str, algorithm: str
) -> None:
    """Older authorities name their certificate by its SHA-1 (RFC 3161), newer ones by SHA-256 (RFC 5816)."""
    clock = StandingClock(datetime.now(UTC))  # noqa: TID251 - OpenSSL has the machine's clock
    client = TsaClient(
        ["http://tsa.invalid/"],
        authority(openssl, tmp_path, corpus, ess=ess),
        clock,
        nonce=lambda: 2**64 - 1,
        judge=Believing(corpus.trust, clock),
    )
    digest = hashlib.new(algorithm, b"x").digest()
    token = read_token(client.stamp(digest, algorithm))
    assert (token.imprint, token.policy, token.nonce) == (digest, "1.2.3.4.1", 2**64 - 1)
    assert token.signer.der == corpus.pki.stamper.certificate
    assert abs((token.time - clock.now()).total_seconds()) < 300


def test_openssl_believes_what_our_client_was_given(openssl: str, tmp_path: Path, pki_servers: PkiServers) -> None:
    client = TsaClient([pki_servers.address("tsa")], HttpFetcher(), pki_servers.clock, nonce=lambda: 7)
    (tmp_path / "token").write_bytes(client.stamp(DIGEST))
    (tmp_path / "root.pem").write_bytes(pki_servers.pki.root.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "between.pem").write_bytes(pki_servers.pki.stamping.certificate.public_bytes(Encoding.PEM))

    def verified(digest: bytes) -> int:
        return subprocess.run(
            [
                *(openssl, "ts", "-verify", "-digest", digest.hex(), "-in", str(tmp_path / "token"), "-token_in"),
                *("-CAfile", str(tmp_path / "root.pem"), "-untrusted", str(tmp_path / "between.pem")),
            ],
            check=False,
            capture_output=True,
            timeout=60,
        ).returncode

    assert verified(DIGEST) == 0
    assert verified(bytes(32)) != 0
