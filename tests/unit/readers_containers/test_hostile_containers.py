"""Containers that lie, overlap, hide or were written by careless programs: refused, or read right and told."""

from __future__ import annotations

import gzip
import io
import os
import random
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from pathlib import Path

import pytest
import zstandard

from ingest.readers.containers import Containers, Opened, inner, only_container, stem_of
from ingest.readers.listing import DeliveryUnreadableError
from ingest.readers.packed import ContainerReader
from metadata.descriptions import Delivery
from metadata.rules import errors_of, message
from tests.fakes.workers import InlineWorkers
from tests.generators.zips import Piece, make_zip, unicode_path

SMALL = Containers(InlineWorkers(), max_file_bytes=1 << 20, max_total_bytes=4 << 20)


def opened(data: bytes, tmp_path: Path, name: str = "gói.zip") -> Opened:
    path = tmp_path / name
    path.write_bytes(data)
    return SMALL.opened(path, tmp_path / "room")


def refusals(data: bytes, tmp_path: Path, name: str = "gói.zip") -> list[tuple[str, str]]:
    found = opened(data, tmp_path, name)
    assert found.refused
    assert not found.root.exists()
    assert [path.name for path in (tmp_path / "room").iterdir()] == [], "nothing half unpacked is left"
    return [(finding.rule, finding.subject) for finding in errors_of(found.findings)]


def told(data: bytes, tmp_path: Path) -> tuple[list[str], dict[str, dict[str, str]]]:
    """Paths of a container that is taken, and the values of its warnings by rule."""
    found = opened(data, tmp_path)
    assert not found.refused, found.findings
    paths = sorted(path.relative_to(found.root).as_posix() for path in found.root.rglob("*") if path.is_file())
    return paths, {finding.rule: finding.values for finding in found.findings}


def tar(*members: tuple[str, bytes, bytes], **how: object) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", **how) as archive:  # type: ignore[call-overload]
        for name, data, kind in members:
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname = kind, len(data), "elsewhere"
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


# ------------------------------------------------------------ refused


@pytest.mark.rule("CON-008")
@pytest.mark.parametrize(
    "piece",
    [
        Piece(b"a.txt", local_name=b"b.txt"),
        Piece(b"a.txt", local_size=9),
        Piece(b"a.txt", local_crc=1),
    ],
)
def test_a_member_that_says_two_things_of_itself_is_refused(tmp_path: Path, piece: Piece) -> None:
    assert refusals(make_zip([piece]), tmp_path) == [("CON-008", "a.txt")]


@pytest.mark.rule("CON-009")
def test_members_that_share_bytes_are_refused(tmp_path: Path) -> None:
    """The quoted-overlap bomb: many names for one stretch of packed data."""
    pieces = [Piece(b"a", b"y" * 100), Piece(b"a", b"y" * 100, offset=0)]
    assert ("CON-009", "a") in refusals(make_zip(pieces), tmp_path)


@pytest.mark.rule("CON-009")
def test_a_member_that_reaches_into_the_directory_is_refused(tmp_path: Path) -> None:
    data = bytearray(make_zip([Piece(b"a", b"y" * 40)]))
    struct.pack_into("<2L", data, 18, 80, 80)
    struct.pack_into("<2L", data, data.index(b"PK\1\2") + 20, 80, 80)
    assert ("CON-009", "gói.zip") in refusals(bytes(data), tmp_path)


@pytest.mark.rule("CON-011")
@pytest.mark.parametrize(("method", "name"), [(9, "Deflate64"), (98, "PPMd"), (77, "77")])
def test_a_method_that_is_not_read_is_named(tmp_path: Path, method: int, name: str) -> None:
    found = opened(make_zip([Piece(b"a", method=method)]), tmp_path)
    (finding,) = found.findings
    assert (finding.rule, finding.values["method"]) == ("CON-011", name)
    assert "Deflate" in message(finding, "vi")


