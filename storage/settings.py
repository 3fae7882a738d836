"""Settings of storage; `archive.settings` reads them from the environment."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator


class S3Settings(BaseModel):
    """One bucket of an S3 service."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    endpoint: Annotated[str, Field(pattern=r"^https?://")]
    """Address of the service, such as `https://s3.example.vn`; paths carry the bucket (path style)."""

    bucket: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    region: str = "us-east-1"
    access_key: str | None = None
    """None with `secret_key` None: the service's own way (role of the machine)."""

    secret_key: SecretStr | None = None
    connect_timeout: Annotated[timedelta, Field(gt=timedelta(0))] = timedelta(seconds=10)
    read_timeout: Annotated[timedelta, Field(gt=timedelta(0))] = timedelta(seconds=60)
    attempts: Annotated[int, Field(ge=1, le=20)] = 6
    """How often one request is tried in all when the service throttles or does not answer."""

    @model_validator(mode="after")
    def _keys_come_together(self) -> Self:
        if (self.access_key is None) != (self.secret_key is None):
            msg = "storage.s3 needs access_key and secret_key, or neither"
            raise ValueError(msg)
        return self


class StorageSettings(BaseModel):
    """Where packages are kept and how often they are read again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    backend: Literal["filesystem", "s3"] = "filesystem"
    s3: S3Settings | None = None
    fixity_interval: Annotated[timedelta, Field(gt=timedelta(0))] = timedelta(days=90)
    """Longest time between two reads of the same object."""

    @model_validator(mode="after")
    def _s3_knows_its_bucket(self) -> Self:
        if self.backend == "s3" and self.s3 is None:
            msg = "storage.backend=s3 needs LUUTRU_STORAGE__S3__ENDPOINT and LUUTRU_STORAGE__S3__BUCKET"
            raise ValueError(msg)
        return self
