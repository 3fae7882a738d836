"""The circular's schemas, written from its tables: the same bytes as in stored packages, and they judge."""

from __future__ import annotations

import hashlib
import io

import pytest

from metadata.profiles.packages import PackageKind, packages
from metadata.xml import schemas
from metadata.xml.ead import read_ead
from metadata.xml.reading import XmlRefusedError

IN_STORED_PACKAGES = {
    "EAD.xsd": "259f250134e61cfeacdebb32f981466494ab21690e4495492f220a00730cd7d3",
    "EAD_doc.xsd": "d4a22fbbddbd98f32d878adf1f6a74f0e2aaf5a25a40eddff418f30de149ee00",
    "EAD_media.xsd": "7da2bdb83fd724f17c59d26a3e090ba3bc0a9f4889b05ae8e37e633ede5659d0",
    "EAD_pic.xsd": "67f029cedffbe766b1656635bd24401dca3f6d2ecf6e1fd39123dcb61c5087db",
}
"""SHA-256 of the schemas that lie in every package of form 1.0 and 1.1."""


@pytest.mark.parametrize("name", sorted(IN_STORED_PACKAGES))
def test_schemas_of_an_aip_are_the_bytes_that_stored_packages_carry(name: str) -> None:
    """PKG-011 would tell of another schema in every package that is stored."""
    assert hashlib.sha256(schemas.circular(name)).hexdigest() == IN_STORED_PACKAGES[name]


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, package in packages().items() for name in package.forms]
)
def test_every_form_of_every_package_has_a_schema_that_compiles_and_names_its_elements(
    kind: PackageKind, name: str
) -> None:
    assert schemas.ead_schema(name, kind) is not None
    text = schemas.circular(name, kind).decode()
    for element in packages()[kind].forms[name].elements:
        assert f'name="{element.name}"' in text


@pytest.mark.parametrize(
    ("kind", "name", "inside"),
    [
        (PackageKind.SIP_DOSSIER, "EAD", "<arcFileCode>1</arcFileCode><title>a</title>"),
        (PackageKind.SIP_DOSSIER, "EAD", "<title>a</title>"),
        (PackageKind.SIP_DOSSIER, "EAD", "<fileCode>1</fileCode>"),
        (PackageKind.SIP_DOSSIER, "EAD_doc", "<docCode>1</docCode><mode>Công khai</mode>"),
        (PackageKind.SIP_DOSSIER, "EAD_doc", "<docCode>1</docCode><issuedDate>2025-01-02</issuedDate>"),
        (PackageKind.SIP_DOSSIER, "EAD_doc", "<docCode>1</docCode><docCode>1</docCode>"),
        (PackageKind.DIP, "EAD_doc", "<docCode>1</docCode>"),
        (PackageKind.DIP, "EAD", "<requestID>1</requestID>"),
        (PackageKind.SIP_LOOSE, "EAD", "<fileCode>1</fileCode><title>a</title><source>2</source>"),
    ],
)
def test_what_does_not_fit_a_form_is_refused(kind: PackageKind, name: str, inside: str) -> None:
    with pytest.raises(XmlRefusedError):
        read_ead(io.BytesIO(f"<simpledc>{inside}</simpledc>".encode()), name, kind)


@pytest.mark.parametrize(
    ("kind", "name", "inside"),
    [
        (PackageKind.SIP_DOSSIER, "EAD", "<title>a</title><language>01, 02</language><fileCode>1</fileCode>"),
        (PackageKind.SIP_DOSSIER, "EAD_doc", "<process>1</process><docCode>1</docCode><docId>x</docId>"),
        (PackageKind.DIP, "EAD", "<requestDate>01/12/2026</requestDate><requestID>1</requestID>"),
        (PackageKind.SIP_LOOSE, "EAD", "<source>1</source><fileCode>1</fileCode><title>a</title>"),
    ],
)
def test_the_order_of_a_form_is_free(kind: PackageKind, name: str, inside: str) -> None:
    assert read_ead(io.BytesIO(f"<simpledc>{inside}</simpledc>".encode()), name, kind)
