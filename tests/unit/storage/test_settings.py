"""Settings of storage: what is missing is said before anything starts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pydantic import ValidationError

from storage.settings import S3Settings, StorageSettings

S3 = {"endpoint": "https://s3.example.vn", "bucket": "luu-tru"}


def test_the_default_needs_nothing() -> None:
    assert StorageSettings() == StorageSettings(backend="filesystem", fixity_interval=timedelta(days=90))


def test_s3_without_its_bucket_names_what_is_missing() -> None:
    with pytest.raises(ValidationError, match="LUUTRU_STORAGE__S3__ENDPOINT"):
        StorageSettings(backend="s3")
    assert StorageSettings.model_validate({"backend": "s3", "s3": S3}).s3 == S3Settings.model_validate(S3)


@pytest.mark.parametrize(
    "change",
    [
        {"access_key": "a"},
        {"secret_key": "s"},
        {"endpoint": "s3.example.vn"},
        {"bucket": "A B"},
        {"attempts": 0},
        {"buckt": "x"},
    ],
    ids=str,
)
def test_settings_that_cannot_be_meant_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        S3Settings.model_validate({**S3, **change})


def test_a_secret_is_never_shown() -> None:
    settings = StorageSettings.model_validate(
        {"backend": "s3", "s3": {**S3, "access_key": "key", "secret_key": "very-secret"}}
    )
    assert "very-secret" not in f"{settings!r} {settings} {settings.model_dump_json()}"