@pytest.mark.rule("CON-004")
@pytest.mark.parametrize("piece", [Piece(b"a", flags=1), Piece(b"a", flags=0x2000), Piece(b"a", method=99)])
def test_every_kind_of_encryption_is_a_password(tmp_path: Path, piece: Piece) -> None:
    assert refusals(make_zip([piece]), tmp_path) == [("CON-004", "a")]


@pytest.mark.rule("CON-001")
@pytest.mark.parametrize(
    "piece",
    [
        Piece(b"a", b"hello", central_crc=5, local_crc=5),
        Piece(b"a", b"hello", method=8, packed=zlib.compress(b"hello")[2:-5]),
        Piece(b"a", b"hello", method=8, packed=zlib.compress(b"hello")[2:-4] + b"more"),
        Piece(b"a", b"hello", method=12, packed=b"no bzip2"),
        Piece(b"a", b"hello", method=14, packed=b"\x09\x04\x05\x00\xff\xff\xff\xff\xff\0\0\0\0"),
        Piece(b"a", b"hello", method=14, packed=b"\x09"),
        Piece(b"a", b"hello", method=14, packed=b"\x09\x04\x00\x00hello"),
        Piece(b"a", b"hello", method=8, packed=zlib.compress(b"hello, world")[2:-4]),
    ],
)
def test_data_that_is_not_what_is_told_is_damage(tmp_path: Path, piece: Piece) -> None:
    assert refusals(make_zip([piece]), tmp_path) == [("CON-001", "gói.zip")]


@pytest.mark.rule("CON-001")
@pytest.mark.parametrize(("head", "kind"), [(b"Rar!\x1a\x07\x01\0", "RAR"), (b"7z\xbc\xaf\x27\x1c", "7-Zip")])
def test_another_packing_under_the_name_of_a_zip_is_called_by_its_own_name(
    tmp_path: Path, head: bytes, kind: str
) -> None:
    found = opened(head + bytes(600), tmp_path)
    assert kind in message(found.findings[0], "vi")


@pytest.mark.rule("CON-001")
def test_one_part_of_a_split_archive_is_told_as_such(tmp_path: Path) -> None:
    data = bytearray(make_zip([Piece(b"a")]))
    struct.pack_into("<H", data, data.index(b"PK\5\6") + 4, 1)
    assert "split" in opened(bytes(data), tmp_path).findings[0].values["detail"]


@pytest.mark.rule("CON-002")
@pytest.mark.parametrize("name", ["a\0b", "a\u202egnp.exe", "a\u2028b", "C:\\x", "\\\\server\\x", "x/" * 600 + "y"])
def test_names_that_hide_or_lead_away_are_refused(tmp_path: Path, name: str) -> None:
    (found,) = refusals(make_zip([Piece(name.encode(), flags=0x800)]), tmp_path)
    assert found[0] == "CON-002"
    assert "\u202e" not in found[1]


@pytest.mark.rule("CON-002")
@pytest.mark.parametrize("name", ["../up", "/etc/passwd", "a/../../b"])
def test_a_tar_is_held_to_the_same_paths(tmp_path: Path, name: str) -> None:
    assert [rule for rule, _ in refusals(tar((name, b"x", tarfile.REGTYPE)), tmp_path)] == ["CON-002"]


@pytest.mark.rule("CON-003")
def test_all_links_and_devices_of_a_tar_are_told_at_once(tmp_path: Path) -> None:
    kinds = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE)
    members = [(f"{number}", b"", kind) for number, kind in enumerate(kinds)]
    found = refusals(tar(("ok", b"x", tarfile.REGTYPE), *members), tmp_path)
    assert found == [("CON-003", str(number)) for number in range(5)]


@pytest.mark.rule("CON-005")
def test_a_sparse_member_counts_as_what_it_becomes(tmp_path: Path) -> None:
    info = tarfile.TarInfo("hole")
    info.pax_headers = {"GNU.sparse.size": str(1 << 33), "GNU.sparse.map": "0,1", "GNU.sparse.name": "hole"}
    info.size = 1
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.addfile(info, io.BytesIO(b"x"))
    assert refusals(stream.getvalue(), tmp_path)[0][0] == "CON-005"


