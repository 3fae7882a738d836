"""AIPs as RODA's storage holds them, from samples that its project publishes; nothing was run against RODA itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

ID = "6f8cbcb2-8d5b-4dfa-a38b-6a0779d579c2"
EAD_2002 = """<?xml version="1.0" encoding="UTF-8"?>
<ead xmlns="urn:isbn:1-931666-22-9"><eadheader><eadid/><filedesc><titlestmt><titleproper/></titlestmt></filedesc>
</eadheader><archdesc level="item"><did><unittitle>{title}</unittitle><unitid>{code}</unitid>
<unitdate label="UnitDates" normal="2023-04-05/2023-12-31"/><langmaterial><language>Tiếng Việt</language></langmaterial>
</did><scopecontent><p>Nội dung</p></scopecontent><processinfo><p>Ghi chép nội bộ</p></processinfo></archdesc></ead>"""
DC = """<?xml version="1.0" encoding="UTF-8"?>
<simpledc xmlns:dc="http://purl.org/dc/elements/1.1/"><title>{title}</title><identifier>{code}</identifier>
<creator>Sở Nội vụ</creator></simpledc>"""


def _premis_file(path: str, name: str, data: bytes, digest: str) -> str:
    return (
        '<object xsi:type="file" xmlns="http://www.loc.gov/premis/v3" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><objectIdentifier>'
        "<objectIdentifierType>URN-local</objectIdentifierType>"
        f"<objectIdentifierValue>urn:roda:premis:file:{path.rpartition('/')[2]}</objectIdentifierValue>"
        "</objectIdentifier><objectCharacteristics><fixity><messageDigestAlgorithm>SHA-256</messageDigestAlgorithm>"
        f"<messageDigest>{digest or hashlib.sha256(data).hexdigest().upper()}</messageDigest></fixity>"
        f"<size>{len(data)}</size></objectCharacteristics><originalName>{name}</originalName></object>"
    )


def _premis_event(kind: str, at: str, outcome: str) -> str:
    return (
        '<event xmlns="http://www.loc.gov/premis/v3"><eventIdentifier><eventIdentifierType>URN</eventIdentifierType>'
        f"<eventIdentifierValue>urn:roda:premis:event:{kind}</eventIdentifierValue></eventIdentifier>"
        f"<eventType>{kind}</eventType><eventDateTime>{at}</eventDateTime><eventOutcomeInformation>"
        f"<eventOutcome>{outcome}</eventOutcome></eventOutcomeInformation></event>"
    )


def make_aip(
    folder: Path,
    representations: Mapping[str, Mapping[str, bytes]],
    *,
    original: str = "",
    description: str = EAD_2002,
    names: Mapping[str, str] | None = None,
    digests: Mapping[str, str] | None = None,
    state: str = "ACTIVE",
) -> Path:
    """An AIP at `folder`: files by representation; `original` marks one of them."""
    files: dict[str, str | bytes] = {}
    for representation, data in representations.items():
        for path, content in data.items():
            files[f"representations/{representation}/data/{path}"] = content
            inside, _, name = path.rpartition("/")
            place = "/".join(part for part in (inside, f"urn:roda:premis:file:{name}.xml") if part)
            told = (names or {}).get(path, name)
            files[f"representations/{representation}/metadata/preservation/{place}"] = _premis_file(
                path, told, content, (digests or {}).get(path, "")
            )
    for kind, at, outcome in (
        ("ingest start", "2026-02-06T17:17:37.849Z", "SUCCESS"),
        ("virus check", "2026-02-06T17:17:41.849Z", "SUCCESS"),
    ):
        files[f"metadata/preservation/urn:roda:premis:event:{kind}.xml"] = _premis_event(kind, at, outcome)
    if description:
        name = "ead2002.xml" if "<ead" in description else "dc.xml"
        files[f"metadata/descriptive/{name}"] = description.format(title="Hồ sơ", code="H49.64.2026.00009")
    files["aip.json"] = json.dumps(
        {
            "id": ID,
            "type": "OTHER",
            "state": state,
            "permissions": {"users": {"READ": ["admin"]}},
            "descriptiveMetadata": [{"id": "ead2002.xml", "type": "EAD", "version": "2002"}] if description else [],
            "representations": [
                {"aipId": ID, "id": name, "original": name == original, "representationStates": [], "type": "Other"}
                for name in representations
            ],
            "ingestSIPIds": ["uuid-a9916a17-9826-43fa-8a9b-47b85b55d04c"],
            "createdOn": 1770398258094,
        }
    )
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder
