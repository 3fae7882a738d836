"""The table of formats, and how the two identifiers' answers become one."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.engines.siegfried import SiegfriedIdentifier, format_from
from ingest.ports import Answer
from metadata.formats import FormatKind, by_extension, by_magic, by_mime, by_puid, extension_of, formats, name_lies


def said(puid: str, magic: str, *, warnings: list[str] | None = None, errors: str = "") -> dict[str, Any]:
    return {
        "puid": puid,
        "name": "N",
        "version": "1",
        "warnings": warnings or [],
        "others": [],
        "errors": errors,
        "magic": magic,
    }


EXTENSION_ONLY = ["match on extension only"]


@pytest.mark.parametrize(
    ("answer", "puid", "mime"),
    [
        (said("fmt/276", "application/pdf"), "fmt/276", "application/pdf"),
        # Siegfried knows the bytes: libmagic may say what it wants.
        (said("fmt/199", "application/octet-stream"), "fmt/199", "video/mp4"),
        # Known by the name only, and the bytes agree: text is text.
        (said("x-fmt/18", "text/plain", warnings=EXTENSION_ONLY), "x-fmt/18", "text/csv"),
        # Known by the name only, and the bytes contradict.
        (said("x-fmt/18", "application/x-executable", warnings=EXTENSION_ONLY), "UNKNOWN", "application/x-executable"),
        (said("x-fmt/18", "application/octet-stream", warnings=EXTENSION_ONLY), "UNKNOWN", "application/octet-stream"),
        # Not known: libmagic alone.
        (said("UNKNOWN", "application/pdf"), "UNKNOWN", "application/pdf"),
        (said("UNKNOWN", "image/x-tga"), "UNKNOWN", "image/x-tga"),
        # A PRONOM id that our table lacks: what libmagic makes of it.
        (said("fmt/1997", "text/xml"), "fmt/1997", "application/xml"),
        (said("fmt/9999", "application/octet-stream"), "fmt/9999", "application/octet-stream"),
    ],
)
def test_siegfried_decides_by_bytes_and_libmagic_where_it_does_not(
    answer: dict[str, Any], puid: str, mime: str
) -> None:
    found = format_from(answer)
    assert (found.puid, found.mime) == (puid, mime)
    assert found.magic_mime == answer["magic"]


def test_warnings_and_errors_of_the_identifier_are_kept_verbatim() -> None:
    found = format_from(said("UNKNOWN", "inode/x-empty", warnings=["no match"], errors="empty source"))
    assert found.warnings == ("no match", "empty source")


class OneIsHostile:
    """Workers in which one file ends every process that identifies it."""

    size = 1

    def submit(self, task: str, arguments: dict[str, Any], **_: object) -> Future[Answer]:
        future: Future[Answer] = Future()
        if any("hostile" in path for path in arguments["paths"]):
            future.set_result(Answer(breach="crash", detail="SIGSEGV"))
        else:
            files = [said("fmt/276", "application/pdf") for _ in arguments["paths"]]
            future.set_result(Answer(value={"files": files}))
        return future


def test_one_file_that_breaks_the_identifier_does_not_take_its_batch_with_it() -> None:
    paths = [Path("a"), Path("hostile"), Path("b")]
    found = SiegfriedIdentifier(OneIsHostile()).identify(paths)  # type: ignore[arg-type]  # the suite's own workers
    assert [f.puid for f in found] == ["fmt/276", "UNKNOWN", "fmt/276"]
    assert found[1].warnings == ("identification ended: crash",)


@pytest.mark.parametrize(
    ("name", "puid", "lies"),
    [
        ("a.pdf", "fmt/276", False),
        ("a.PDF", "fmt/354", False),
        ("a.docx", "fmt/276", True),
        ("a.pdf", "fmt/690", True),
        ("a.doc", "fmt/50", False),
        ("a", "fmt/276", False),
        ("160.QĐ", "fmt/276", False),
        ("a.001", "fmt/276", False),
        ("a.jpg", "fmt/11", True),
        ("a.csv", "x-fmt/111", False),
        ("a.xls", "fmt/96", True),
    ],
)
def test_a_name_lies_when_its_extension_promises_another_format(name: str, puid: str, lies: bool) -> None:
    found = by_puid(puid)
    assert found
    assert name_lies(name, found) is lies


def test_the_formats_of_the_circular_are_taken_in_and_programs_are_not() -> None:
    for extension in (
        *("pdf", "txt", "rtf", "doc", "docx", "odt", "csv", "xlsx", "xls", "ods", "htm", "pptx", "ppt", "odp", "jpeg"),
        *("gif", "tiff", "png", "mpeg", "avi", "wmv", "mov", "mp3", "wma", "aac", "wav", "mp4"),
    ):
        found = by_extension(extension)
        assert found, extension
        assert found.accepted, extension
    assert not [
        known for known in formats() if known.kind in {FormatKind.PROGRAM, FormatKind.ARCHIVE} and known.accepted
    ]
    assert all(known.source for known in formats())


def test_every_format_is_found_by_its_own_mime_type() -> None:
    for known in formats():
        assert by_mime(known.mime) == known
    assert by_magic("application/pdf") == by_mime("application/pdf")
    assert by_puid("fmt/0") is None


@given(st.text("./\\ aĐ\u0308\u202e", max_size=40))
def test_an_extension_never_holds_a_dot_or_a_slash(name: str) -> None:
    extension = extension_of(name)
    assert "/" not in extension
    assert "." not in extension
    assert extension == extension.lower()