@pytest.mark.rule("CON-005")
def test_a_bomb_behind_the_end_of_a_tar_is_not_read_to_its_end(tmp_path: Path) -> None:
    packed = gzip.compress(tar(("a", b"x", tarfile.REGTYPE)) + bytes(100 << 20), compresslevel=1)
    assert refusals(packed, tmp_path) == [("CON-005", "gói.zip")]


@pytest.mark.rule("CON-001")
@pytest.mark.parametrize("packing", ["", "gz", "xz", "bz2", "zst"])
def test_a_tar_that_is_cut_anywhere_is_never_taken_for_whole(tmp_path: Path, packing: str) -> None:
    noise = random.Random(7)  # noqa: S311 - bytes that do not pack, the same each time
    whole = tar(*((f"{number}", noise.randbytes(3000), tarfile.REGTYPE) for number in range(5)))
    content = whole[: 5 * (512 + 3072) + 1024]
    if packing == "zst":
        content = zstandard.ZstdCompressor(level=1).compress(content)
    elif packing:
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode=f"w:{packing}") as archive:  # type: ignore[call-overload]
            assert archive.fileobj
            archive.fileobj.write(content)
            archive.closed = True
            archive.fileobj.close()
        content = stream.getvalue()
    least = 0 if packing else 1024
    for place in (1, 300, 512, 513, 3584, 5000, len(content) // 2, len(content) - least - 1):
        assert refusals(content[:place], tmp_path)[0][0] == "CON-001", place


# ------------------------------------------------------------ read right, and told


@pytest.mark.rule("CON-020")
@pytest.mark.parametrize(
    ("raw", "flags", "path", "encoding"),
    [
        ("Tờ trình số 5.pdf".encode(), 0, "Tờ trình số 5.pdf", "UTF-8"),
        (unicodedata.normalize("NFD", "Quyết định").encode("utf-8"), 0, "Quyết định", "UTF-8"),
        ("Quyê\u0301t đi\u0323nh.pdf".encode("cp1258"), 0, "Quyết định.pdf", "CP1258"),
        ("Quyê\u0301t đi\u0323nh.pdf".encode("cp1258"), 0x800, "Quyết định.pdf", "CP1258"),
        ("quyÕt ®Þnh.pdf".encode("cp1252"), 0, "quyết định.pdf", "TCVN3"),
        ("résumé.pdf".encode("cp437"), 0, "résumé.pdf", "CP437"),
    ],
)
def test_names_are_read_right_whatever_the_packer_did(
    tmp_path: Path, raw: bytes, flags: int, path: str, encoding: str
) -> None:
    paths, warnings = told(make_zip([Piece(raw, flags=flags)]), tmp_path)
    assert paths == [path]
    assert warnings["CON-020"]["encoding"] == encoding


def test_the_name_of_a_field_beside_a_mangled_one_counts_while_it_fits(tmp_path: Path) -> None:
    raw = b"Quy?t ??nh"
    right, wrong = unicode_path(raw, "Quyết định"), unicode_path(raw, "Khác", crc=1)
    assert told(make_zip([Piece(raw, extra=right)]), tmp_path) == (["Quyết định"], {})
    assert told(make_zip([Piece(b"a", extra=wrong)]), tmp_path) == (["a"], {})


@pytest.mark.rule("CON-022")
def test_decomposed_names_are_composed_and_those_written_are_kept(tmp_path: Path) -> None:
    written = unicodedata.normalize("NFD", "Hồ sơ/Tờ trình.pdf")
    found = opened(make_zip([Piece(written.encode(), flags=0x800)]), tmp_path)
    assert found.container is not None
    assert found.container.written == {"Hồ sơ/Tờ trình.pdf": written}
    assert [finding.rule for finding in found.findings] == ["CON-022"]
    assert (found.root / "Hồ sơ" / "Tờ trình.pdf").is_file()


@pytest.mark.rule("CON-023")
def test_names_that_differ_only_in_capitals_are_both_kept_and_told(tmp_path: Path) -> None:
    paths, warnings = told(make_zip([Piece(b"A.pdf", b"1"), Piece(b"a.PDF", b"2")]), tmp_path)
    assert paths == ["A.pdf", "a.PDF"]
    assert warnings["CON-023"]["other"] == "A.pdf"


@pytest.mark.rule("CON-024")
def test_backslashes_separate_folders(tmp_path: Path) -> None:
    paths, warnings = told(make_zip([Piece(b"hs\\"), Piece(b"hs\\a.pdf")]), tmp_path)
    assert paths == ["hs/a.pdf"]
    assert warnings["CON-024"] == {"count": "1", "examples": "hs/a.pdf"}


@pytest.mark.rule("CON-021")
@pytest.mark.parametrize("where", ["prefix", "gap", "tail"])
def test_bytes_that_belong_to_no_member_are_counted(tmp_path: Path, where: str) -> None:
    paths, warnings = told(make_zip([Piece(b"a")], **{where: b"hidden bytes"}), tmp_path)
    assert paths == ["a"]
    assert warnings == {"CON-021": {"bytes": "12"}}


@pytest.mark.rule("CON-021")
def test_what_follows_the_end_of_a_tar_is_counted(tmp_path: Path) -> None:
    _, warnings = told(tar(("a", b"x", tarfile.REGTYPE)) + b"hidden", tmp_path)
    assert warnings == {"CON-021": {"bytes": "6"}}


def test_a_large_file_format_is_read(tmp_path: Path) -> None:
    data = make_zip([Piece(b"a", b"big", zip64=True), Piece(b"b", b"small")])
    assert told(data, tmp_path) == (["a", "b"], {})
    body, end = data[: data.index(b"PK\5\6")], data[data.index(b"PK\5\6") :]
    count, length, start = struct.unpack_from("<HLL", end, 10)
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, length, start)
    place = struct.pack("<4sLQL", b"PK\6\7", 0, len(body), 1)
    last = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    assert told(body + record + place + last, tmp_path) == (["a", "b"], {})
    assert told(body + record + place + end, tmp_path) == (["a", "b"], {}), "the large record need not be needed"
    other = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 1, 1, length, start, 0)
    assert opened(body + record + place + other, tmp_path).findings[0].rule == "CON-001"


