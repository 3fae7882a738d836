"""The chain on twenty files with everything that PDF/A forbids; veraPDF judges each claim."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import img2pdf
import pikepdf
import pytest
from PIL import Image, ImageDraw

from ingest.engines import pdfa_chain
from ingest.engines.pdfa_checks import look_at
from ingest.engines.verapdf import VeraPdfJudge
from ingest.facts import Attempt
from ingest.pdfa_conversion import Conversion, Converter, Request
from metadata.digests import digests_of_file
from tests.fakes.workers import InlineWorkers
from tests.generators.nasty import hostile, nasty, plain, user_password

AT = "2026-01-02T03:04:05.000Z"
NASTY = (
    *("01-plain", "02-base14", "03-truetype-not-embedded", "04-cid-not-embedded", "05-transparency", "06-javascript"),
    *("07-attachments", "08-form", "09-xfa", "10-annotations", "11-layers", "12-cmyk", "13-separation"),
    *("14-broken-xmp", "15-interpolated", "20-owner-password", "22-rc4", "23-pdf-2.0", "24-linearized", "30-tcvn3"),
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = nasty(tmp_path_factory.mktemp("nasty"))
    assert set(made) == set(NASTY)
    return made


@pytest.fixture
def convert(tmp_path: Path) -> Callable[..., Conversion]:
    def run(
        source: Path, judge: VeraPdfJudge | None = None, aim: str = "2b", original: Path | None = None
    ) -> Conversion:
        return Converter(InlineWorkers(), judge).convert(
            Request(source, AT, aim=aim, original=original), tmp_path / "made"
        )

    return run


def _letters_lost(before: Path, after: Path) -> bool:
    return bool(look_at(before).letters - look_at(after).letters)


@pytest.mark.parametrize("name", NASTY)
def test_every_flavour_claimed_without_java_is_confirmed_by_verapdf(
    name: str, corpus: dict[str, Path], convert: Callable[..., Conversion], verapdf: VeraPdfJudge
) -> None:
    made = convert(corpus[name], aim="2u")
    assert made.path is not None, made
    assert made.flavour in {"2b", "2u"}
    verdict = verapdf.check(made.path, None)
    assert (verdict.status, verdict.flavour) == ("valid", made.flavour), verdict
    assert not _letters_lost(corpus[name], made.path)
    assert look_at(made.path).pages == look_at(corpus[name]).pages


@pytest.mark.parametrize("name", NASTY)
def test_with_verapdf_as_judge_the_claim_is_its_own(
    name: str, corpus: dict[str, Path], convert: Callable[..., Conversion], verapdf: VeraPdfJudge
) -> None:
    made = convert(corpus[name], verapdf, aim="2u")
    assert made.path is not None, made
    assert made.judge == verapdf.tool()
    verdict = verapdf.check(made.path, None)
    assert (verdict.status, verdict.flavour) == ("valid", made.flavour)
    assert made.attempts[-1].judge == f"veraPDF {verapdf.tool().version}"
    assert not _letters_lost(corpus[name], made.path)


def test_what_was_lost_is_on_record(corpus: dict[str, Path], convert: Callable[..., Conversion]) -> None:
    scripts, files = convert(corpus["06-javascript"]), convert(corpus["07-attachments"])
    assert {"open-action:JavaScript", "names:/JavaScript", "page:p1 /AA"} <= set(scripts.losses)
    assert {"attachment:phuluc.docx", "attachment:bảng kê.txt"} <= set(files.losses)
    assert "encryption-removed" in convert(corpus["20-owner-password"]).losses


def test_a_refused_step_says_which_rule_refused_it(corpus: dict[str, Path], convert: Callable[..., Conversion]) -> None:
    made = convert(corpus["03-truetype-not-embedded"])
    assert [(a.step, a.accepted) for a in made.attempts] == [("clean", False), ("repair", True)]
    assert "6.2.11.4.1-1" in made.attempts[0].rules


def test_fonts_of_legacy_vietnamese_encodings_are_never_replaced(
    corpus: dict[str, Path], convert: Callable[..., Conversion]
) -> None:
    made = convert(corpus["30-tcvn3"])
    assert not [loss for loss in made.losses if loss.startswith("font-substituted")]
    assert made.path is not None
    assert "\xad" in look_at(corpus["30-tcvn3"]).letters or "÷" in look_at(made.path).letters


def test_the_same_file_and_time_give_the_same_bytes(corpus: dict[str, Path], tmp_path: Path) -> None:
    digests = set()
    for name in ("a", "b"):
        scratch = tmp_path / name
        scratch.mkdir()
        answer = pdfa_chain.convert(scratch, str(corpus["02-base14"]), AT)
        digests.add(digests_of_file(scratch / answer["outputs"]["pdf"]).sha256)
    assert len(digests) == 1


def test_pronom_can_see_the_flavour(corpus: dict[str, Path], convert: Callable[..., Conversion]) -> None:
    """PRONOM looks for the namespace on rdf:Description; on the elements it is not seen."""
    made = convert(corpus["01-plain"], aim="2u")
    assert made.path is not None
    with pikepdf.open(made.path) as pdf:
        packet = pdf.Root["/Metadata"].read_bytes().decode()
    description = packet[packet.index("<rdf:Description") :].partition(">")[0]
    assert 'xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"' in description
    assert "<pdfaid:conformance>U</pdfaid:conformance>" in packet
    assert f"<xmp:MetadataDate>{AT}</xmp:MetadataDate>" in packet


def _without_map(_: bytes) -> bytes | None:
    return None


MAPS: dict[str, Callable[[bytes], bytes | None]] = {
    "no-map": _without_map,
    "empty-map": lambda data: re.sub(rb"\d+ beginbfchar.*?endbfchar", b"", data, flags=re.DOTALL),
    "byte-order-mark": lambda data: data.replace(b"<0110>", b"<FEFF>"),
    "no-character": lambda data: data.replace(b"<0110>", b"<FFFE>"),
    "null": lambda data: data.replace(b"<0110>", b"<0000>"),
    "range-into-no-character": lambda data: data.replace(
        b"endcmap", b"1 beginbfrange <07> <07> <FFFE> endbfrange endcmap"
    ),
}


@pytest.mark.parametrize("name", MAPS)
def test_2u_is_not_claimed_where_a_letter_shown_has_no_unicode_value(
    name: str, tmp_path: Path, convert: Callable[..., Conversion], verapdf: VeraPdfJudge
) -> None:
    """Every one of these is no 2u for veraPDF either; the letter changed is the Đ of the second line."""
    source = tmp_path / "map.pdf"
    with pikepdf.open(plain(tmp_path / "base.pdf")) as pdf:
        for thing in pdf.objects:
            if isinstance(thing, pikepdf.Dictionary) and "/ToUnicode" in thing:
                changed = MAPS[name](thing["/ToUnicode"].read_bytes())
                del thing["/ToUnicode"]
                if changed is not None:
                    thing["/ToUnicode"] = pdf.make_stream(changed)
        pdf.save(source)
    made = convert(source, aim="2u")
    assert made.path is not None
    assert made.flavour == "2b"
    assert verapdf.check(made.path, None).status == "valid"
    # With the reference judge in the chain the answer is the same.
    assert convert(source, verapdf, aim="2u").flavour == "2b"


def _scan(path: Path) -> Path:
    """Two scanned pages: one bilevel (CCITT G4), one colour (JPEG)."""
    pages = []
    for mode in ("1", "RGB"):
        page = Image.new("RGB", (1240, 1754), "white")
        pen = ImageDraw.Draw(page)
        for row in range(40):
            pen.rectangle((150, 150 + 35 * row, 1000, 162 + 35 * row), fill="black")
        if mode == "RGB":
            pen.ellipse((700, 1200, 1000, 1500), outline=(200, 20, 20), width=14)
        file = path.with_suffix(f".{mode}.{'tif' if mode == '1' else 'jpg'}")
        page.convert(mode).save(
            file, **({"compression": "group4", "dpi": (150, 150)} if mode == "1" else {"dpi": (150, 150)})
        )
        pages.append(str(file))
    path.write_bytes(img2pdf.convert(pages))  # type: ignore[no-untyped-call] # img2pdf has no types
    return path


def _image_digests(path: Path) -> set[str]:
    with pikepdf.open(path) as pdf:
        return {
            hashlib.sha256(thing.read_raw_bytes()).hexdigest()
            for thing in pdf.objects
            if isinstance(thing, pikepdf.Stream) and thing.get("/Subtype") == "/Image"
        }


def test_the_bytes_of_scanned_pictures_do_not_change(
    tmp_path: Path, convert: Callable[..., Conversion], verapdf: VeraPdfJudge
) -> None:
    scan = _scan(tmp_path / "scan.pdf")
    made = convert(scan)
    assert made.path is not None
    assert made.step == "clean"
    assert len(_image_digests(scan)) == 2
    assert _image_digests(made.path) == _image_digests(scan)
    assert verapdf.check(made.path, "2b").status == "valid"


def test_as_a_last_resort_a_bilevel_scan_stays_bilevel(tmp_path: Path, verapdf: VeraPdfJudge) -> None:
    scan, scratch = _scan(tmp_path / "scan.pdf"), tmp_path / "task"
    scratch.mkdir()
    answer = pdfa_chain.convert(scratch, str(scan), AT, start="picture")
    made = scratch / answer["outputs"]["pdf"]
    with pikepdf.open(made) as pdf:
        first, second = (page["/Resources"]["/XObject"]["/Im"] for page in pdf.pages)
        assert str(first.Filter) == "/CCITTFaxDecode"
        assert int(first.BitsPerComponent) == 1
        assert str(second.Filter) == "/DCTDecode"
    assert verapdf.check(made, "2b").status == "valid"
    assert Attempt.model_validate(answer["attempts"][-1]).accepted


def test_a_password_is_asked_of_nobody(tmp_path: Path, convert: Callable[..., Conversion]) -> None:
    assert convert(user_password(tmp_path / "locked.pdf")).problem == "password"


@pytest.mark.parametrize("name", ["empty", "noise", "html"])
def test_unreadable_files_are_damaged_and_nothing_else(
    name: str, tmp_path: Path, convert: Callable[..., Conversion]
) -> None:
    assert convert(hostile(name, tmp_path / "x.pdf")).problem == "damaged"


def test_a_candidate_that_does_not_look_like_the_original_is_refused(
    tmp_path: Path, convert: Callable[..., Conversion]
) -> None:
    original = plain(tmp_path / "original.pdf", draw=lambda paper: paper.rect(100, 100, 300, 300, fill=1))
    candidate = plain(tmp_path / "candidate.pdf")
    made = convert(candidate, original=original)
    assert made.problem == "refused"
    assert {a.rules for a in made.attempts} == {("picture",)}
