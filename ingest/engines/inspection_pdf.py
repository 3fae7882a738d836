"""A first look into a PDF: pages, password, claims, signatures, what is active, and what would break later programs."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pikepdf

from ingest.engines.inspection import DAMAGED, MANY_PAGES, PASSWORD, REPAIRED, TOO_MUCH, Look, ProblemError
from ingest.engines.inspection_scans import measure_scans, signed_places

MAX_PAGES = 20_000
MANY = 5_000
MAX_BOX_POINTS = 14_400
"""The largest page of ISO 32000 (5.08 m): above it renderers run out of memory."""

MAX_OBJECTS = 2_000_000
MAX_IMAGE_PIXELS = 250_000_000
MAX_CALLS = 1_000_000
"""Form XObjects that one page may draw, nested ones multiplied."""

BOMB_BYTES = 64 << 20
BOMB_RATIO = 150
_MAX_XMP_BYTES = 4 << 20
_MAX_FORM_BYTES = 8 << 20
_TAIL_BYTES = 4096

Key = tuple[int, int]
"""Number and generation of an object."""

_ACTIONS = re.compile(rb"/S\s*/(JavaScript|Launch|ImportData|SubmitForm|GoToE|Rendition|RichMediaExecute)\b")
_SCRIPT_TREE = re.compile(rb"/JavaScript\s*(?:<<|\d+ \d+ R)")
_XFA = re.compile(rb"/XFA\b")
_EMBEDDED = re.compile(rb"/EF\s*(?:<<|\d+ \d+ R)")
_SIGNATURE = re.compile(rb"/ByteRange\s*\[")
_DRAWN = re.compile(rb"/([^\s/<>\[\](){}%]+)\s+Do\b")
_PART = re.compile(rb"pdfaid:part\s*(?:=\s*[\"']|>)\s*(\d)")
_CONFORMANCE = re.compile(rb"pdfaid:conformance\s*(?:=\s*[\"']|>)\s*([A-Za-z])")
_REBUILT = re.compile(r"reconstruct|file is damaged|can't find startxref|recover", re.IGNORECASE)


def look(path: Path, found: Look) -> None:
    """Look into the PDF at `path`.

    Raises:
        ProblemError: it cannot be read, or must not be handed to other programs.
    """
    whole = _ends_as_it_should(path)
    try:
        with pikepdf.open(path, suppress_warnings=True, attempt_recovery=True) as pdf:
            found.pdf_version = pdf.pdf_version
            found.claimed_pdfa = _claim(pdf)
            found.pages = _pages(pdf)
            _refuse_endless_drawing(_Drawing(_objects(pdf, found), _names_of_pages(pdf)))
            # Before anything is measured: what measuring makes qpdf complain of is no damage that readers meet.
            _judge_damage([_plain(warning, path) for warning in pdf.get_warnings()], found, whole=whole)
            found.measured |= measure_scans(pdf)
            found.measured["signed_places"] = signed_places(pdf) if found.signatures else []
    except pikepdf.PasswordError as error:
        raise ProblemError(PASSWORD, _plain(error, path)) from error
    except (pikepdf.PdfError, zlib.error, LookupError, ValueError, TypeError, ArithmeticError, AttributeError) as error:
        # qpdf's own errors, and what pikepdf makes of objects that are not what their place promises.
        raise ProblemError(DAMAGED, _plain(error, path)) from error
    if found.pages > MANY:
        found.warnings.append((MANY_PAGES, str(found.pages)))


def _plain(said: object, path: Path) -> str:
    """What qpdf said, without the path, which is a number in quarantine."""
    return str(said).replace(f"{path}: ", "").replace(f"{path} ", "") or type(said).__name__


def _ends_as_it_should(path: Path) -> bool:
    """Whether the end of the file is there: half a file can still be repaired, and would lose pages silently."""
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - _TAIL_BYTES))
        return b"%%EOF" in stream.read()


def _judge_damage(warnings: list[str], found: Look, *, whole: bool) -> None:
    rebuilt = any(_REBUILT.search(warning) for warning in warnings)
    if not found.pages:
        raise ProblemError(DAMAGED, "; ".join(warnings[:2]) or "no pages")
    if rebuilt and not whole:
        raise ProblemError(DAMAGED, "; ".join(warnings[:2]))
    if warnings:
        found.warnings.append((REPAIRED, "; ".join(warnings[:2])))


def _claim(pdf: pikepdf.Pdf) -> str | None:
    """The flavour that the XMP claims, such as `2b`. Read by bytes: the XML of a hostile file is parsed by nobody."""
    metadata = pdf.Root.get("/Metadata")
    if not isinstance(metadata, pikepdf.Stream):
        return None
    raw = metadata.read_raw_bytes()
    text = raw[:_MAX_XMP_BYTES]
    if metadata.get("/Filter") is not None:
        text = zlib.decompressobj().decompress(raw, _MAX_XMP_BYTES) if raw[:1] == b"x" else b""
    part, conformance = _PART.search(text), _CONFORMANCE.search(text)
    if part is None:
        return None
    return part[1].decode() + (conformance[1].decode().lower() if conformance else "")


def _pages(pdf: pikepdf.Pdf) -> int:
    """Number of pages; qpdf finds loops in the tree."""
    count = len(pdf.pages)
    if count > MAX_PAGES:
        raise ProblemError(TOO_MUCH, f"{count} pages, at most {MAX_PAGES}")
    for page in pdf.pages:
        box = page.obj.get("/MediaBox") or page.mediabox
        left, bottom, right, top = (float(edge) for edge in list(box)[:4])
        unit = float(page.obj.get("/UserUnit", 1))
        if max(abs(right - left), abs(top - bottom)) * unit > MAX_BOX_POINTS:
            raise ProblemError(TOO_MUCH, f"page of {abs(right - left):g} x {abs(top - bottom):g} points, unit {unit:g}")
    return count


def _objects(pdf: pikepdf.Pdf, found: Look) -> dict[Key, pikepdf.Stream]:
    """Look at every object once; gives the form XObjects."""
    forms: dict[Key, pikepdf.Stream] = {}
    for number, element in enumerate(pdf.objects):
        if number > MAX_OBJECTS:
            raise ProblemError(TOO_MUCH, f"more than {MAX_OBJECTS} objects")
        if isinstance(element, pikepdf.Stream):
            _refuse_bomb(element)
            if element.get("/Subtype") == "/Form":
                forms[element.objgen] = element
        elif isinstance(element, (pikepdf.Dictionary, pikepdf.Array)):
            _note(element.unparse(resolved=True), found)
    return forms


def _note(text: bytes, found: Look) -> None:
    found.active |= {kind.decode() for kind in _ACTIONS.findall(text)}
    if _SCRIPT_TREE.search(text):
        found.active.add("JavaScript")
    if _XFA.search(text):
        found.active.add("XFA")
    found.embedded += len(_EMBEDDED.findall(text))
    found.signatures += len(_SIGNATURE.findall(text))


def _filters(stream: pikepdf.Stream) -> list[str]:
    named = stream.get("/Filter")
    if named is None:
        return []
    return [str(name) for name in named] if isinstance(named, pikepdf.Array) else [str(named)]


def _refuse_bomb(stream: pikepdf.Stream) -> None:
    if stream.get("/Subtype") == "/Image":
        pixels = int(stream.get("/Width", 0)) * int(stream.get("/Height", 0))
        if pixels > MAX_IMAGE_PIXELS:
            raise ProblemError(TOO_MUCH, f"image of {stream.get('/Width')} x {stream.get('/Height')} pixels")
        return
    deflated = 0
    for name in _filters(stream):
        if name not in {"/FlateDecode", "/Fl"}:
            break
        deflated += 1
    if deflated:
        raw = stream.read_raw_bytes()
        unpacked = _inflated(raw, deflated, max(BOMB_BYTES, BOMB_RATIO * len(raw)))
        if unpacked > BOMB_BYTES and unpacked > BOMB_RATIO * len(raw):
            raise ProblemError(TOO_MUCH, f"a stream of {len(raw)} bytes unpacks to more than {unpacked >> 20} MiB")


def _unpacked(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """One Flate layer, in pieces of at most 1 MiB however much a piece of the input holds."""
    inflater = zlib.decompressobj()
    for chunk in chunks:
        rest = chunk
        while rest and not inflater.eof:
            yield inflater.decompress(rest, 1 << 20)
            rest = inflater.unconsumed_tail


def _inflated(raw: bytes, layers: int, enough: int) -> int:
    """Bytes after `layers` layers of Flate; stops counting above `enough`."""
    chunks: Iterator[bytes] = iter([raw])
    for _ in range(layers):
        chunks = _unpacked(chunks)
    total = 0
    try:
        for chunk in chunks:
            total += len(chunk)
            if total > enough:
                break
    except zlib.error:
        pass  # Damaged data is told by the programs that need it; here only the size matters.
    return total


def _drawn(stream: pikepdf.Object) -> Mapping[str, int]:
    """How often a form's content draws each name."""
    try:
        content = stream.read_bytes()[:_MAX_FORM_BYTES]
    except pikepdf.PdfError:
        return {}
    counts: dict[str, int] = {}
    for name in _DRAWN.findall(content):
        key = "/" + name.decode("latin-1")
        counts[key] = counts.get(key, 0) + 1
    return counts


