"""What a package of one kind and shape says of itself: profiles, content category, which forms it has."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from archive.dissemination.outgoing import ExportKind, Options, Shape
from metadata.profiles.packages import PackageKind, packages
from metadata.xml.mets import REPRESENTATION_PROFILE

_CIRCULAR = {
    (ExportKind.SIP, False): PackageKind.SIP_DOSSIER,
    (ExportKind.SIP, True): PackageKind.SIP_LOOSE,
    (ExportKind.AIP, False): PackageKind.AIP_DOSSIER,
    (ExportKind.AIP, True): PackageKind.AIP_LOOSE,
    (ExportKind.DIP, False): PackageKind.DIP,
    (ExportKind.DIP, True): PackageKind.DIP,
}
"""By kind, and whether the documents are loose."""


@dataclass(frozen=True, slots=True)
class PackageShape:
    """One kind of package in one shape."""

    kind: ExportKind
    shape: Shape
    circular: PackageKind
    """Whose forms describe dossier and documents; E-ARK packages have them beside EAD3."""

    root_profile: str
    representation_profile: str
    type: str
    premis: bool
    ead3: bool
    division: str
    """TYPE of rep1's root division."""

    def objid(self, package: UUID) -> str:
        """Identifier of the package in METS."""
        if self.kind is ExportKind.AIP and self.shape is Shape.TT05:
            return f"urn:uuid:{package}"
        return f"uuid-{str(package).upper()}"

    def folder(self, package: UUID) -> str:
        """Name of its folder: the identifier, colons as underscores, as the circular writes it."""
        return self.objid(package).replace(":", "_")


def shape_of(kind: ExportKind, options: Options, *, loose: bool = False) -> PackageShape:
    """The shape in which a package of `kind` leaves.

    Args:
        kind: SIP, AIP, DIP.
        options: Profile and version.
        loose: The documents make no dossier (TT 05/2025: gói tin tài liệu).
    """
    circular = _CIRCULAR[kind, loose]
    if options.shape is Shape.EARK:
        profile = _eark_profile(kind.value, options.eark_version)
        return PackageShape(
            kind=kind,
            shape=options.shape,
            circular=circular,
            root_profile=profile,
            representation_profile=profile,
            type="Collection" if packages()[circular].loose else "Mixed",
            premis=True,
            ead3=True,
            division="",
        )
    asked = packages()[circular]
    return PackageShape(
        kind=kind,
        shape=options.shape,
        circular=circular,
        root_profile=asked.profile,
        representation_profile=REPRESENTATION_PROFILE,
        type=asked.type,
        premis=asked.premis != "none",
        ead3=False,
        division=asked.representation,
    )


def _eark_profile(kind: str, version: str) -> str:
    suffix = "" if version == "2.0.4" else f"-v{version.replace('.', '-')}"
    return f"https://eark{kind}.dilcis.eu/profile/E-ARK-{kind.upper()}{suffix}.xml"
