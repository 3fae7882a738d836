from __future__ import annotations

from pathlib import Path

import pytest

from archive.errors import SettingsError
from archive.settings import load_settings


def test_the_environment_stands_over_the_file_over_the_defaults(tmp_path: Path) -> None:
    (tmp_path / "luutru.toml").write_text(
        'workers = 3\nagency = "H49"\n[intake]\napproval = "separate"\nclamd = "/run/c.sock"\n', encoding="utf-8"
    )
    settings = load_settings({"LUUTRU_HOME": str(tmp_path), "LUUTRU_WORKERS": "5", "LUUTRU_INTAKE__APPROVAL": "same"})
    assert (settings.workers, settings.agency) == (5, "H49")
    assert (settings.intake.approval, settings.intake.clamd) == ("same", "/run/c.sock")
    assert settings.home == tmp_path


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LUUTRU_WORKER", "2"),
        ("LUUTRU_STORAG__BACKEND", "filesystem"),
        ("LUUTRU_STORAGE__BACKENDS", "filesystem"),
        ("LUUTRU_STORAGE__BACKEND", "tape"),
        ("LUUTRU_INTAKE__APPROVAL", "never"),
        ("LUUTRU_WORKERS", "0"),
        ("LUUTRU_DATABASE__URL", "postgresql+psycopg://kho@127.0.0.1/kho"),
        ("LUUTRU_EVIDENCE__TSA", "not json"),
    ],
)
def test_a_misspelt_or_impossible_setting_stops_the_start_and_is_named(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({"LUUTRU_HOME": str(tmp_path), name: value})
    assert name.removeprefix("LUUTRU_").split("__", maxsplit=1)[0].lower() in str(refused.value).lower()


def test_a_misspelt_name_in_the_file_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "luutru.toml").write_text("[serach]\nbackend = 'tantivy'\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="SERACH"):
        load_settings({"LUUTRU_HOME": str(tmp_path)})


def test_s3_without_its_bucket_is_refused_with_the_names_to_set(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="LUUTRU_STORAGE__S3__ENDPOINT"):
        load_settings({"LUUTRU_HOME": str(tmp_path), "LUUTRU_STORAGE__BACKEND": "s3"})


def test_lists_are_json(tmp_path: Path) -> None:
    settings = load_settings(
        {"LUUTRU_HOME": str(tmp_path), "LUUTRU_EVIDENCE__TSA": '["http://tsa.example/", "http://second.example/"]'}
    )
    assert settings.evidence.tsa == ("http://tsa.example/", "http://second.example/")


def test_the_secret_of_s3_is_not_shown(tmp_path: Path) -> None:
    settings = load_settings(
        {
            "LUUTRU_HOME": str(tmp_path),
            "LUUTRU_STORAGE__BACKEND": "s3",
            "LUUTRU_STORAGE__S3__ENDPOINT": "http://127.0.0.1:9",
            "LUUTRU_STORAGE__S3__BUCKET": "kho",
            "LUUTRU_STORAGE__S3__ACCESS_KEY": "key",
            "LUUTRU_STORAGE__S3__SECRET_KEY": "very-secret",
        }
    )
    assert "very-secret" not in repr(settings)
