"""Settings of the second index: what is impossible or unsafe stops the start, and no secret is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.errors import SettingsError
from archive.settings import Settings, load_settings
from search.backends.elasticsearch_cluster import Cluster, answering
from search.errors import SearchFaultError

SECRET = "c2VjcmV0LWtleQ=="
PREFIX = "LUUTRU_SEARCH__ELASTICSEARCH__"


def loaded(home: Path, **values: str) -> Settings:
    given = {f"{PREFIX}{name}": value for name, value in values.items()}
    return load_settings({"LUUTRU_HOME": str(home), "LUUTRU_SEARCH__BACKEND": "elasticsearch", **given})


def test_all_of_them_can_be_set_from_outside(tmp_path: Path) -> None:
    settings = loaded(
        tmp_path,
        URL="https://a.example:9200, https://b.example:9200",
        API_KEY=SECRET,
        CA_FILE="/etc/ssl/kho.pem",
        REQUEST_TIMEOUT="PT10S",
        RETRIES="5",
        SHARDS="3",
        REPLICAS="1",
        INDEX_PREFIX="kho-1",
    ).search.elasticsearch
    assert settings.urls == ("https://a.example:9200", "https://b.example:9200")
    assert (settings.shards, settings.replicas, settings.index_prefix) == (3, 1, "kho-1")
    assert (settings.request_timeout.total_seconds(), settings.retries) == (10, 5)
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("URLS", "https://a.example:9200"),
        ("URL", "a.example:9200"),
        ("URL", "https://a.example"),
        ("URL", "https://a.example:port"),
        ("URL", "https://name:password@a.example:9200"),
        ("URL", "https://a.example:9200/?q=1"),
        ("URL", "ftp://a.example:9200"),
        ("URL", "https://a.example:9200,nonsense"),
        ("SHARDS", "0"),
        ("REPLICAS", "-1"),
        ("RETRIES", "many"),
        ("REQUEST_TIMEOUT", "0"),
        ("INDEX_PREFIX", "Kho*"),
        ("USER", "kho"),
        ("PASSWORD", "secret"),
    ],
)
def test_a_misspelt_or_impossible_one_stops_the_start(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        loaded(tmp_path, **({"URL": "https://a.example:9200"} | {name: value}))
    assert "ELASTICSEARCH" in str(refused.value)
    assert "password@" not in str(refused.value)


def test_two_ways_to_sign_in_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="not both"):
        loaded(tmp_path, URL="https://a.example:9200", API_KEY=SECRET, USER="kho", PASSWORD="secret")


def test_the_engine_needs_to_know_where_it_is(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="LUUTRU_SEARCH__ELASTICSEARCH__URL"):
        loaded(tmp_path)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_plain_http_stays_on_this_machine(host: str, tmp_path: Path) -> None:
    assert loaded(tmp_path, URL=f"http://{host}:9200").search.elasticsearch.urls


def test_plain_http_to_another_machine_must_be_asked_for(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="plain_http"):
        loaded(tmp_path, URL="https://a.example:9200,http://10.0.0.7:9200")
    assert loaded(tmp_path, URL="http://10.0.0.7:9200", PLAIN_HTTP="true").search.elasticsearch.urls


def test_certificates_are_for_https_alone(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="ca_file"):
        loaded(tmp_path, URL="http://127.0.0.1:9200", CA_FILE="/etc/ssl/kho.pem")


def test_a_node_that_does_not_answer_is_a_fault_without_the_key(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing listens on port 9 of this machine."""
    cluster = Cluster(loaded(tmp_path, URL="http://127.0.0.1:9", API_KEY=SECRET, RETRIES="0").search.elasticsearch)
    with caplog.at_level(0), pytest.raises(SearchFaultError) as fault, answering("to test"):
        cluster.client.info()
    assert "does not answer" in str(fault.value)
    assert SECRET not in f"{fault.value!r} {fault.value.__cause__!r} {caplog.text}"
