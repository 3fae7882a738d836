"""The archive's own rules see every kind of tampering that we could think of."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from metadata.findings import Finding
from metadata.package import PackageBrokenError
from metadata.package_check import check_package
from metadata.package_reader import read_package
from metadata.rules import message
from tests.fakes.dossiers import PACKAGE_ID, Paper, dossier, package_stage

ORIGINAL = "representations/rep1/data/H49.64.2025.12.HS-DAT.001.pdf"
RENDITION = "representations/rep2/data/H49.64.2025.12.HS-DAT.001.pdf"
PREMIS = "representations/rep1/metadata/preservation/PREMIS_rep1.xml"
REP1 = "representations/rep1/METS.xml"
Package = dict[str, bytes]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    item = dossier(tmp_path_factory.mktemp("work"), [Paper(("a.pdf",), text="chữ", rendition=True, signed=True)])
    part = package_stage().run(item).parts[0]
    return {file.path: (item.folder / file.source).read_bytes() for file in part.files}


def _found(package: Mapping[str, bytes], package_id: str | None = PACKAGE_ID) -> tuple[Finding, ...]:
    return check_package(lambda path: io.BytesIO(package[path]), package.keys(), package_id)


def _rules(package: Mapping[str, bytes]) -> set[str]:
    return {finding.rule for finding in _found(package)}


def _resealed(package: Package, path: str) -> None:
    """Make METS agree with `path` again, as somebody would who knows the format. Nothing seals the root."""
    digest, size = hashlib.sha256(package[path]).hexdigest(), len(package[path])
    holder = REP1 if path.startswith("representations/rep1/") and path != REP1 else "METS.xml"
    place = path.removeprefix(holder.removesuffix("METS.xml"))
    lines = package[holder].decode().split("\n")
    for number, line in enumerate(lines):
        if f'href="{place}"' in line:
            at = number if "CHECKSUM=" in line else number - 1
            lines[at] = re.sub(r'CHECKSUM="[0-9a-f]+"', f'CHECKSUM="{digest}"', lines[at])
            lines[at] = re.sub(r' SIZE="\d+"', f' SIZE="{size}"', lines[at])
    package[holder] = "\n".join(lines).encode()
    if holder == REP1:
        _resealed(package, REP1)


def _replaced(package: Package, path: str, old: bytes, new: bytes, *, reseal: bool = True) -> None:
    assert old in package[path]
    package[path] = package[path].replace(old, new, 1)
    if reseal and path != "METS.xml":
        _resealed(package, path)


def test_a_package_as_it_was_made_breaks_no_rule(whole: Mapping[str, bytes]) -> None:
    assert _found(whole) == ()
    assert _found(whole, None) == ()


def test_resealing_alone_changes_nothing(whole: Mapping[str, bytes]) -> None:
    """Shows that what is found below is found for the change, not for the resealing."""
    package = dict(whole)
    for path in (ORIGINAL, PREMIS, "metadata/descriptive/EAD.xml", "documentation/receipt.json"):
        _resealed(package, path)
    assert package == whole


@pytest.mark.rule("PKG-001")
@pytest.mark.parametrize("path", [ORIGINAL, PREMIS, REP1, "schemas/METS.xsd", "metadata/descriptive/source/record.xml"])
def test_a_missing_file_is_named(whole: Mapping[str, bytes], path: str) -> None:
    package = {name: data for name, data in whole.items() if name != path}
    assert Finding(rule="PKG-001", subject=path) in _found(package)


def test_a_package_without_mets_is_no_package() -> None:
    assert [finding.rule for finding in _found({"a": b""})] == ["PKG-001"]


@pytest.mark.rule("PKG-002")
@pytest.mark.parametrize("path", ["more.txt", "representations/rep1/data/more.pdf", "representations/rep4/METS.xml"])
def test_a_file_that_no_mets_lists_is_named(whole: Mapping[str, bytes], path: str) -> None:
    assert Finding(rule="PKG-002", subject=path) in _found({**whole, path: b"x"})


@pytest.mark.rule("PKG-003")
def test_one_flipped_bit_anywhere_is_seen(whole: Mapping[str, bytes]) -> None:
    for path, data in whole.items():
        if path == "METS.xml":
            continue
        flipped = data[:-1] + bytes([data[-1] ^ 1])
        found = _found({**whole, path: flipped})
        assert any(finding.rule == "PKG-003" and finding.subject == path for finding in found), path


@pytest.mark.rule("PKG-004")
@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_premis_that_lies_about_a_digest_is_seen_though_mets_agrees_with_premis_itself(
    whole: Mapping[str, bytes], algorithm: str
) -> None:
    """Neither judge of E-ARK packages opens PREMIS: this is our own rule."""
    package = dict(whole)
    digest = hashlib.new(algorithm, whole[ORIGINAL]).hexdigest().encode()
    _replaced(package, PREMIS, digest, digest[::-1])
    assert _rules(package) >= {"PKG-004"}
    assert "PKG-003" not in _rules(package)


@pytest.mark.rule("PKG-005")
@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (PREMIS, b"<size>", b"<size>many"),
        (PREMIS, b"</premis>", b""),
        (REP1, b"</mets>", b"</me"),
        (REP1, b"<fileSec ", b"<nonsense/><fileSec "),
        ("METS.xml", b"<metsHdr ", b"<metsHdr ID='1' "),
        ("METS.xml", b"<mets ", b"<!DOCTYPE mets [<!ENTITY a SYSTEM 'file:///etc/hostname'>]><mets "),
        ("metadata/descriptive/EAD.xml", b"<totalDoc>1", b"<totalDoc>many"),
        ("representations/rep1/metadata/descriptive/EAD_doc_001.xml", b"<docCode>", b"<docCode/><docCode>"),
        ("metadata/descriptive/source/record.xml", b'version="1"', b'version="99"'),
        ("documentation/receipt.json", b'"counted_in": 2', b'"counted_in": "zwei"'),
    ],
)
def test_what_cannot_be_read_or_breaks_its_schema_is_named(
    whole: Mapping[str, bytes], path: str, old: bytes, new: bytes
) -> None:
    package = dict(whole)
    _replaced(package, path, old, new)
    found = _found(package)
    assert any(finding.rule == "PKG-005" and finding.subject == path for finding in found), found


@pytest.mark.rule("PKG-005")
def test_a_file_that_mets_lists_twice_and_differently_is_seen(whole: Mapping[str, bytes]) -> None:
    package = dict(whole)
    path = "schemas/xlink.xsd"
    line = next(line for line in package["METS.xml"].split(b"</file>") if path.encode() in line) + b"</file>"
    twin = re.sub(rb'ID="[^"]+"', b'ID="ID-twin"', line.replace(b'SIZE="', b'SIZE="1'), count=1)
    _replaced(package, "METS.xml", line, line + twin)
    assert "PKG-005" in _rules(package)


@pytest.mark.rule("PKG-006")
@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("documentation/receipt.json", b'"counted_in": 2', b'"counted_in": 3'),
        ("documentation/receipt.json", b'"path": "a.pdf"', b'"path": "b.pdf"'),
        ("metadata/descriptive/source/record.xml", b'.001.pdf" part="1"', b'.009.pdf" part="1"'),
    ],
)
def test_counts_in_that_are_not_counts_out_are_seen(
    whole: Mapping[str, bytes], path: str, old: bytes, new: bytes
) -> None:
    package = dict(whole)
    _replaced(package, path, old, new)
    assert _rules(package) == {"PKG-006"}


@pytest.mark.rule("PKG-007")
def test_a_file_that_only_mets_or_only_premis_knows_is_seen(whole: Mapping[str, bytes]) -> None:
    package = dict(whole)
    start, end = package[PREMIS].index(b'<object xsi:type="file">'), package[PREMIS].index(b"<event>")
    package[PREMIS] = package[PREMIS][:start] + package[PREMIS][end:]
    _resealed(package, PREMIS)
    assert {"PKG-007"} <= _rules(package)
    package = dict(whole)
    _replaced(package, PREMIS, f"/{ORIGINAL}<".encode(), b"/representations/rep1/data/another.pdf<")
    assert {finding.subject for finding in _found(package) if finding.rule == "PKG-007"} == {
        ORIGINAL,
        "representations/rep1/data/another.pdf",
    }


@pytest.mark.rule("PKG-008")
def test_a_package_of_a_later_form_is_not_read(whole: Mapping[str, bytes]) -> None:
    package = dict(whole)
    _replaced(package, "METS.xml", b"luutru-aip 1.2", b"luutru-aip 9.0")
    assert _rules(package) == {"PKG-008"}
    with pytest.raises(PackageBrokenError, match="PKG-008"):
        read_package(lambda path: io.BytesIO(package[path]), package.keys())


@pytest.mark.rule("PKG-009")
def test_a_package_kept_under_another_name_is_seen(whole: Mapping[str, bytes]) -> None:
    assert [finding.rule for finding in _found(whole, "00000000-0000-4000-8000-000000000000")] == ["PKG-009"]


@pytest.mark.rule("PKG-010")
@pytest.mark.parametrize(
    "time", [b"yesterday", b"2026-13", b"2026-02-30", b"28/11/2026", b"2026-11-28T03:00:00", b"2026/2027/2028", b""]
)
def test_a_time_that_is_none_is_seen_though_the_schema_takes_it(whole: Mapping[str, bytes], time: bytes) -> None:
    package = dict(whole)
    _replaced(package, PREMIS, b"<eventDateTime>2026-11-28T03:00:00.000Z<", b"<eventDateTime>" + time + b"<")
    assert _rules(package) == {"PKG-010"}


@pytest.mark.rule("PKG-011")
def test_a_schema_of_its_own_is_told_and_not_used(whole: Mapping[str, bytes]) -> None:
    package = dict(whole)
    package["schemas/METS.xsd"] = b"<everything-goes/>"
    _resealed(package, "schemas/METS.xsd")
    assert _rules(package) == {"PKG-011"}
    assert read_package(lambda path: io.BytesIO(package[path]), package.keys()).package_id == PACKAGE_ID


def test_a_link_out_of_the_package_is_not_followed(whole: Mapping[str, bytes], tmp_path: Path) -> None:
    opened: list[str] = []
    package = dict(whole)
    _replaced(package, "METS.xml", b'href="representations/rep2/METS.xml"', b'href="../../../etc/METS.xml"')

    def opening(path: str) -> io.BytesIO:
        opened.append(path)
        return io.BytesIO(package[path])

    found = check_package(opening, package.keys())
    assert {finding.rule for finding in found} >= {"PKG-001"}
    assert not any(".." in path for path in opened)


@pytest.mark.parametrize(
    "change",
    [
        lambda package: package.pop("documentation/receipt.json"),
        lambda package: package.pop("metadata/descriptive/source/record.xml"),
        lambda package: package.update({PREMIS: package[PREMIS][:-20]}),
        lambda package: package.update({"metadata/other/signatures/001.json": b"{}"}),
        lambda package: package.update({"METS.xml": b""}),
    ],
    ids=["no receipt", "no record", "half a PREMIS", "a verdict that is none", "an empty METS"],
)
def test_a_broken_package_is_never_read_as_if_it_were_whole(
    whole: Mapping[str, bytes], change: Callable[[Package], object]
) -> None:
    package = dict(whole)
    change(package)
    with pytest.raises(PackageBrokenError) as caught:
        read_package(lambda path: io.BytesIO(package[path]), package.keys())
    assert caught.value.findings
    assert not caught.value.retryable


@pytest.mark.parametrize("spoil", ["record", "verdict", "transcription"])
def test_metadata_that_contradict_each_other_though_all_digests_agree_are_a_fault(
    whole: Mapping[str, bytes], spoil: str
) -> None:
    package = dict(whole)
    if spoil == "record":
        _replaced(package, "metadata/descriptive/source/record.xml", b'.001.pdf" part="1"', b'.009.pdf" part="1"')
    elif spoil == "verdict":
        _replaced(package, "metadata/other/signatures/001.json", b"INDETERMINATE", b"SPLENDID")
    else:
        path = "representations/rep3/metadata/preservation/PREMIS_rep3.xml"
        _replaced(package, path, b'{"pages":1', b'{"pages":[]', reseal=False)
        holder = "representations/rep3/METS.xml"
        old = hashlib.sha256(whole[path]).hexdigest().encode()
        _replaced(package, holder, old, hashlib.sha256(package[path]).hexdigest().encode(), reseal=False)
        size = f' SIZE="{len(whole[path])}"'.encode()
        _replaced(package, holder, size, f' SIZE="{len(package[path])}"'.encode())
    with pytest.raises(PackageBrokenError):
        read_package(lambda path: io.BytesIO(package[path]), package.keys())


def test_findings_are_words_in_both_languages(whole: Mapping[str, bytes]) -> None:
    package = {**whole, RENDITION: b"x"}
    (finding,) = {finding.rule: finding for finding in _found(package)}.values()
    assert RENDITION in message(finding, "vi")
    assert RENDITION in message(finding, "en")
    assert "…" not in message(finding, "vi") + message(finding, "en")