def _named(resources: object) -> dict[str, Key]:
    """Objects by the name under which content draws them."""
    named = resources.get("/XObject") if isinstance(resources, pikepdf.Dictionary) else None
    if not isinstance(named, pikepdf.Dictionary):
        return {}
    return {name: element.objgen for name, element in named.items() if isinstance(element, pikepdf.Stream)}


def _names_of_pages(pdf: pikepdf.Pdf) -> dict[str, Key]:
    names: dict[str, Key] = {}
    for page in pdf.pages:
        names |= _named(page.obj.get("/Resources"))
    return names


@dataclass(frozen=True, slots=True)
class _Drawing:
    """Which forms draw which."""

    forms: Mapping[Key, pikepdf.Stream]
    names_of_pages: Mapping[str, Key]
    """What a form without resources of its own draws from."""

    def below(self, key: Key) -> list[tuple[Key, int]]:
        """Forms that the form `key` draws, and how often."""
        resources = self.forms[key].get("/Resources")
        names = self.names_of_pages if resources is None else _named(resources)
        if not any(inner in self.forms for inner in names.values()):
            return []
        drawn = _drawn(self.forms[key]).items()
        return [(names[name], times) for name, times in drawn if names.get(name) in self.forms]


def _refuse_endless_drawing(drawing: _Drawing) -> None:
    """Refuse forms that draw each other without end, or so often that no program comes back."""
    calls: dict[Key, int] = {}
    for start in drawing.forms:
        _count(start, drawing, calls)


def _count(start: Key, drawing: _Drawing, calls: dict[Key, int]) -> None:
    """Fill `calls` for `start` and all below it, without recursion: nesting is the attacker's to choose."""
    open_forms: set[Key] = set()
    below: dict[Key, list[tuple[Key, int]]] = {}
    waiting = [(start, False)]
    while waiting:
        key, finished = waiting.pop()
        if finished:
            open_forms.discard(key)
            calls[key] = 1 + sum(times * calls[inner] for inner, times in below[key])
            if calls[key] > MAX_CALLS:
                raise ProblemError(TOO_MUCH, "forms nested into each other draw more than a million times")
        elif key in open_forms:
            raise ProblemError(TOO_MUCH, "a form draws itself without end")
        elif key not in calls:
            open_forms.add(key)
            below[key] = drawing.below(key)
            waiting.append((key, True))
            waiting += [(inner, False) for inner, _ in below[key]]
