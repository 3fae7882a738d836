"""Settings of searching; read once by `archive.settings`."""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class ElasticsearchSettings(BaseModel):
    """Where an Elasticsearch 8.19 or 9 answers, and how the index lies there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = ""
    """Such as `https://search.example:9200`; several nodes of one cluster are parted by commas."""

    api_key: SecretStr | None = None
    """As Elasticsearch hands it out ("encoded"); its rights: docs/elasticsearch.md."""

    user: str = ""
    password: SecretStr | None = None
    """Name and password instead of a key."""

    ca_file: Path | None = None
    """Certificates (PEM) of the authority to believe; None: those of the machine."""

    plain_http: bool = False
    """Whether `http://` may leave this machine: whoever sees that network reads every document."""

    request_timeout: Annotated[timedelta, Field(gt=timedelta(0))] = timedelta(seconds=30)
    """Longest wait for one answer."""

    retries: Annotated[int, Field(ge=0, le=20)] = 3
    """How often a request is repeated, on the next node where there are several, when none answered."""

    shards: Annotated[int, Field(ge=1, le=1024)] = 1
    """Parts of the index; counts from the next rebuild on."""

    replicas: Annotated[int, Field(ge=0, le=20)] = 0
    """Further copies of each part on other nodes; counts from the next rebuild on."""

    index_prefix: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")] = "luutru"
    """Installations that share a cluster have each their own."""

    @property
    def urls(self) -> tuple[str, ...]:
        """The addresses one by one."""
        return tuple(part for part in re.split(r"[\s,]+", self.url) if part)

    @model_validator(mode="after")
    def _addresses_can_be_asked(self) -> Self:
        for url in self.urls:
            _checked(url, plain_http=self.plain_http)
        if (self.ca_file is not None) and not all(url.startswith("https:") for url in self.urls):
            msg = "search.elasticsearch.ca_file is for https:// alone"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _one_way_to_sign_in(self) -> Self:
        if bool(self.user) != (self.password is not None):
            msg = "search.elasticsearch.user and password belong together"
            raise ValueError(msg)
        if self.user and self.api_key is not None:
            msg = "search.elasticsearch takes an api_key, or user and password, not both"
            raise ValueError(msg)
        return self


def _checked(url: str, *, plain_http: bool) -> None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    whole = parts.scheme in {"http", "https"} and parts.hostname and port and not (parts.query or parts.fragment)
    if not whole or "@" in parts.netloc:
        # What was given is not repeated: a password may stand in it.
        msg = "search.elasticsearch.url: https://HOST:PORT is needed, without name and password"
        raise ValueError(msg)
    if parts.scheme == "http" and not plain_http and not _loopback(parts.hostname or ""):
        msg = "search.elasticsearch.url: http:// to another machine is refused; use https:// or set plain_http"
        raise ValueError(msg)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class SearchSettings(BaseModel):
    """Which index finds the documents."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backend: Literal["tantivy", "elasticsearch"] = "tantivy"
    elasticsearch: ElasticsearchSettings = ElasticsearchSettings()

    lock_wait: Annotated[timedelta, Field(gt=timedelta(0))] = timedelta(minutes=2)
    """Longest wait for another process that is writing to the embedded index."""

    synonyms: Path | None = None
    """Abbreviations and words of the same meaning, in the form of `search/data/synonyms.toml`; None: those shipped."""

    query_log: bool = False
    """Whether queries are kept, without who asked, for judging relevance (`docs/search.md`)."""

    @model_validator(mode="after")
    def _elasticsearch_knows_where(self) -> Self:
        if self.backend == "elasticsearch" and not self.elasticsearch.urls:
            msg = "search.backend=elasticsearch needs LUUTRU_SEARCH__ELASTICSEARCH__URL"
            raise ValueError(msg)
        return self
