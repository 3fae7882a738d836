"""Settings of searching; read once by `archive.settings`."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class ElasticsearchSettings(BaseModel):
    """Where an Elasticsearch 8.19 or 9 answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = ""
    """Such as `https://search.example:9200`. This version has no backend for it: composition refuses to start."""


class SearchSettings(BaseModel):
    """Which index finds the documents."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backend: Literal["tantivy", "elasticsearch"] = "tantivy"
    """`elasticsearch` is a known name, so that it is refused with its reason and not as a misspelling."""

    elasticsearch: ElasticsearchSettings = ElasticsearchSettings()

    lock_wait: Annotated[timedelta, Field(gt=timedelta(0))] = timedelta(minutes=2)
    """Longest wait for another process that is writing to the embedded index."""

    query_log: bool = False
    """Whether queries are kept, without who asked, for judging relevance (`docs/search.md`)."""
