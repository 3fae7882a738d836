"""Settings: the only reader of the environment. `LUUTRU_…` variables over `luutru.toml` in the home over defaults."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, ValidationError, model_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from archive.auth.people import Label
from archive.auth.settings import AuthSettings
from archive.errors import SettingsError
from search.settings import SearchSettings
from storage.settings import StorageSettings

PREFIX = "LUUTRU_"
Address = Annotated[str, Field(pattern=r"^https?://[^\s/@]+(/[^\s#]*)?$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ArchiveSettings(_Part):
    """The archive that takes the dossiers (cơ quan lưu trữ)."""

    name: str = "Lưu Trữ"
    code: str = ""
    """Mã cơ quan lưu trữ; goes in front of dossier codes in packages. Empty: none."""


class DatabaseSettings(_Part):
    """Where the catalogue lives."""

    url: str = ""
    """SQLAlchemy URL; empty: SQLite in the home."""


class EvidenceSettings(_Part):
    """Time-stamping."""

    tsa: tuple[Address, ...] = ()
    """Addresses of time-stamp authorities, first one preferred. None: no call leaves the machine."""

    tsa_policies: tuple[str, ...] = ()
    """Dotted identifiers of time-stamp policies that are accepted, the first is asked for. None: any."""

    second_tsa_days: Annotated[int, Field(ge=0)] | None = None
    """After so many days what stands behind one authority alone is stamped by a second one of the list. None: never."""


class RevocationSettings(_Part):
    """Collecting of revocation data (CRLs, OCSP answers) at intake."""

    allow: tuple[str, ...] = ()
    """Hosts or prefixes of addresses that may be asked (JSON list). None: no call leaves the machine."""

    list_mib: Annotated[int, Field(ge=1, le=64)] = 32
    """Largest CRL that is fetched."""

    list_mib_by_host: dict[str, Annotated[int, Field(ge=1, le=64)]] = {}
    """Authorities with larger ones (JSON object)."""

    seconds: Annotated[float, Field(gt=0, le=600)] = 60.0
    """Longest time spent for one dossier; what was not reached is asked for later."""


class NetworkSettings(_Part):
    """How time-stamp authorities and revocation services are reached."""

    proxy: Address | Literal[""] = ""
    """`http://host:port` through which everything goes; empty: straight. The environment's proxies are not read."""

    ca_file: Path | None = None
    """Certificates (PEM) of web servers to believe; None: those of the machine. Not for signatures."""


class IntakeSettings(_Part):
    """How deliveries come in."""

    approval: Literal["same", "separate"] = "same"
    """`same`: who hands in approves; `separate`: `luutru approve` or `return` decides."""

    refused_categories: tuple[str, ...] = ()
    """Words of categories that this archive does not take (personnel, land records …)."""

    clamd: str = ""
    """Socket path or host:port of clamd; empty: no malware scan."""

    unfinished_days: Annotated[int, Field(ge=1, le=365)] = 7
    """How long an upload stays that nobody completes and hands in."""

    refused_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """How long the files of a delivery stay of which something was rejected or returned, to be corrected and handed in
    again without sending them twice."""


class ToolSettings(_Part):
    """Outside tools that are optional."""

    verapdf_home: Path | None = None
    """Folder with veraPDF's jars (`docs/verapdf.md`); None: pikepdf alone judges what we write."""

    isolate: Literal["auto", "off"] = "auto"
    """`auto`: workers run in bubblewrap where the kernel allows it; `off`: limits only."""


class RightsSettings(_Part):
    """Who may see what."""

    unlabelled: Label = Label.INTERNAL
    """Label (QCVN 12) of a dossier that says nothing of its use and of whose fonds nothing is said."""


class ServeSettings(_Part):
    """API and pages."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    processes: Annotated[int, Field(ge=1, le=64)] = Field(default_factory=lambda: min(os.cpu_count() or 1, 4))
    """Processes that answer; from two on another one works jobs off, so that neither waits for the other."""

    hosts: tuple[Annotated[str, Field(pattern=r"^[a-z0-9.:\[\]-]+$")], ...] = ()
    """Names, with port where it is not that of the scheme, by which people call this server (JSON list)."""

    proxies: tuple[IPvAnyNetwork, ...] = ()
    """Addresses of proxies whose `X-Forwarded-For` and `-Proto` are believed (JSON list). None: nobody's."""

    tls_cert: Path | None = None
    tls_key: Path | None = None
    """Certificate with its chain, and key (PEM)."""

    max_upload_mib: Annotated[int, Field(gt=0)] = 20 * 1024
    """Largest file of an upload."""

    upload_gib_a_day: Annotated[int, Field(gt=0)] = 500
    """What one person may send in a day (UTC)."""

    requests_a_minute: Annotated[int, Field(ge=60)] = 6000
    """Of one person, and of one address before sign-in; as many at once. A folder of small files is many requests."""

    sign_ins_a_minute: Annotated[int, Field(ge=1)] = 30
    """Tries to sign in from one address; as many at once."""

    @model_validator(mode="after")
    def _both_files(self) -> ServeSettings:
        if (self.tls_cert is None) != (self.tls_key is None):
            msg = "serve.tls_cert and serve.tls_key belong together"
            raise ValueError(msg)
        return self


