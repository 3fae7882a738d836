"""What `doctor` says of the server's own certificate and of administrators without a second factor."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from archive.auth.people import EVERYWHERE, Grant, Label, Role
from archive.composition import Archive
from archive.services.doctor import Check, CheckStatus
from archive.settings import ServeSettings, Settings
from tests.fakes.clock import StandingClock
from tests.fakes.evidence import START
from tests.fixtures.pki_servers import PkiServers
from tests.generators.people import person


def checked(archive: Archive, name: str) -> Check | None:
    return next((probe.look() for probe in archive.doctor.probes() if probe.name == name), None)


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    settings = Settings(home=tmp_path / "home", workers=1)
    Archive.make(settings)
    return settings


def certificate(folder: Path, days: float) -> ServeSettings:
    """A self-signed certificate of a server that ends so many days after `START`, with its chain's next one behind."""
    key = ec.generate_private_key(ec.SECP256R1())
    blocks = []
    for name, left in (("luutru.test", days), ("issuer.test", 4000.0)):
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(7)
            .not_valid_before(START - timedelta(days=300))
            .not_valid_after(START + timedelta(days=left))
            .sign(key, hashes.SHA256())
        )
        blocks.append(made.public_bytes(Encoding.PEM))
    (folder / "tls.pem").write_bytes(b"".join(blocks))
    (folder / "tls.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return ServeSettings(tls_cert=folder / "tls.pem", tls_key=folder / "tls.key")


@pytest.mark.parametrize(
    ("days", "status", "message"),
    [
        (31, CheckStatus.OK, "tls"),
        (30, CheckStatus.WARN, "tls_ends"),
        (0, CheckStatus.FAIL, "tls_ended"),
    ],
)
def test_a_certificate_of_the_server_that_ends_soon_is_told(
    home: Settings, tmp_path: Path, days: float, status: CheckStatus, message: str
) -> None:
    settings = home.model_copy(update={"serve": certificate(tmp_path, days)})
    with Archive(settings, StandingClock(START)) as archive:
        found = checked(archive, "tls")
    assert found is not None
    assert (found.status, found.message, found.values["name"]) == (status, message, "luutru.test")


def test_a_certificate_that_is_none_is_a_fault_and_without_one_there_is_nothing_to_look_at(
    home: Settings, tmp_path: Path
) -> None:
    with Archive(home) as archive:
        assert checked(archive, "tls") is None
    serve = certificate(tmp_path, 100)
    (tmp_path / "tls.pem").write_bytes(b"no certificate")
    with Archive(home.model_copy(update={"serve": serve})) as archive:
        found = checked(archive, "tls")
    assert found is not None
    assert found.status is CheckStatus.FAIL


def test_administrators_without_a_second_factor_are_counted_until_they_have_one(home: Settings) -> None:
    with Archive(home) as archive:
        before = checked(archive, "factors")
        assert before is not None
        already = int(str(before.values.get("count", 0)))
        person(archive, "admin.mot", (Grant(Role.ADMINISTRATOR, EVERYWHERE, Label.PUBLIC),))
        person(archive, "doc.gia", (Grant(Role.READER, EVERYWHERE, Label.INTERNAL),))
        found = checked(archive, "factors")
        assert found is not None
        assert (found.status, found.message, found.values) == (
            CheckStatus.WARN,
            "factors_missing",
            {"count": already + 1},
        )
        archive.desk.people.lock("admin.mot", by="test")
        locked = checked(archive, "factors")
        assert locked is not None
        assert locked.values.get("count", 0) == already
        archive.desk.people.unlock("admin.mot", by="test")
        with archive.trail.transaction() as connection:
            account = archive.desk.people.account("admin.mot")
            archive.desk.accounts.rows.change(connection, account.id, factor="sealed")
        again = checked(archive, "factors")
        assert again is not None
        assert again.values.get("count", 0) == already


def test_a_trust_set_that_nobody_looked_at_for_a_year_is_told_until_somebody_does(
    trusting_home: Archive, pki_servers: PkiServers, tmp_path: Path
) -> None:
    def age() -> tuple[CheckStatus, str]:
        (found,) = (check for check in trusting_home.trusting.checks() if check.name == "age")
        return found.status, found.message

    assert age() == (CheckStatus.OK, "set_age")
    pki_servers.clock.at += timedelta(days=366)
    assert age() == (CheckStatus.WARN, "set_old")
    known = checked(trusting_home, "trust")
    assert known is not None
    assert known.message == "trust_check.set_old"
    trusting_home.trusting.add([tmp_path / "root.der"], operator="lan")
    assert age() == (CheckStatus.OK, "set_age")
    assert len(trusting_home.trust.outlines()) == 1
    assert trusting_home.trust.outlines()[0].sound


def test_a_home_is_its_accounts_alone_and_one_of_before_is_mended(home: Settings) -> None:
    (home.home / "luutru.toml").write_text("# may hold secrets\n")
    made = [home.home, home.home / "keys", home.home / "database", *(home.home / "database").iterdir()]
    assert {path.name: oct(path.stat().st_mode & 0o077) for path in made} == {path.name: "0o0" for path in made}
    for path in (*made, home.home / "luutru.toml"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    with Archive(home) as archive:
        found = checked(archive, "home")
        assert found is not None
        assert (found.status, found.message) == (CheckStatus.WARN, "home_open")
    Archive.make(home)
    with Archive(home) as archive:
        _ = archive.desk.people  # makes the key
        found = checked(archive, "home")
        assert found is not None
        assert found.status is CheckStatus.OK
        key = home.home / "keys" / "sign-in.key"
        assert (oct(key.stat().st_mode & 0o777), oct((home.home / "luutru.toml").stat().st_mode & 0o777)) == (
            "0o600",
            "0o600",
        )
