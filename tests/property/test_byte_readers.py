"""Bytes changed, cut, spliced: the readers give facts or their named error, and nothing that was changed is genuine."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archive.preservation.signatures.algorithms import signature_algorithm
from archive.preservation.signatures.arithmetic import verify
from archive.preservation.signatures.asn1 import Asn1Error, encoded, first, header, members, normalised
from archive.preservation.signatures.certificates import CertificateUnreadableError, certificate
from archive.preservation.signatures.cms_reading import CmsUnreadableError, read_signed_data
from tests.generators.byte_targets import ED25519, TARGETS, seeds
from tests.generators.certificate_facts import by_library, ours
from tests.generators.examples import examples
from tests.generators.signed_data import algorithm

EVERY = tuple(dict.fromkeys(data for kinds in seeds().values() for data in kinds))
hostile_bytes = st.sampled_from(
    [b"\0", b"\x80", b"\xff", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\x1f", b"\0\0", b"\x05\0"]
)


@dataclass(frozen=True)
class Edit:
    """One change at a place, told as a share of the length."""

    place: float
    kind: str
    what: bytes
    count: int

    def of(self, data: bytes) -> bytes:
        at = int(self.place * len(data))
        if self.kind == "replace":
            return data[:at] + self.what + data[at + len(self.what) :]
        if self.kind == "insert":
            return data[:at] + self.what + data[at:]
        if self.kind == "delete":
            return data[:at] + data[at + self.count :]
        if self.kind == "repeat":
            return data[:at] + data[at : at + self.count] * 2 + data[at + self.count :]
        return data[:at]


def elements_of(data: bytes) -> list[bytes]:
    """All elements within well-formed bytes, for splicing where structure stays whole."""
    found: list[bytes] = []
    waiting = [data]
    while waiting and len(found) < 400:
        piece = waiting.pop()
        found.append(piece)
        if piece[0] & 0x20:
            try:
                waiting += [encoded(piece, e) for e in members(piece, first(piece))]
            except Asn1Error:
                continue
    return found


PIECES = sorted({piece for data in EVERY for piece in elements_of(data)}, key=lambda piece: (len(piece), piece))
edits = st.builds(
    Edit,
    st.floats(0, 1, exclude_max=True),
    st.sampled_from(["replace", "insert", "delete", "repeat", "cut"]),
    st.binary(min_size=1, max_size=4) | hostile_bytes | st.sampled_from(PIECES),
    st.integers(1, 64),
)


@st.composite
def spliced(draw: st.DrawFn) -> bytes:
    """One element exchanged for another, with all lengths around it put right: what only a hostile hand makes."""
    data = draw(st.sampled_from(EVERY))
    return _exchange(draw, data, draw(st.sampled_from(PIECES) | st.binary(max_size=8)), 12)


def _exchange(draw: st.DrawFn, data: bytes, other: bytes, depth: int) -> bytes:
    try:
        inner = members(data, first(data)) if data[0] & 0x20 else []
    except Asn1Error:
        inner = []
    if not inner or not depth or draw(st.integers(0, 9)) == 0:
        return other
    chosen = draw(st.integers(0, len(inner) - 1))
    parts = [encoded(data, e) for e in inner]
    parts[chosen] = _exchange(draw, parts[chosen], other, depth - 1)
    body = b"".join(parts)
    return header(data[0], len(body)) + body


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=examples(60))
@given(start=st.sampled_from(EVERY), changes=st.lists(edits, min_size=1, max_size=4))
@example(start=b"\x30\x80" * 2000, changes=[])
@example(start=b"\x24\x80" * 2000, changes=[])
@example(start=b"", changes=[])
@example(start=b"\x30\x84\x7f\xff\xff\xff", changes=[])
def test_changed_bytes_give_facts_or_the_named_error(target: str, start: bytes, changes: list[Edit]) -> None:
    data = start
    for change in changes:
        data = change.of(data)
    TARGETS[target](data)


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=examples(40))
@given(data=spliced())
def test_spliced_structures_give_facts_or_the_named_error(target: str, data: bytes) -> None:
    TARGETS[target](data)


@settings(max_examples=examples(80))
@given(change=st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)))
def test_a_certificate_with_any_byte_changed_is_issued_by_nobody(change: tuple[float, int]) -> None:
    ca, person = seeds()["certificate"]
    changed = bytearray(person)
    changed[int(change[0] * len(changed))] ^= change[1]
    try:
        found = certificate(bytes(changed))
    except CertificateUnreadableError:
        return
    assert not found.issued_by(certificate(ca))


@settings(max_examples=examples(150))
@given(which=st.sampled_from(seeds()["certificate"]), changes=st.lists(edits, min_size=1, max_size=2))
def test_whatever_the_library_reads_we_read_alike(which: bytes, changes: list[Edit]) -> None:
    data = which
    for change in changes:
        data = change.of(data)
    try:
        expected = by_library(data)
    except (ValueError, TypeError, KeyError, UnsupportedAlgorithm, x509.DuplicateExtension):
        return
    found = ours(certificate(data))
    differing = [kind for kind in found if found[kind] != expected[kind]]
    if differing == ["names"]:
        # Of a value that is no string the library makes text; RFC 4514 wants its octets.
        assert found["names"][:2] == expected["names"][:2]
        assert "=#" in "".join(found["names"][2:])
    else:
        assert differing == []


@settings(max_examples=examples(80))
@given(place=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
def test_a_value_over_changed_attributes_is_not_genuine(place: float, mask: int) -> None:
    data = bytearray(seeds()["cms"][0])
    facts = read_signed_data(bytes(data)).signers[0]
    start = bytes(data).index(facts.signed_bytes[0][4:])
    data[start + int(place * (len(facts.signed_bytes[0]) - 4))] ^= mask
    try:
        changed = read_signed_data(bytes(data)).signers[0]
    except CmsUnreadableError:
        return
    key = certificate(seeds()["certificate"][1]).public_key
    for form in changed.signed_bytes:
        assert not verify(changed.signature, form, signature_algorithm(algorithm(ED25519)), "", key)


@settings(max_examples=examples(80))
@given(data=spliced() | st.binary(max_size=64))
def test_bringing_into_definite_form_twice_changes_nothing_more(data: bytes) -> None:
    try:
        once, end = normalised(data)
    except Asn1Error:
        return
    assert normalised(once) == (once, len(once))
    assert 0 < end <= len(data)