class Settings(BaseSettings):
    """All settings of one installation. Made by `load_settings`, never at import."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        nested_model_default_partial_update=True,
    )

    home: Path = Path("luutru-home")
    agency: str = "AGENCY"
    """Code of the agency that the embedded default makes, and for which submissions are taken unless told."""

    agency_name: str = ""
    lang: Literal["vi", "en"] | None = None
    """Language of words; None: from `LANG`, else Vietnamese."""

    workers: Annotated[int, Field(ge=1, le=256)] = Field(default_factory=lambda: os.cpu_count() or 1)
    """Worker processes."""

    archive: ArchiveSettings = ArchiveSettings()
    database: DatabaseSettings = DatabaseSettings()
    storage: StorageSettings = StorageSettings()
    search: SearchSettings = SearchSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    revocation: RevocationSettings = RevocationSettings()
    network: NetworkSettings = NetworkSettings()
    intake: IntakeSettings = IntakeSettings()
    rights: RightsSettings = RightsSettings()
    tools: ToolSettings = ToolSettings()
    serve: ServeSettings = ServeSettings()
    auth: AuthSettings = AuthSettings()

    @model_validator(mode="after")
    def _backends_exist(self) -> Settings:
        if self.database.url and not self.database.url.startswith("sqlite:///"):
            msg = "database.url: this version knows SQLite only (sqlite:///path)"
            raise ValueError(msg)
        if self.storage.backend == "s3" and self.storage.s3 is None:
            msg = "storage.backend=s3 needs LUUTRU_STORAGE__S3__ENDPOINT and LUUTRU_STORAGE__S3__BUCKET"
            raise ValueError(msg)
        return self

    @property
    def database_url(self) -> str:
        """The catalogue's database."""
        return self.database.url or f"sqlite:///{self.home / 'database' / 'catalogue.sqlite'}"

    @property
    def jobs_url(self) -> str:
        """The job engine's database: its own file when embedded."""
        return self.database.url or f"sqlite:///{self.home / 'database' / 'jobs.sqlite'}"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the environment and `luutru.toml` once.

    Args:
        environment: The variables; None reads the process's. Given ones replace the process's for the call.

    Raises:
        SettingsError: a name is unknown or a value impossible; the text names it.
    """
    variables = dict(os.environ if environment is None else environment)
    home = Path(variables.get(f"{PREFIX}HOME", "luutru-home")).expanduser().absolute()
    # pydantic-settings ignores a misspelt variable of the top level, so it is looked for here.
    unknown = [
        name
        for name in sorted(variables)
        if name.startswith(PREFIX) and name.removeprefix(PREFIX).split("__")[0].lower() not in Settings.model_fields
    ]
    if unknown:
        msg = f"unknown setting {', '.join(unknown)}"
        raise SettingsError(msg)
    given = EnvSettingsSource(Settings)
    given.env_vars = {key.lower(): value for key, value in variables.items()}
    try:
        merged = _merge(TomlConfigSettingsSource(Settings, home / "luutru.toml")(), given())
        return Settings.model_validate({**merged, "home": home})
    except ValidationError as error:
        raise SettingsError(_explained(error)) from None
    except (OSError, ValueError) as error:
        raise SettingsError(str(error)) from None


def _merge(lower: dict[str, Any], upper: dict[str, Any]) -> dict[str, Any]:
    merged = dict(lower)
    for key, value in upper.items():
        below = merged.get(key)
        merged[key] = _merge(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _explained(error: ValidationError) -> str:
    lines = []
    for entry in error.errors():
        place = "__".join(str(part) for part in entry["loc"]).upper()
        variable = f"{PREFIX}{place}" if place else "settings"
        lines.append(f"{variable}: {entry['msg']}")
    return "; ".join(lines)
