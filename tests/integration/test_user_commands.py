"""`luutru init` and `luutru user`: secrets are printed once; `serve` beyond this machine only by TLS."""

from __future__ import annotations

import re
import ssl
import stat
import subprocess
from pathlib import Path

import httpx2
import pytest

from archive.auth.credentials import is_token
from archive.auth.passwords import broken_rules
from tests.fixtures.homes import CommandLine
from tests.fixtures.served import start, stop
from tests.generators.people import of_home, signed_in


def test_init_makes_one_administrator_and_says_the_password_once(tmp_path: Path) -> None:
    command = CommandLine(tmp_path / "home", {"LUUTRU_LANG": "en"})
    first, second = command.run("init", "--json"), command.run("init", "--json")
    assert (first.code, second.code) == (0, 0)
    said = re.search(r"First administrator: admin, password ([0-9A-Za-z-]{29}) ", first.err)
    assert said
    assert broken_rules(said[1], "admin") == []
    assert said[1] not in first.out
    assert "password" not in second.err
    (admin,) = command.json("user", "list")
    assert (admin["login"], admin["must_change_password"], admin["second_factor_due"]) == ("admin", True, True)
    assert [grant["role"] for grant in admin["grants"]] == ["administrator"]
    key = tmp_path / "home" / "keys" / "sign-in.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700


def test_accounts_are_made_locked_unlocked_and_reset(tmp_path: Path) -> None:
    command = CommandLine(tmp_path / "home")
    command.json("init")
    (made,) = command.json("user", "add", "Lan", "--name", "Nguyễn Thị Lan")
    assert (made["login"], made["status"]) == ("lan", "made")
    assert command.run("user", "add", "lan").code == 2
    assert command.run("user", "add", "a b").code == 2
    assert command.json("user", "lock", "lan", "nobody", code=5) == [{"login": "lan", "status": "locked"}]
    assert {line["login"]: line["status"] for line in command.json("user", "list")} == {
        "admin": "active",
        "lan": "locked",
    }
    assert command.json("user", "unlock", "lan") == [{"login": "lan", "status": "unlocked"}]
    (reset,) = command.json("user", "reset", "lan", "--factor")
    assert reset["password"] != made["password"]
    (token,) = command.json("user", "token", "lan", "--name", "đêm", "--days", "7", "--scope", "submit")
    assert is_token(token["token"])
    assert token["scopes"] == ["submit"]
    assert command.run("user", "token", "lan", "--name", "x", "--days", "9999").code == 2
    trail = (tmp_path / "home" / "storage").rglob("*")
    written = b"".join(path.read_bytes() for path in trail if path.is_file())
    for secret in (made["password"], reset["password"], token["token"]):
        assert secret.encode() not in written


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({}, "TLS_CERT"),
        ({"LUUTRU_SERVE__PROXIES": '["10.0.0.1"]'}, "LUUTRU_SERVE__HOSTS"),
        ({"LUUTRU_SERVE__TLS_CERT": "/a"}, "belong together"),
        ({"LUUTRU_SERVE__TLS_CERT": "/no", "LUUTRU_SERVE__TLS_KEY": "/no", "LUUTRU_SERVE__HOSTS": '["a"]'}, "/no"),
    ],
)
def test_nobody_is_served_over_a_line_that_can_be_listened_to(
    tmp_path: Path, settings: dict[str, str], word: str
) -> None:
    CommandLine(tmp_path / "home").json("init")
    answer = CommandLine(tmp_path / "home", settings).run("serve", "--host", "0.0.0.0", "--port", "0")  # noqa: S104 - refused
    assert answer.code == 2
    assert word in answer.err


@pytest.mark.server
def test_the_archive_is_served_over_tls_by_its_name(tmp_path: Path) -> None:
    certificate, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=kho.example.vn -addext"
    names = ["subjectAltName=DNS:kho.example.vn,IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(
        ["/usr/bin/openssl", *made.split(), *names],
        check=True,
        capture_output=True,
    )
    home = tmp_path / "home"
    process, url = start(
        home,
        LUUTRU_SERVE__TLS_CERT=str(certificate),
        LUUTRU_SERVE__TLS_KEY=str(key),
        LUUTRU_SERVE__HOSTS='["kho.example.vn"]',
    )
    try:
        assert url.startswith("https://127.0.0.1:")
        with of_home(home) as archive:
            headers = dict(signed_in(archive))
        trusting = ssl.create_default_context(cafile=str(certificate))
        with httpx2.Client(base_url=url, verify=trusting, timeout=60) as client:
            named = client.get("/api/v1/me", headers={**headers, "Host": "kho.example.vn"})
            assert named.json()["login"] == "lan.luutru"
            assert named.headers["Strict-Transport-Security"].startswith("max-age=")
            assert client.get("/api/v1/me", headers={**headers, "Host": "evil.example"}).status_code == 403
            given = client.get("/sign-in").headers["set-cookie"]
            assert given.startswith("__Host-")
            assert "Secure" in given
        old = ssl.create_default_context(cafile=str(certificate))
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        old.set_ciphers("AES128-SHA:AES256-SHA:ECDHE-ECDSA-AES128-SHA")
        with httpx2.Client(base_url=url, verify=old) as client, pytest.raises(httpx2.ConnectError):
            client.get("/api/v1/health/live")
        with pytest.raises(httpx2.RemoteProtocolError):
            httpx2.get(url.replace("https:", "http:") + "/api/v1/health/live")
    finally:
        stop(process)
