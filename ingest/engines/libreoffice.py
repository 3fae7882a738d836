"""LibreOffice: office documents to PDF/A-2 (`ingest.engines.libreoffice:convert`, a worker task).

One program run a file, each with a profile of its own below the task's scratch
folder: 1.2 s, against 0.5 s that a warm listener would save, and no document can
leave anything behind for the next one (docs/decisions/0070).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from enum import StrEnum, unique
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from metadata.errors import ToolMissingError, ToolUnreadableError

CURE = "apt install libreoffice-writer-nogui libreoffice-calc-nogui"
CURE_SLIDES = "apt install libreoffice-impress-nogui"
RESTART_CODES = (79, 81)
"""The program wrote its first profile and asks to be started again."""

MAX_STARTS = 3
_VERSION_SECONDS = 60


@unique
class Family(StrEnum):
    """The part of LibreOffice that opens a document and exports it."""

    WRITER = "writer"
    WEB = "writer_web"
    CALC = "calc"
    IMPRESS = "impress"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of document: who opens it, under which suffix, and with which import filter."""

    suffix: str
    family: Family
    infilter: str = ""


KINDS = {
    kind.suffix: kind
    for kind in (
        *(Kind(suffix, Family.WRITER) for suffix in ("docx", "doc", "rtf", "odt", "docm", "dotx", "ott")),
        *(Kind(suffix, Family.CALC) for suffix in ("xlsx", "xls", "ods", "xlsm", "ots")),
        *(Kind(suffix, Family.IMPRESS) for suffix in ("pptx", "ppt", "odp")),
        Kind("html", Family.WRITER, "HTML (StarWriter)"),
        Kind("txt", Family.WRITER, "Text (encoded):{charset},LF,,,"),
        Kind("csv", Family.CALC, "Text - txt - csv (StarCalc):{separator},34,{charset},1"),
    )
}
ALIASES = {"htm": "html", "xhtml": "html", "text": "txt", "log": "txt", "tsv": "csv"}

CODEPAGES = {"utf-8": ("UTF8", "76"), "windows-1258": ("MS_1258", "40"), "utf-16": ("UCS2", "65535")}
"""LibreOffice's names of encodings for plain text, and its numbers of them for CSV."""

_OPENXML = {"word/": "docx", "xl/": "xlsx", "ppt/": "pptx"}
_ODF = {"text": "odt", "spreadsheet": "ods", "presentation": "odp"}
_SNIFF_BYTES = 1 << 16

_OPTIONS = (
    '{"SelectPdfVersion":{"type":"long","value":"2"},'
    '"ReduceImageResolution":{"type":"boolean","value":"false"},'
    '"Quality":{"type":"long","value":"90"},'
    '"ExportBookmarks":{"type":"boolean","value":"true"}}'
)

_REGISTRY = (
    # No macro runs, whoever signed it; nothing active is shown.
    ("Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Common/Security/Scripting", "DisableMacrosExecution", "true"),
    # Pictures, sections and cells that lie elsewhere (on the network, in a
    # file of this machine) are not fetched: the document is what was delivered.
    ("Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Writer/Content/Update", "Link", "0"),
    ("Calc/Content/Update", "Link", "2"),
    # Saves the program its first-start questions.
    ("Common/Misc", "FirstRun", "false"),
    ("Common/Save/Document", "CreateBackup", "false"),
)


