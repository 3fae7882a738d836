"""NIST's PKITS, read from its package and judged: certificates whose names tell what must come out."""

from __future__ import annotations

import lzma
import tarfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from archive.preservation.signatures.certificates import certificate
from archive.preservation.signatures.chains import ChainVerdict, Moment, judge_chain
from archive.preservation.signatures.world import World

PACKED = Path(__file__).with_name("pkits") / "pkits.tar.xz"
NOW = datetime(2026, 11, 28, tzinfo=UTC)


@cache
def files() -> Mapping[str, Mapping[str, bytes]]:
    """Folder and name → bytes."""
    found: dict[str, dict[str, bytes]] = {"certs": {}, "crls": {}}
    with lzma.open(PACKED) as packed, tarfile.open(fileobj=packed) as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content is not None:
                path = Path(member.name)
                found[path.parent.name][path.stem] = content.read()
    return found


@cache
def world() -> World:
    certs = files()["certs"]
    return World.of(
        at=NOW,
        anchors=[certs["TrustAnchorRootCertificate"]],
        intermediates=[der for name, der in certs.items() if not name.endswith("EE")],
        answers=files()["crls"].values(),
    )


def judged(prefix: str) -> Iterator[tuple[str, ChainVerdict]]:
    for name, der in sorted(files()["certs"].items()):
        if name.endswith("EE") and name.startswith(prefix):
            yield name, judge_chain(certificate(der), world(), Moment(NOW))
