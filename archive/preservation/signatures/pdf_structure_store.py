"""The document security store (ISO 32000-2, 12.8.4.3) of an opened PDF, with caps on number and size."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import pikepdf

from archive.preservation.signatures.pdf_facts import SecurityStore
from archive.preservation.signatures.pdf_structure import Revisions, items

MAX_OBJECTS = 500
"""Streams of each kind that are read."""

MAX_STREAM = 32 << 20
"""Largest certificate, CRL or OCSP answer, in bytes."""

MAX_STORE = 64 << 20
"""Largest store, in bytes."""


class _StoreError(ValueError):
    """A part of the store that is not read."""


def security_store(revisions: Revisions) -> SecurityStore:
    """Certificates and revocation data that the file carries for its signatures."""
    try:
        store = revisions.pdf(len(revisions.sections)).Root.get("/DSS")
    except Exception as error:  # noqa: BLE001 - whatever hostile objects provoke
        return SecurityStore(problem=type(error).__name__)
    if store is None:
        return SecurityStore()
    if not isinstance(store, pikepdf.Dictionary):
        return SecurityStore(problem="the store is no dictionary")
    problems: list[str] = []
    found = {key: _kind(revisions, store, key, problems) for key in ("/Certs", "/CRLs", "/OCSPs")}
    certificates = found["/Certs"]
    answers = {**found["/OCSPs"], **found["/CRLs"]}
    return SecurityStore(
        tuple(certificates),
        tuple(answers),
        "; ".join(dict.fromkeys(problems)),
        tuple(certificates.values()),
        tuple(answers.values()),
    )


def _kind(revisions: Revisions, store: pikepdf.Dictionary, key: str, problems: list[str]) -> dict[bytes, int]:
    """DER with the revision in which it first stands; the same object may be listed again for each signature."""
    found: dict[bytes, int] = {}
    room = MAX_STORE
    try:
        for der, number in _listed(revisions, store, key, problems):
            room -= len(der)
            if room < 0:
                problems.append(f"{key}: more than {MAX_STORE} bytes")
                break
            found[der] = min(number, found.get(der, number))
    except Exception as error:  # noqa: BLE001 - as above
        problems.append(f"{key}: {type(error).__name__}")
    return found


def _listed(
    revisions: Revisions, store: pikepdf.Dictionary, key: str, problems: list[str]
) -> Iterator[tuple[bytes, int]]:
    listed = store.get(key)
    if listed is None:
        return
    if not isinstance(listed, pikepdf.Array):
        problems.append(f"{key} is no list")
        return
    if len(listed) > MAX_OBJECTS:
        problems.append(f"{key}: only {MAX_OBJECTS} of {len(listed)} are read")
    for item in items(listed, MAX_OBJECTS):
        try:
            der = _decoded(item)
        except _StoreError as error:
            problems.append(f"{key}: {error}")
            continue
        yield der, revisions.holds(item.objgen) if isinstance(item, pikepdf.Stream) else len(revisions.sections)


def _decoded(item: object) -> bytes:
    """Bytes of a stream without or with Flate compression: what writers of stores make, and bounded."""
    if not isinstance(item, pikepdf.Stream):
        raise _StoreError("an entry is no stream")
    filters = item.get("/Filter")
    if isinstance(filters, pikepdf.Array) and len(filters) <= 1:
        filters = filters[0] if len(filters) else None
    raw = item.read_raw_bytes()
    if filters is None:
        data = raw
    elif filters == pikepdf.Name.FlateDecode and item.get("/DecodeParms") is None:
        data = zlib.decompressobj().decompress(raw, MAX_STREAM + 1)
    else:
        raise _StoreError("an entry is compressed in a way that is not read")
    if len(data) > MAX_STREAM:
        msg = f"an entry is larger than {MAX_STREAM} bytes"
        raise _StoreError(msg)
    return data
