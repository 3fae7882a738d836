"""The walker over ASN.1: bounds, counts, depth, and BER brought into definite form."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from archive.preservation.signatures import asn1
from archive.preservation.signatures.asn1 import Asn1Error, BerError
from tests.generators.signed_data import der, number, octets, seq


def indefinite(tag: int, *parts: bytes) -> bytes:
    return bytes((tag, 0x80)) + b"".join(parts) + b"\0\0"


def values(data: bytes) -> list[tuple[int, bytes]]:
    return [(tag, data[start:end]) for tag, _, start, end in asn1.elements(data, 0, len(data))]


def test_elements_side_by_side_are_found_with_short_and_long_lengths() -> None:
    data = number(5) + octets(b"x" * 300) + der(0x0C)
    assert values(data) == [(0x02, b"\x05"), (0x04, b"x" * 300), (0x0C, b"")]


@pytest.mark.parametrize(
    "data",
    [
        b"\x30",
        b"\x30\x05\x02\x01",
        b"\x04\x82\x01",
        b"\x04\x84\xff\xff\xff\xff",
        b"\x04\xff" + b"\xff" * 127,
        b"\x1f\x81\x01\x00",
        b"\x30\x03\x02\x05\x01",
    ],
    ids=["tag-only", "cut-off", "length-cut-off", "4-gib", "127-length-octets", "high-tag", "longer-than-its-holder"],
)
def test_what_does_not_fit_is_no_asn1(data: bytes) -> None:
    with pytest.raises(Asn1Error):
        asn1.members(data, asn1.first(data))


def test_more_elements_than_a_reader_wants_are_refused() -> None:
    data = number(1) * 11
    assert len(asn1.elements(data, 0, len(data), 11)) == 11
    with pytest.raises(Asn1Error, match="more than 10"):
        asn1.elements(data, 0, len(data), 10)


def test_bytes_behind_a_structure_are_seen() -> None:
    with pytest.raises(Asn1Error, match="behind"):
        asn1.whole(seq() + b"\0", asn1.SEQUENCE)
    assert asn1.first(seq() + b"\0")[3] == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"260615090000Z", datetime(2026, 6, 15, 9, tzinfo=UTC)),
        (b"491231235959Z", datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (b"500101000000Z", datetime(1950, 1, 1, tzinfo=UTC)),
        (b"2606150900Z", datetime(2026, 6, 15, 9, tzinfo=UTC)),
        (b"260615160000+0700", datetime(2026, 6, 15, 9, tzinfo=UTC)),
        (b"20560615090000Z", datetime(2056, 6, 15, 9, tzinfo=UTC)),
        (b"20260615090000.5Z", datetime(2026, 6, 15, 9, 0, 0, 500000, tzinfo=UTC)),
        (b"20260615090000.1234567Z", datetime(2026, 6, 15, 9, 0, 0, 123456, tzinfo=UTC)),
        (b"20260615090060Z", datetime(2026, 6, 15, 9, 0, 59, tzinfo=UTC)),
        (b"20260615090000", datetime(2026, 6, 15, 9, tzinfo=UTC)),
        (b"20260615020000-0700", datetime(2026, 6, 15, 9, tzinfo=UTC)),
    ],
    ids=lambda value: value.decode() if isinstance(value, bytes) else "",
)
def test_times_are_read_with_every_zone_and_fraction(text: bytes, expected: datetime) -> None:
    assert asn1.time_of(text) == expected
    assert asn1.time_of(text).utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "text",
    [b"", b"Z", b"261315090000Z", b"20260230000000Z", b"99999999999999Z", b"00010101000000+1000", b"2026\xff0Z"],
)
def test_what_is_no_time_is_refused(text: bytes) -> None:
    with pytest.raises(Asn1Error):
        asn1.time_of(text)


def test_identifiers_are_read_and_written_alike() -> None:
    for identifier in ("1.2.840.113549.1.7.2", "2.16.840.1.101.3.4.2.1", "0.4.0.1733.2.4", "2.999.3", "2.5.29.15"):
        data = asn1.encoded_oid(identifier)
        assert asn1.oid(data, asn1.first(data)) == identifier
    for hostile in (b"", b"\x80", b"\x2a\x86", b"\x2a" * 101):
        with pytest.raises(Asn1Error):
            asn1.dotted(hostile)


class TestNormalising:
    def test_definite_bytes_stay_as_they_are_even_where_der_is_shorter(self) -> None:
        """A signature was made over these bytes."""
        loose = b"\x30\x82\x00\x03\x02\x01\x05"
        assert asn1.normalised(loose) == (loose, len(loose))

    def test_indefinite_lengths_become_definite_and_their_end_is_told(self) -> None:
        data = indefinite(0x30, number(1), indefinite(0xA0, seq(number(2)), octets(b"x")))
        assert asn1.normalised(data + b"\0\0\0") == (seq(number(1), der(0xA0, seq(number(2)), octets(b"x"))), len(data))

    def test_strings_in_pieces_become_one(self) -> None:
        assert asn1.normalised(indefinite(0x24, octets(b"ab"), octets(b"cd")))[0] == octets(b"abcd")
        assert asn1.normalised(der(0x24, octets(b"ab"), indefinite(0x24, octets(b"cd"))))[0] == octets(b"abcd")
        assert asn1.normalised(der(0x24))[0] == octets(b"")
        bits = der(0x23, der(0x03, b"\0\xff"), der(0x03, b"\x04\xf0"))
        assert asn1.normalised(bits)[0] == der(0x03, b"\x04\xff\xf0")

    def test_a_definite_holder_of_indefinite_members_gets_its_new_length(self) -> None:
        assert asn1.normalised(seq(indefinite(0x30, number(7))))[0] == seq(seq(number(7)))

    @pytest.mark.parametrize(
        "data",
        [
            b"\x30\x80",
            b"\x30\x80\x02\x01\x05",
            b"\x04\x80\0\0",
            der(0x24, number(1)),
            der(0x23, der(0x03, b"\x04\xf0"), der(0x03, b"\0\xff")),
            b"\x3f\x80\0\0",
            b"",
        ],
        ids=["no-end", "end-missing", "primitive", "other-pieces", "bits-within", "high-tag", "nothing"],
    )
    def test_broken_encodings_are_refused(self, data: bytes) -> None:
        with pytest.raises(Asn1Error):
            asn1.normalised(data)

    def test_depth_and_number_are_bounded(self) -> None:
        with pytest.raises(Asn1Error, match="too deep"):
            asn1.normalised(b"\x30\x80" * 100_000)
        nested = number(1)
        for _ in range(60):
            nested = seq(nested)
        with pytest.raises(Asn1Error, match="too deep"):
            asn1.normalised(nested)
        with pytest.raises(Asn1Error, match="too many"):
            asn1.normalised(seq(b"\x05\0" * (asn1.MAX_NORMALISED + 1)))


def test_a_string_in_pieces_asks_for_normalising() -> None:
    data = der(0x24, octets(b"ab"))
    with pytest.raises(BerError):
        asn1.octets(data, asn1.first(data))
    indefinite_data = indefinite(0x30)
    with pytest.raises(BerError):
        asn1.first(indefinite_data)


def test_integers_and_truth_values_have_octets() -> None:
    assert asn1.integer(number(-129), asn1.first(number(-129))) == -129
    for data in (b"\x02\0", b"\x02\x82\x10\x01" + bytes(4097), b"\x04\x01\x05"):
        with pytest.raises(Asn1Error):
            asn1.integer(data, asn1.first(data))
    with pytest.raises(Asn1Error):
        asn1.boolean(b"\x01\0", asn1.first(b"\x01\0"))
    for data in (b"\x03\0", b"\x03\x02\x08\x01"):
        with pytest.raises(Asn1Error):
            asn1.bits(data, asn1.first(data))
