"""Judges a package by the archive's own rules: complete, unaltered, and at one with itself (PKG rules)."""

from __future__ import annotations

from collections.abc import Collection

from metadata.digests import chunks_of, digests_of
from metadata.edtf import is_edtf
from metadata.findings import Finding
from metadata.package_contents import RECEIPT, RECORD, ROOT, Contents, OpenFile, open_contents
from metadata.profiles.packages import PackageKind, packages
from metadata.receipts import read_receipt
from metadata.xml import schemas
from metadata.xml.ead import DOSSIER_FORM, FORMS, read_ead
from metadata.xml.record import read_record

_SCHEMAS = "schemas/"
_EAD_FORMS = (DOSSIER_FORM, *FORMS.values())


def check_package(open_file: OpenFile, paths: Collection[str], package_id: str | None = None) -> tuple[Finding, ...]:
    """Everything that is wrong with a package, all at once; reads every byte, streamed. Empty: nothing is wrong.

    Judged by the locked schemas only, never by what the package brings.

    Args:
        open_file: See `OpenFile`; what it raises goes through.
        paths: All files of the package.
        package_id: UUID under which the package is kept, where that is known.

    Source:
        PKG-001 to PKG-011.
    """
    contents = open_contents(open_file, paths, package_id)
    if contents.root is None:
        return tuple(contents.findings)
    _check_lists(contents)
    _check_bytes(contents)
    _check_events(contents)
    _check_descriptions(contents)
    _check_counts(contents)
    _check_schemas(contents)
    # A metadata file that is both parsed and digested would tell of the same damage twice.
    return tuple({finding.model_dump_json(): finding for finding in contents.findings}.values())


def _check_lists(contents: Contents) -> None:
    for path in sorted(set(contents.listed) - contents.paths):
        contents.broken("PKG-001", path)
    for path in sorted(contents.paths - set(contents.listed) - {ROOT}):
        contents.broken("PKG-002", path)


def _check_bytes(contents: Contents) -> None:
    for path in sorted(set(contents.listed) & contents.paths):
        with contents.open_file(path) as stream:
            contents.compare(path, digests_of(chunks_of(stream)))


def _check_events(contents: Contents) -> None:
    for event in contents.events:
        if not is_edtf(event.at):
            contents.broken("PKG-010", event.type, found=event.at)


def _form_of(kind: str) -> str:
    form = kind.removesuffix("-TT05")
    return form if form in _EAD_FORMS and form != kind else ""


def _kind(contents: Contents) -> PackageKind:
    """Whether its forms are those of a dossier or of loose documents: METS says which."""
    loose = contents.root is not None and contents.root.type == packages()[PackageKind.AIP_LOOSE].type
    return PackageKind.AIP_LOOSE if loose else PackageKind.AIP_DOSSIER


def _check_descriptions(contents: Contents) -> None:
    for path, kind in contents.kinds.items():
        form = _form_of(kind)
        if form and path in contents.paths:
            with contents.reading(path) as stream:
                if stream is not None:
                    read_ead(stream, form, _kind(contents))


def _check_counts(contents: Contents) -> None:
    documents = [path for path in contents.data if path.startswith("representations/rep1/")]
    with contents.reading(RECORD) as stream:
        if stream is not None:
            record = read_record(stream)
            recorded = [file.path for document in record.documents for file in document.files]
            if sorted(recorded) != sorted(documents):
                contents.broken("PKG-006", RECORD, expected=str(len(recorded)), found=str(len(documents)))
    with contents.reading(RECEIPT) as stream:
        if stream is None:
            return
        receipt = read_receipt(stream.read())
        received = sorted((entry.path, entry.sha256, entry.sha512, entry.size_bytes) for entry in receipt.files)
        kept = sorted(
            (known.original_name, known.sha256, known.sha512, known.size_bytes)
            for path, known in contents.objects.items()
            if path in documents or known.source is None
        )
        if received != kept or not receipt.balances():
            contents.broken("PKG-006", RECEIPT, expected=str(len(received)), found=str(len(kept)))


def _check_schemas(contents: Contents) -> None:
    ours = {name: schemas.published(name) for name in schemas.lock()}
    ours |= {f"{name}.xsd": schemas.circular(f"{name}.xsd", _kind(contents)) for name in _EAD_FORMS}
    for path in sorted(path for path in contents.paths if path.startswith(_SCHEMAS)):
        expected = ours.get(path.removeprefix(_SCHEMAS))
        with contents.open_file(path) as stream:
            if expected is None or stream.read(len(expected) + 1) != expected:
                contents.broken("PKG-011", path)
