"""Where things lie."""

from __future__ import annotations

import hashlib
import json
from datetime import date

import pytest

from storage.errors import UnsafeKeyError
from storage.layout import (
    ROOT_FILES,
    evidence_batch_key,
    evidence_object_key,
    ledger_key,
    object_id,
    object_path,
    package_id_of,
    segment_key,
)

PACKAGE = "6f9619ff-8b86-4011-b42d-00c04fc964ff"


def test_an_object_lies_below_the_hash_of_its_id_as_extension_0003_says() -> None:
    digest = hashlib.sha256(f"urn:uuid:{PACKAGE}".encode()).hexdigest()
    assert object_id(PACKAGE) == f"urn:uuid:{PACKAGE}"
    assert object_path(PACKAGE) == f"packages/{digest[:3]}/{digest[3:6]}/{digest[6:9]}/urn%3auuid%3a{PACKAGE}"


def test_a_root_inventory_names_its_package_and_no_other_key_does() -> None:
    folder = object_path(PACKAGE)
    assert package_id_of(f"{folder}/inventory.json") == PACKAGE
    for key in (
        f"{folder}/inventory.json.sha512",
        f"{folder}/v1/inventory.json",
        f"packages/000/000/000/urn%3auuid%3a{PACKAGE}/inventory.json",
        "packages/inventory.json",
        "inventory.json",
        "",
    ):
        assert package_id_of(key) is None


@pytest.mark.rule("STO-001")
@pytest.mark.parametrize(
    "package_id", ["", "..", PACKAGE.upper(), PACKAGE.replace("-", ""), f"{{{PACKAGE}}}", f"{PACKAGE}/..", "H01.02"]
)
def test_only_a_plain_uuid_becomes_a_place(package_id: str) -> None:
    with pytest.raises(UnsafeKeyError):
        object_path(package_id)


def test_the_root_says_which_format_it_is_written_in() -> None:
    assert list(ROOT_FILES)[-1] == "packages/0=ocfl_1.1"
    layout = json.loads(ROOT_FILES["packages/ocfl_layout.json"])
    assert set(layout) == {"extension", "description"}
    assert "luutru-aip 1.2" in layout["description"]
    config = json.loads(ROOT_FILES[f"packages/extensions/{layout['extension']}/config.json"])
    assert config["extensionName"] == layout["extension"]


def test_ledger_audit_and_evidence_lie_beside_the_packages() -> None:
    assert ledger_key(date(2026, 3, 1), 1) == "ledger/2026-03-01.jsonl"
    assert ledger_key(date(2026, 3, 1), 2) == "ledger/2026-03-01-2.jsonl"
    assert segment_key(2026, "000000000001") == "audit/2026/000000000001.jsonl.zst"
    assert evidence_object_key("a" * 64) == f"evidence/objects/{'a' * 64}"
    assert evidence_batch_key(date(2026, 3, 1), 2, "tree.json") == "evidence/batches/2026-03-01-2/tree.json"


@pytest.mark.rule("STO-001")
def test_names_of_segments_and_evidence_cannot_leave_their_place() -> None:
    for name in ("../x", "", "a/b", "A"):
        with pytest.raises(UnsafeKeyError):
            segment_key(2026, name)
    for digest in ("A" * 64, "../../x"):
        with pytest.raises(UnsafeKeyError):
            evidence_object_key(digest)
    with pytest.raises(UnsafeKeyError):
        evidence_batch_key(date(2026, 3, 1), 1, "../../../x")