def test_sizes_that_follow_the_data_are_no_contradiction(tmp_path: Path) -> None:
    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.data += bytes(data)  # type: ignore[call-overload]
            return len(data)  # type: ignore[arg-type]

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b"streamed" * 50)
        archive.writestr("b", b"")
    assert told(bytes(pipe.data), tmp_path) == (["a", "b"], {})


def test_every_way_of_packing_gives_the_same_bytes(tmp_path: Path) -> None:
    content = os.urandom(70_000) + bytes(300_000)
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", method) as archive:
            archive.writestr("a", content)
        assert (opened(stream.getvalue(), tmp_path).root / "a").read_bytes() == content
    plain = tar(("./a", content, tarfile.REGTYPE))
    for name, data in (("x.tar", plain), ("x.tar.zst", zstandard.ZstdCompressor().compress(plain) * 1)):
        assert (opened(data, tmp_path, name).root / "a").read_bytes() == content


def test_names_of_a_tar_before_unicode_are_read(tmp_path: Path) -> None:
    name = "Quyê\u0301t đi\u0323nh.pdf".encode("cp1258").decode("utf-8", "surrogateescape")
    data = tar((name, b"x", tarfile.REGTYPE), format=tarfile.GNU_FORMAT, errors="surrogateescape", encoding="utf-8")
    paths, warnings = told(data, tmp_path)
    assert paths == ["Quyết định.pdf"]
    assert set(warnings) == {"CON-020"}


# ------------------------------------------------------------ the opener and the reader