@cache
def program() -> tuple[Path, str]:
    """Path of `soffice.bin` and the program's version.

    Raises:
        ToolMissingError: LibreOffice is not installed.
        ToolUnreadableError: it does not tell its version.
    """
    found = shutil.which("soffice") or shutil.which("libreoffice")
    if found is None:
        raise ToolMissingError("LibreOffice", CURE)
    home = Path(found).resolve().parent
    binary = home / "soffice.bin"
    if not binary.exists():
        raise ToolMissingError("LibreOffice", CURE)
    # No file of an installation names the version in all of its releases.
    try:
        asked = subprocess.run(
            [str(binary), "--version"],
            env=_environment(Path("/nonexistent")),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_VERSION_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolUnreadableError("LibreOffice", str(error)) from error
    named = re.match(r"LibreOffice\w* (\d\S*(?: \S+)?)", asked.stdout.decode("utf-8", "replace").strip())
    if named is None:
        raise ToolUnreadableError("LibreOffice", (asked.stdout + asked.stderr).decode("utf-8", "replace")[:300])
    return binary, named.group(1)


def kind_of(path: Path, name: str) -> Kind | None:
    """What `path` is, by its bytes first and only then by `name`; None when LibreOffice is not asked to read it."""
    with path.open("rb") as stream:
        head = stream.read(_SNIFF_BYTES)
    suffix = Path(name).suffix.lower().lstrip(".")
    suffix = ALIASES.get(suffix, suffix)
    sniffed = _sniffed(path, head, suffix)
    return KINDS.get(sniffed or suffix)


def _sniffed(path: Path, head: bytes, suffix: str) -> str:
    if head.startswith(b"{\\rtf"):
        return "rtf"
    if head.startswith(b"PK\x03\x04"):
        return _zipped(path)
    if head.startswith(bytes.fromhex("d0cf11e0a1b11ae1")):
        # All three old formats are the same container: the stream's name decides.
        for stream, kind in (("WordDocument", "doc"), ("Workbook", "xls"), ("Book", "xls"), ("PowerPoint", "ppt")):
            if stream.encode("utf-16-le") in head:
                return kind
        return suffix if suffix in {"doc", "xls", "ppt"} else "doc"
    if re.match(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html)", head[:512], re.IGNORECASE):
        return "html"
    return suffix if suffix in {"txt", "csv", "html"} else ""


def _zipped(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if "mimetype" in names and archive.getinfo("mimetype").file_size < len("application/") * 20:
                word = archive.read("mimetype").decode("ascii", "replace").rpartition(".")[2]
                return _ODF.get(word.partition("-")[0], "")
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError):
        return ""
    return next((kind for folder, kind in _OPENXML.items() if any(n.startswith(folder) for n in names)), "")


def _charset(path: Path) -> str:
    data = path.read_bytes()[: 1 << 20]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        # A letter that the piece cut in two is no other encoding.
        return "utf-8" if error.start >= len(data) - 3 and len(data) == 1 << 20 else "windows-1258"
    return "utf-8"


def _separator(path: Path) -> str:
    with path.open("rb") as stream:
        line = stream.read(1 << 16).splitlines()[:1]
    counts = {mark: (line[0].count(mark) if line else 0) for mark in (b",", b";", b"\t")}
    return str(max(counts, key=lambda mark: counts[mark])[0])


def infilter(kind: Kind, path: Path) -> str:
    """Import filter with its options for `path`, empty where LibreOffice finds it itself."""
    if "{charset}" not in kind.infilter:
        return kind.infilter
    text_name, csv_number = CODEPAGES[_charset(path)]
    charset = csv_number if kind.suffix == "csv" else text_name
    return kind.infilter.format(charset=charset, separator=_separator(path) if kind.suffix == "csv" else "")


def write_profile(folder: Path) -> None:
    """Make a user profile in `folder` in which nothing runs and nothing is fetched."""
    items = "".join(
        f'<item oor:path="/org.openoffice.Office.{path}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{escape(value)}</value></prop></item>\n"
        for path, name, value in _REGISTRY
    )
    user = folder / "user"
    user.mkdir(parents=True)
    (user / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n{items}</oor:items>\n',
        encoding="utf-8",
    )


def command(kind: Kind, document: Path, profile: Path, out: Path) -> list[str]:
    """The exact command line that converts `document` into a PDF in `out`."""
    binary, _ = program()
    chosen = infilter(kind, document)
    return [
        str(binary),
        f"-env:UserInstallation={profile.absolute().as_uri()}",
        *("--headless", "--norestore", "--nolockcheck", "--nodefault", "--nologo"),
        *([f"--infilter={chosen}"] if chosen else []),
        "--convert-to",
        f"pdf:{kind.family.value}_pdf_Export:{_OPTIONS}",
        "--outdir",
        str(out),
        str(document),
    ]


def _environment(home: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key in {"PATH", "FONTCONFIG_FILE", "FONTCONFIG_PATH"}}
    return kept | {"HOME": str(home), "TMPDIR": str(home), "LC_ALL": "C.UTF-8", "SAL_USE_VCLPLUGIN": "svp", "TZ": "UTC"}


def convert(scratch: Path, source: str, name: str, wall_seconds: float = 150.0) -> dict[str, Any]:
    """Worker task: the document at `source` as PDF/A-2, rendered without macros, links and network.

    Args:
        scratch: Empty folder of the task.
        source: Path of the document; its bytes decide what it is, not its name.
        name: Name as received, for formats without a signature (txt, csv, html).
        wall_seconds: After that the program is ended and the file counts as not convertible.

    Returns:
        `outputs.pdf` when LibreOffice made one; else `problem` says why not
        (`kind`, `refused`, `timeout`) with `detail`. `tool` always, with the
        exact command.

    Raises:
        ToolMissingError: LibreOffice, or the part of it for slides, is not there.
        ToolUnreadableError: it could not even be started.
    """
    binary, version = program()
    page = _page_of_mail(Path(source), name)
    kind = KINDS["html"] if page is not None else kind_of(Path(source), name)
    tool = {"name": "LibreOffice", "version": version, "command": ""}
    if kind is None:
        return {"problem": "kind", "detail": Path(name).suffix, "tool": tool}
    if kind.family is Family.IMPRESS and not (binary.parent / "libsdlo.so").exists():
        raise ToolMissingError("LibreOffice Impress", CURE_SLIDES)
    document, profile, out = scratch / f"document.{kind.suffix}", scratch / "profile", scratch / "out"
    if page is None:
        shutil.copyfile(source, document)
    else:
        document.write_text(page, encoding="utf-8")
    write_profile(profile)
    line = command(kind, document, profile, out)
    tool["command"] = " ".join(line).replace(str(scratch), "SCRATCH")
    try:
        words = _run(line, scratch, wall_seconds)
    except subprocess.TimeoutExpired:
        return {"problem": "timeout", "detail": f"{wall_seconds:.0f} s", "tool": tool}
    finally:
        shutil.rmtree(profile, ignore_errors=True)
    made = out / "document.pdf"
    if not made.exists() or made.stat().st_size == 0:
        return {"problem": "refused", "detail": words.replace(str(scratch), "SCRATCH")[-300:], "tool": tool}
    return {"outputs": {"pdf": str(made.relative_to(scratch))}, "tool": tool}


def _page_of_mail(source: Path, name: str) -> str | None:
    """A mail as the page that is converted in its place; None for everything else."""
    from ingest.engines.mail_rendering import is_mail_name, page_of  # noqa: PLC0415 - hardly ever needed

    return page_of(source) if is_mail_name(name) else None


def _run(line: list[str], scratch: Path, wall_seconds: float) -> str:
    for _ in range(MAX_STARTS):
        try:
            done = subprocess.run(
                line,
                cwd=scratch,
                env=_environment(scratch),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=wall_seconds,
                check=False,
            )
        except OSError as error:
            raise ToolUnreadableError("LibreOffice", str(error)) from error
        if done.returncode not in RESTART_CODES:
            break
    return (done.stdout + done.stderr).decode("utf-8", "replace").strip()
