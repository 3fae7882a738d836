"""Routes of the stage: which file gets what, and what is said. Conversions are real, judges are told what to say."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String

from ingest.facts import (
    FileFormat,
    FileRole,
    FileText,
    Formats,
    Inspection,
    Judged,
    Received,
    ReceivedFile,
    Rendition,
    Renditions,
    Route,
    Texts,
    Tool,
    Validated,
)
from ingest.ports import Answer, Limits, PdfaVerdict, Workers
from ingest.stages.pdfa import OFFICE_TASK, Pdfa
from ingest.work import WorkItem
from metadata.descriptions import Delivery, DossierDescription
from metadata.digests import digests_of_file
from metadata.errors import ToolMissingError
from metadata.rules import message
from tests.fakes.workers import InlineWorkers
from tests.generators.nasty import nasty, plain

PDF = FileFormat(puid="fmt/276", name="PDF", version="1.7", mime="application/pdf")
NAME = "Hồ sơ 1/quyết định.pdf"


@dataclass
class ToldJudge:
    """A judge that says what it was told, in turn; the last word for ever."""

    words: list[PdfaVerdict]
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def tool(self) -> Tool:
        return Tool(name="told", version="1")

    def check(self, path: Path, flavour: str | None) -> PdfaVerdict:
        self.asked.append((path.name, flavour))
        return self.words.pop(0) if len(self.words) > 1 else self.words[0]


@dataclass
class ScriptedWorkers:
    """Workers that answer one thing, or raise it."""

    answer: Answer | Exception
    size: int = 2
    calls: int = 0

    def submit(
        self, task: str, arguments: Mapping[str, Any], *, limits: Limits, deposit: Path | None = None
    ) -> Future[Answer]:
        self.calls += 1
        future: Future[Answer] = Future()
        if isinstance(self.answer, Exception):
            future.set_exception(self.answer)
        else:
            future.set_result(self.answer)
        return future


@dataclass(frozen=True)
class Case:
    """One file on its way through the stage."""

    item: WorkItem
    source: Path

    def run(self, workers: Workers | None = None, judge: ToldJudge | None = None) -> tuple[Rendition, Renditions]:
        renditions = Pdfa(workers or InlineWorkers(), judge).run(self.item)
        return renditions.decisions[NAME], renditions


def case(
    folder: Path,
    source: Path,
    *,
    format: FileFormat = PDF,  # noqa: A002 - the fact's own word
    inspection: Inspection | None = None,
    text: FileText | None = None,
) -> Case:
    digests = digests_of_file(source)
    file = ReceivedFile(
        path=NAME,
        stored=str(source),
        sha256=digests.sha256,
        sha512=digests.sha512,
        size_bytes=digests.size_bytes,
        role=FileRole.DOCUMENT,
        ordinal=1,
    )
    work = folder / "work"
    work.mkdir(exist_ok=True)
    item = WorkItem(
        job_id="j",
        submission_id="s",
        package_id="p",
        agency="A",
        folder=work,
        delivery=Delivery(reader="folder", profile="02-2019", root=str(folder)),
        dossier=DossierDescription(file_code="1"),
    )
    for fact in (
        Received(files=(file,), received_at="2026-01-02T03:04:05.000Z", fingerprint="f"),
        Formats(formats={NAME: format}),
        Validated(findings=(), inspections={NAME: inspection or Inspection(pages=1)}),
        Judged(verdicts={}),
        Texts(texts={NAME: text} if text else {}),
    ):
        item = item.having(fact)
    return Case(item, source)


def rules_of(renditions: Renditions) -> list[str]:
    for finding in renditions.findings:
        for language in ("vi", "en"):
            assert "…" not in message(finding, language), message(finding, language)
    return [finding.rule for finding in renditions.findings]


def signed(path: Path) -> Path:
    """A PDF with a signature field whose appearance shows who signed."""
    with pikepdf.open(plain(path.with_suffix(".base"))) as pdf:
        shown = pdf.make_stream(b"1 0 0 RG 0 0 1 rg 2 w 1 1 198 48 re B")
        shown["/Type"], shown["/Subtype"], shown["/BBox"] = Name.XObject, Name.Form, Array([0, 0, 200, 50])
        value = Dictionary(
            Type=Name.Sig,
            Filter=Name("/Adobe.PPKLite"),
            SubFilter=Name("/adbe.pkcs7.detached"),
            Contents=String("x" * 64),
        )
        widget = Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Sig,
            T=String("Signature1"),
            F=132,
            Rect=Array([300, 100, 500, 150]),
            V=pdf.make_indirect(value),
            AP=Dictionary(N=pdf.make_indirect(shown)),
        )
        field_ = pdf.make_indirect(widget)
        pdf.pages[0]["/Annots"] = Array([field_])
        pdf.Root["/AcroForm"] = Dictionary(Fields=Array([field_]), SigFlags=3)
        pdf.save(path)
    return path


def test_a_born_digital_pdf_is_converted_and_the_record_tells_how(tmp_path: Path) -> None:
    subject = case(tmp_path, plain(tmp_path / "a.pdf"))
    decision, renditions = subject.run()
    assert (decision.route, decision.flavour, decision.confirmed) == (Route.CONVERT, "2b", True)
    assert decision.judge is not None
    assert decision.judge.name == "pikepdf.pdfa"
    assert decision.path is not None
    assert (subject.item.folder / decision.path).read_bytes().startswith(b"%PDF-1.")
    assert decision.judge in renditions.tools
    assert rules_of(renditions) == []


def test_a_signed_original_is_never_touched_and_its_rendition_shows_the_signature(tmp_path: Path) -> None:
    source = signed(tmp_path / "signed.pdf")
    before = digests_of_file(source)
    subject = case(tmp_path, source, inspection=Inspection(pages=1, signatures=1))
    decision, _ = subject.run()
    assert digests_of_file(source) == before
    assert decision.route is Route.DERIVE_SIGNED
    assert decision.path is not None
    with pikepdf.open(subject.item.folder / decision.path) as pdf:
        assert "/AcroForm" not in pdf.Root
        # The stamp is part of the page now; the picture check of the chain saw it.
        assert "/XObject" in pdf.pages[0]["/Resources"]
    assert "form-flattened:1" in decision.losses


@pytest.mark.parametrize(("signatures", "route"), [(0, Route.KEEP), (1, Route.KEEP_SIGNED)])
def test_what_the_judge_confirms_as_pdfa_is_kept_as_it_is(tmp_path: Path, signatures: int, route: Route) -> None:
    judge = ToldJudge([PdfaVerdict("valid", "2u")])
    subject = case(
        tmp_path, plain(tmp_path / "a.pdf"), inspection=Inspection(pages=1, claimed_pdfa="2u", signatures=signatures)
    )
    decision, renditions = subject.run(judge=judge)
    assert (decision.route, decision.flavour, decision.path) == (route, "2u", None)
    assert decision.judge == judge.tool()
    assert judge.asked == [("a.pdf", None)]
    assert rules_of(renditions) == []


@pytest.mark.rule("PDA-007")
def test_a_signed_claim_without_a_judge_is_kept_and_called_unconfirmed(tmp_path: Path) -> None:
    subject = case(
        tmp_path, signed(tmp_path / "s.pdf"), inspection=Inspection(pages=1, claimed_pdfa="2b", signatures=1)
    )
    decision, renditions = subject.run()
    assert (decision.route, decision.flavour, decision.confirmed) == (Route.KEEP_SIGNED, None, False)
    assert rules_of(renditions) == ["PDA-007"]


def test_an_unsigned_claim_without_a_judge_is_measured_by_writing_it_anew(tmp_path: Path) -> None:
    subject = case(tmp_path, plain(tmp_path / "a.pdf"), inspection=Inspection(pages=1, claimed_pdfa="1b"))
    decision, _ = subject.run()
    assert (decision.route, decision.flavour) == (Route.CONVERT, "2b")


@pytest.mark.rule("PDA-009")
def test_a_false_claim_is_named_and_a_true_rendition_made(tmp_path: Path) -> None:
    judge = ToldJudge([PdfaVerdict("invalid", "2b", ("6.1.2-1",)), PdfaVerdict("valid", "2b")])
    subject = case(tmp_path, plain(tmp_path / "a.pdf"), inspection=Inspection(pages=1, claimed_pdfa="2b"))
    decision, renditions = subject.run(judge=judge)
    assert (decision.route, decision.flavour) == (Route.CONVERT, "2b")
    assert [(a.step, a.accepted) for a in decision.attempts] == [("as-received", False), ("clean", True)]
    assert rules_of(renditions) == ["PDA-009"]


@pytest.mark.rule("PDA-004")
def test_when_no_step_satisfies_the_judge_only_the_original_is_kept(tmp_path: Path) -> None:
    judge = ToldJudge([PdfaVerdict("invalid", "2b", ("6.9-9",))])
    decision, renditions = case(tmp_path, plain(tmp_path / "a.pdf")).run(judge=judge)
    assert (decision.route, decision.path, decision.flavour) == (Route.NONE, None, None)
    assert [a.step for a in decision.attempts] == ["clean", "repair", "picture"]
    assert {a.rules for a in decision.attempts} == {("6.9-9",)}
    assert rules_of(renditions) == ["PDA-004"]


def test_a_promise_of_unicode_that_the_judge_denies_is_taken_back(tmp_path: Path) -> None:
    """The candidate claims 2u; the judge accepts 2b only: never a flavour that was not measured."""
    candidate = plain(tmp_path / "candidate.pdf")
    judge = ToldJudge([PdfaVerdict("invalid", "2u", ("6.2.11.7.2-1",)), PdfaVerdict("valid", "2b")])
    text = FileText(jsonl="", pages=1, sources={"ocr": 1}, ocr_pdf=str(candidate))
    decision, _ = case(tmp_path, plain(tmp_path / "a.pdf"), text=text).run(judge=judge)
    assert (decision.route, decision.flavour) == (Route.OCR, "2b")
    assert [flavour for _, flavour in judge.asked] == ["2u", "2b", "2b"]


def test_ocr_candidates_aim_at_unicode_but_not_where_letters_were_decoded(tmp_path: Path) -> None:
    candidate = str(plain(tmp_path / "candidate.pdf"))
    flavours = []
    for sources in ({"ocr": 1}, {"decoded": 1}):
        folder = tmp_path / "-".join(sources)
        folder.mkdir()
        text = FileText(jsonl="", pages=1, sources=sources, ocr_pdf=candidate)
        decision, _ = case(folder, plain(folder / "a.pdf"), text=text).run()
        flavours.append((decision.route, decision.flavour))
    assert flavours == [(Route.OCR, "2u"), (Route.OCR, "2b")]


def test_a_candidate_that_lost_a_page_is_not_used_but_the_file_itself(tmp_path: Path) -> None:
    text = FileText(jsonl="", pages=1, sources={"ocr": 2}, ocr_pdf=str(plain(tmp_path / "candidate.pdf")))
    subject = case(tmp_path, plain(tmp_path / "a.pdf", pages=2), text=text, inspection=Inspection(pages=2))
    decision, _ = subject.run()
    assert decision.flavour == "2b"
    assert ("pages",) in {a.rules for a in decision.attempts}
    with pikepdf.open(subject.item.folder / str(decision.path)) as pdf:
        assert len(pdf.pages) == 2


@pytest.mark.rule("PDA-001")
def test_a_password_leaves_the_original_only(tmp_path: Path) -> None:
    workers = ScriptedWorkers(RuntimeError("nobody may be asked"))
    subject = case(tmp_path, plain(tmp_path / "a.pdf"), inspection=Inspection(encrypted=True))
    decision, renditions = subject.run(workers)
    assert (decision.route, decision.reason, workers.calls) == (Route.NONE, "PDA-001", 0)
    assert rules_of(renditions) == ["PDA-001"]


@pytest.mark.rule("PDA-002")
def test_a_damaged_file_leaves_the_original_only(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\n" + b"\0" * 4000)
    decision, renditions = case(tmp_path, broken).run()
    assert (decision.route, decision.reason) == (Route.NONE, "PDA-002")
    assert rules_of(renditions) == ["PDA-002"]


@pytest.mark.rule("PDA-003")
def test_a_broken_limit_is_a_fact_about_the_file(tmp_path: Path) -> None:
    decision, renditions = case(tmp_path, plain(tmp_path / "a.pdf")).run(ScriptedWorkers(Answer(breach="memory")))
    assert (decision.route, decision.reason) == (Route.NONE, "PDA-003")
    assert rules_of(renditions) == ["PDA-003"]


def test_a_missing_tool_is_a_fault_and_no_decision(tmp_path: Path) -> None:
    word = FileFormat(
        puid="fmt/412",
        name="DOCX",
        version="",
        mime="application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    )
    subject = case(tmp_path, plain(tmp_path / "a.pdf"), format=word)
    with pytest.raises(ToolMissingError):
        subject.run(ScriptedWorkers(ToolMissingError("LibreOffice")))
    assert not list((subject.item.folder / "pdfa").rglob("decision.json"))


@pytest.mark.rule("PDA-005")
def test_too_many_pages_are_not_converted_in_one_piece(tmp_path: Path) -> None:
    path = tmp_path / "long.pdf"
    kids = " ".join(f"{n} 0 R" for n in range(3, 5004))
    pages = "\n".join(f"{n} 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]>>endobj" for n in range(3, 5004))
    path.write_text(
        "%PDF-1.7\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        f"2 0 obj<</Type/Pages/Count 5001/Kids[{kids}]>>endobj\n{pages}\ntrailer<</Root 1 0 R>>\n"
    )
    decision, renditions = case(tmp_path, path, inspection=Inspection(pages=5001)).run()
    assert (decision.route, decision.reason) == (Route.NONE, "PDA-005")
    assert rules_of(renditions) == ["PDA-005"]


@pytest.mark.rule("PDA-006")
def test_pages_as_pictures_are_called_so(tmp_path: Path) -> None:
    source = nasty(tmp_path / "nasty")["04-cid-not-embedded"]
    decision, renditions = case(tmp_path, source).run()
    assert (decision.route, decision.flavour) == (Route.PICTURE, "2b")
    assert "pages-as-pictures:1" in decision.losses
    assert decision.path is not None
    assert rules_of(renditions) == ["PDA-006"]


def test_pages_as_pictures_tell_what_they_lose_beside_the_lines(tmp_path: Path) -> None:
    judge = ToldJudge([PdfaVerdict("invalid", "2b"), PdfaVerdict("invalid", "2b"), PdfaVerdict("valid", "2b")])
    decision, renditions = case(tmp_path, nasty(tmp_path / "nasty")["07-attachments"]).run(judge=judge)
    assert decision.route is Route.PICTURE
    assert rules_of(renditions) == ["PDA-006", "PDA-010"]


@pytest.mark.rule("PDA-010", "PDA-011", "PDA-012", "PDA-013")
@pytest.mark.parametrize(
    ("name", "rules", "told"),
    [
        ("07-attachments", ["PDA-010"], "bảng kê.txt"),
        ("10-annotations", ["PDA-011", "PDA-013"], "p1 Movie"),
        ("09-xfa", ["PDA-012"], "xfa"),
        ("06-javascript", ["PDA-013"], "/JavaScript"),
    ],
)
def test_what_the_rendition_does_not_carry_is_told(name: str, rules: list[str], told: str, tmp_path: Path) -> None:
    _, renditions = case(tmp_path, nasty(tmp_path / "nasty")[name]).run(judge=ToldJudge([PdfaVerdict("valid", "2b")]))
    assert rules_of(renditions) == rules
    assert any(told in message(finding, "vi") for finding in renditions.findings)


@pytest.mark.rule("PDA-008")
def test_a_format_without_a_route_is_named(tmp_path: Path) -> None:
    packet = tmp_path / "a.xml"
    packet.write_text("<a/>")
    xml = FileFormat(puid="fmt/101", name="XML", version="1.0", mime="application/xml")
    decision, renditions = case(tmp_path, packet, format=xml).run()
    assert (decision.route, decision.reason) == (Route.NONE, "PDA-008")
    assert rules_of(renditions) == ["PDA-008"]


def test_sound_and_film_are_not_asked_for_pdfa(tmp_path: Path) -> None:
    film = tmp_path / "a.mp4"
    film.write_bytes(b"\0\0\0\x18ftypmp42")
    video = FileFormat(puid="fmt/199", name="MP4", version="", mime="video/mp4")
    decision, renditions = case(tmp_path, film, format=video).run()
    assert decision.route is Route.NOT_APPLICABLE
    assert rules_of(renditions) == []


def test_the_office_pdf_that_text_kept_is_not_made_twice(tmp_path: Path) -> None:
    word = FileFormat(puid="fmt/50", name="RTF", version="", mime="application/rtf")
    source = tmp_path / "a.rtf"
    source.write_bytes(b"{\\rtf1 x}")
    kept = plain(tmp_path / "by-product.pdf")
    text = FileText(jsonl="", pages=1, sources={"born-digital": 1}, ocr_pdf=str(kept))
    asked: list[str] = []

    class Listening(InlineWorkers):
        def submit(
            self, task: str, arguments: Mapping[str, Any], *, limits: Limits, deposit: Path | None = None
        ) -> Future[Answer]:
            asked.append(task)
            return super().submit(task, arguments, limits=limits, deposit=deposit)

    decision, _ = case(tmp_path, source, format=word, text=text).run(Listening())
    assert (decision.route, decision.flavour) == (Route.OFFICE, "2u")
    assert OFFICE_TASK not in asked


def test_a_repeated_run_takes_what_is_kept_and_converts_nothing_again(tmp_path: Path) -> None:
    subject = case(tmp_path, plain(tmp_path / "a.pdf"))
    _, first = subject.run()
    workers = ScriptedWorkers(RuntimeError("nobody may be asked"))
    _, second = subject.run(workers)
    assert second == first
    assert workers.calls == 0


def test_a_decision_cut_off_by_a_crash_is_made_again(tmp_path: Path) -> None:
    subject = case(tmp_path, plain(tmp_path / "a.pdf"))
    _, first = subject.run()
    record = next((subject.item.folder / "pdfa").rglob("decision.json"))
    record.write_bytes(record.read_bytes()[:50])
    _, second = subject.run()
    assert second == first


def test_another_judge_decides_anew(tmp_path: Path) -> None:
    subject = case(tmp_path, plain(tmp_path / "a.pdf"))
    subject.run()
    decision, _ = subject.run(judge=ToldJudge([PdfaVerdict("valid", "2b")]))
    assert decision.judge is not None
    assert decision.judge.name == "told"
