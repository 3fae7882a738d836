"""Whether digitised material is what the circulars ask for, as far as files can be measured. Warnings all.

Not measured, and told in `docs/metadata.md` only: the scale of 100 %, the font
and size of the signature's text (Times New Roman 10), its time zone.

Source: TT 02/2019/TT-BNV and Nghị định 30/2020/NĐ-CP, Phụ lục I (PDF 1.4, colour, 200 dpi); TT 05/2025/TT-BNV, Điều 8.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from metadata.descriptions import DocumentDescription, DossierDescription, RecordKind
from metadata.findings import Finding
from metadata.formats import FormatKind, by_mime
from metadata.measures import Colour, Measured, SignaturePlace

FEWEST_DPI = 200
FEWEST_DPI_OF_DRAWINGS = 300
FEWEST_BITS = 24
FEWEST_VIDEO_KBPS = 1500
FEWEST_AUDIO_KBPS = 128
_PDF_VERSION = (1, 4)
_TOLERATED = 0.98
"""Pages are rounded to whole points and pixels: 197 of 200 dpi are no other scanner's setting."""

_TOLERATED_SECONDS = 2.0
_PLAY_TIME = re.compile(r"^(?:(\d{1,2}):)?(\d{1,2}):(\d{2})$")
_DIGITISED = frozenset({"Số hóa", "Hỗn hợp"})
_BORN_DIGITAL = "Gốc điện tử"
_DRAWINGS = frozenset({"Bản đồ", "Bản vẽ kỹ thuật"})
_FEW = 3
_RIGHT, _UPPER = 0.5, 0.34
"""A signature that begins in the right half and the upper third stands in the upper right corner."""

_PICTURES = {"02-2019": ("image/jpeg",), "": ("image/jpeg", "application/pdf", "image/tiff", "image/png")}
_FILMS = ("video/mp4", "video/x-msvideo", "video/x-ms-wmv")
_SOUNDS = ("audio/mpeg", "audio/x-ms-wma")


@dataclass(frozen=True, slots=True)
class LookedAt:
    """One file as it was looked into."""

    mime: str
    pdf_version: str | None
    claimed_pdfa: str | None
    signatures: int
    measured: Measured


def check_digitised(profile_id: str, dossier: DossierDescription, files: Mapping[str, LookedAt]) -> tuple[Finding, ...]:
    """What digitised material lacks of what the circular asks for.

    Args:
        profile_id: The circular by which the dossier was delivered.
        dossier: As read; says what was digitised.
        files: By path as received; files that nothing was measured of are not among them.
    """
    found: list[Finding] = []
    for document in dossier.documents:
        for path in document.files:
            if path in files:
                found += _One(profile_id, dossier, document, path, files[path]).findings()
    return tuple(_together(found, dossier))


