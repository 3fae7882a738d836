"""Which addresses may be asked: the operator's list, read as every reader of addresses would read it."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.preservation.trust.addresses import AllowList
from metadata.errors import UsageError

LIST = AllowList(["crl.ca.gov.vn", "http://127.0.0.1:8080/pki/", "https://ocsp.example.vn/a", "http://[::1]:81/x"])


@pytest.mark.parametrize(
    "url",
    [
        "http://crl.ca.gov.vn/g2.crl",
        "https://crl.ca.gov.vn/any/where?x=1",
        "http://crl.ca.gov.vn:80/",
        "http://CRL.ca.gov.vn/g2.crl",
        "http://127.0.0.1:8080/pki/root.crl",
        "https://ocsp.example.vn/a",
        "https://ocsp.example.vn/a/b",
        "https://ocsp.example.vn:443/a?q",
        "http://[::1]:81/x/y",
    ],
)
def test_what_the_operator_listed_is_permitted(url: str) -> None:
    assert LIST.permits(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.vn/crl.ca.gov.vn",
        "http://crl.ca.gov.vn.evil.vn/",
        "http://xcrl.ca.gov.vn/",
        "http://sub.crl.ca.gov.vn/",
        "http://crl.ca.gov.vn@evil.vn/",
        "http://crl.ca.gov.vn:8080/",
        "http://crl.ca.gov.vn\\@evil.vn/",
        "http://evil.vn#crl.ca.gov.vn",
        "http://127.0.0.1:8080/pkix/root.crl",
        "http://127.0.0.1:8080/pki/../admin",
        "http://127.0.0.1:8080/pki/%2e%2e/admin",
        "http://127.0.0.1:8080/pki%2fx",
        "https://127.0.0.1:8080/pki/",
        "http://ocsp.example.vn/a",
        "https://ocsp.example.vn/ab",
        "ldap://crl.ca.gov.vn/cn=x",
        "file://crl.ca.gov.vn/etc/passwd",
        "http://crl.ca.gov.vn/\r\nHost: evil.vn",
        "http://crl.ca.gov.vn/x y",
        "http:crl.ca.gov.vn/x",
        "//crl.ca.gov.vn/x",
        "http://crl.ca.gov.vn:99999/",
        "",
    ],
)
def test_what_only_looks_like_it_is_not(url: str) -> None:
    assert not LIST.permits(url)


def test_an_empty_list_permits_nothing() -> None:
    nothing = AllowList([])
    assert not nothing
    assert not nothing.permits("http://crl.ca.gov.vn/")


@pytest.mark.parametrize(
    "entry", ["*.gov.vn/", "http://user@host/", "ftp://host/", "host:80", "a b", "http://", "host/path", "Host", ""]
)
def test_an_entry_that_is_neither_host_nor_address_is_refused(entry: str) -> None:
    with pytest.raises(UsageError, match="LUUTRU_REVOCATION__ALLOW"):
        AllowList([entry])


HOSTILE = st.text("/\\@:.%#?2eE[]crl.ca.gov.vn evil\t", max_size=40)


@settings(max_examples=400)
@given(HOSTILE | st.builds("http://{}crl.ca.gov.vn{}".format, HOSTILE, HOSTILE))
def test_nothing_permitted_leads_to_a_host_that_is_not_listed(url: str) -> None:
    if LIST.permits(url):
        parts = urlsplit(url)
        assert parts.hostname in {"crl.ca.gov.vn", "127.0.0.1", "ocsp.example.vn", "::1"}
        assert parts.username is None