def test_containers_of_one_name_get_folders_of_their_own(tmp_path: Path) -> None:
    first, second = (opened(make_zip([Piece(b"a", data)]), tmp_path) for data in (b"1", b"2"))
    assert (first.root.name, second.root.name) == ("gói", "gói (2)")
    assert (first.root / "a").read_bytes() + (second.root / "a").read_bytes() == b"12"


def test_what_the_system_keeps_from_us_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(DeliveryUnreadableError):
        SMALL.opened(tmp_path / "nowhere.zip", tmp_path / "room")


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.TGZ", "a.tar.zst"])
def test_the_ending_of_a_container_is_no_part_of_its_name(name: str) -> None:
    assert stem_of(name) == "a"


class _Told:
    """A reader that tells which folder it was given."""

    name = "told"

    def recognises(self, path: Path) -> bool:
        return (path / "mark").is_file()

    def read(self, path: Path, room: Path) -> Delivery:
        assert not room.exists()
        return Delivery(reader=self.name, profile="05-2025", root=str(path))


READER = ContainerReader(SMALL, (_Told(),))


def test_folders_and_containers_around_the_delivery_are_gone_through(tmp_path: Path) -> None:
    inside = make_zip([Piece(b"x/y/mark"), Piece(b"x/y/more")])
    beside = Piece(b"__MACOSX/._x", b"resource")
    (tmp_path / "outer.zip").write_bytes(make_zip([beside, Piece(b"bundle/inner.zip", inside)]))
    assert READER.recognises(tmp_path / "outer.zip")
    delivery = READER.read(tmp_path / "outer.zip", tmp_path / "room")
    assert delivery.root.endswith("inner/x/y")
    assert [container.name for container in delivery.containers] == ["outer.zip", "inner.zip"]


def test_a_folder_with_one_container_in_it_is_opened(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "inner.zip").write_bytes(make_zip([Piece(b"mark"), Piece(b"more")]))
    assert READER.recognises(folder)
    assert READER.read(folder, tmp_path / "room").root.endswith("inner")
    (folder / "second.txt").write_bytes(b"x")
    assert not READER.recognises(folder)


@pytest.mark.rule("CON-010")
def test_containers_in_containers_end_at_the_third(tmp_path: Path) -> None:
    data = make_zip([Piece(b"mark")])
    for _ in range(3):
        data = make_zip([Piece(b"in.zip", data)])
    (tmp_path / "x.zip").write_bytes(data)
    delivery = READER.read(tmp_path / "x.zip", tmp_path / "room")
    assert [finding.rule for finding in errors_of(delivery.findings)] == ["CON-010"]
    assert delivery.dossiers == ()


@pytest.mark.rule("CON-001")
def test_a_rar_is_refused_with_what_to_do_instead(tmp_path: Path) -> None:
    (tmp_path / "x.rar").write_bytes(b"Rar!\x1a\x07\x01\0" + bytes(100))
    assert READER.recognises(tmp_path / "x.rar")
    (finding,) = READER.read(tmp_path / "x.rar", tmp_path / "room").findings
    assert "RAR" in message(finding, "vi")
    assert "ZIP" in message(finding, "vi")


def test_names_as_written_stand_under_the_paths_of_the_delivery(tmp_path: Path) -> None:
    written = unicodedata.normalize("NFD", "Hồ/mark"), unicodedata.normalize("NFD", "Hồ/ấ")
    (tmp_path / "x.zip").write_bytes(make_zip([Piece(name.encode(), flags=0x800) for name in written]))
    (container,) = READER.read(tmp_path / "x.zip", tmp_path / "room").containers
    assert container.written == {"mark": written[0], "ấ": written[1]}


def test_one_folder_is_gone_into_but_never_a_link(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert inner(tmp_path / "a") == tmp_path / "a" / "b"
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "link").symlink_to(tmp_path / "a")
    assert inner(tmp_path / "c") == tmp_path / "c"
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "x.zip").symlink_to(tmp_path / "a")
    assert only_container(tmp_path / "d") is None