def _together(found: Iterable[Finding], dossier: DossierDescription) -> Iterator[Finding]:
    """What is said of more than a few files is said once: a scanner's setting is one mistake, not five hundred."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in found:
        groups.setdefault((finding.rule, finding.values.get("found", "")), []).append(finding)
    for same in groups.values():
        if len(same) <= _FEW:
            yield from same
            continue
        shown = "; ".join(finding.subject for finding in same[:_FEW])
        values = {**same[0].values, "files": f" ({shown} … {len(same)})"}
        yield same[0].model_copy(update={"subject": dossier.file_code, "row": None, "values": values})


@dataclass(frozen=True, slots=True)
class _One:
    """One file of one document."""

    profile: str
    dossier: DossierDescription
    document: DocumentDescription
    path: str
    file: LookedAt

    def findings(self) -> Iterator[Finding]:
        kind = self.document.kind
        if kind is RecordKind.PHOTO:
            yield from self._picture()
        elif kind is RecordKind.MEDIA:
            yield from self._recording()
        else:
            yield from self._paper()

    def _finding(self, rule: str, **values: object) -> Finding:
        return Finding(
            rule=rule,
            subject=self.path,
            file=self.document.source or self.dossier.source,
            sheet=self.document.sheet,
            row=self.document.row,
            values={"files": "", **{name: str(value) for name, value in values.items()}},
        )

    @property
    def _level(self) -> str:
        return self.document.value("confidence_level") or self.dossier.value("confidence_level")

    @property
    def _by_new_law(self) -> bool:
        return self.profile == "05-2025"

    # ------------------------------------------------------------ paper

    def _paper(self) -> Iterator[Finding]:
        known = by_mime(self.file.mime)
        kind = known.kind if known else None
        measured = self.file.measured
        if kind is FormatKind.IMAGE and self._level in _DIGITISED:
            yield self._finding("DIG-012", found=known.name if known else self.file.mime)
            yield from self._image(self._fewest_dpi())
        elif kind is FormatKind.PDF and measured.scanned:
            if self._level == _BORN_DIGITAL:
                yield self._finding("DIG-011")
            yield from self._scan()
        elif kind is FormatKind.PDF and measured.scanned_pages and self._level in _DIGITISED:
            yield from self._scan()

    def _scan(self) -> Iterator[Finding]:
        version = _version(self.file.pdf_version)
        if version is not None and version < _PDF_VERSION:
            yield self._finding("DIG-001", found=self.file.pdf_version, expected="1.4")
        yield from self._image(self._fewest_dpi())
        if self._by_new_law:
            yield from self._layers()
        yield from self._signed()

    def _layers(self) -> Iterator[Finding]:
        if self.file.claimed_pdfa is None:
            yield self._finding("DIG-005")
        if self.file.measured.scanned_without_text:
            yield self._finding("DIG-006", found=self.file.measured.scanned_without_text)

    def _fewest_dpi(self) -> int:
        drawn = self._by_new_law and self.document.value("type_name") in _DRAWINGS
        return FEWEST_DPI_OF_DRAWINGS if drawn else FEWEST_DPI

    def _image(self, fewest_dpi: int) -> Iterator[Finding]:
        measured = self.file.measured
        if measured.dpi is not None and measured.dpi < fewest_dpi * _TOLERATED:
            yield self._finding("DIG-002", found=measured.dpi, expected=fewest_dpi)
        if measured.colour is Colour.BILEVEL:
            yield self._finding("DIG-004")
        elif measured.colour is Colour.GREY or (measured.bits is not None and measured.bits < FEWEST_BITS):
            yield self._finding("DIG-003", found=measured.bits)

    def _signed(self) -> Iterator[Finding]:
        """Only what was said to be digitised is asked for the mark of whoever digitised it."""
        if self._level not in _DIGITISED or not self.file.signatures:
            return
        corner = [place for place in self.file.measured.signed_places if _in_corner(place)]
        if not corner:
            yield self._finding("DIG-013")
        elif self._by_new_law and any(place.shows_image for place in corner):
            yield self._finding("DIG-014")

    # ------------------------------------------------------------ pictures and recordings

    def _picture(self) -> Iterator[Finding]:
        allowed = _PICTURES.get(self.profile, _PICTURES[""])
        if self.file.mime not in allowed:
            yield self._finding("DIG-007", found=_name(self.file.mime), expected=_names(allowed))
        measured = self.file.measured
        if measured.dpi is not None and measured.dpi < FEWEST_DPI * _TOLERATED:
            yield self._finding("DIG-002", found=measured.dpi, expected=FEWEST_DPI)

    def _recording(self) -> Iterator[Finding]:
        measured = self.file.measured
        yield from self._duration()
        if measured.video_codec:
            slow = measured.video_kbps is not None and measured.video_kbps < FEWEST_VIDEO_KBPS * _TOLERATED
            if slow or self.file.mime not in _FILMS:
                told = _told(self.file.mime, measured.video_codec, measured.video_kbps)
                yield self._finding("DIG-008", found=told, expected=f"{_names(_FILMS)}, ≥ {FEWEST_VIDEO_KBPS} kbps")
        elif measured.audio_codec:
            slow = measured.audio_kbps is not None and measured.audio_kbps < FEWEST_AUDIO_KBPS * _TOLERATED
            if slow or self.file.mime not in _SOUNDS:
                told = _told(self.file.mime, measured.audio_codec, measured.audio_kbps)
                yield self._finding("DIG-009", found=told, expected=f"{_names(_SOUNDS)}, ≥ {FEWEST_AUDIO_KBPS} kbps")

    def _duration(self) -> Iterator[Finding]:
        """Only where the record is this one file: of several, each holds a part."""
        written, lasts_ms = self.document.value("play_time"), self.file.measured.duration_ms
        match = _PLAY_TIME.match(written)
        if match is None or lasts_ms is None or len(self.document.files) > 1:
            return
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        stated = (hours * 60 + minutes) * 60 + seconds
        lasts = lasts_ms / 1000
        if abs(stated - lasts) > max(_TOLERATED_SECONDS, (1 - _TOLERATED) * stated):
            whole = round(lasts)
            found = f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"
            yield self._finding("DIG-015", written=written, found=found)


def _in_corner(place: SignaturePlace) -> bool:
    return place.page == 1 and place.left >= _RIGHT and place.top <= _UPPER


def _version(text: str | None) -> tuple[int, int] | None:
    first, dot, second = (text or "").partition(".")
    return (int(first), int(second)) if dot and first.isdigit() and second.isdigit() else None


def _told(mime: str, codec: str, kbps: int | None) -> str:
    return f"{_name(mime)}, {codec}" + (f", {kbps} kbps" if kbps is not None else "")


def _name(mime: str) -> str:
    known = by_mime(mime)
    return known.name if known else mime


def _names(mimes: tuple[str, ...]) -> str:
    return ", ".join(_name(mime) for mime in mimes)
