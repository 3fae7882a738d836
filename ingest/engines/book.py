"""Worker task `ingest.engines.book:bind`: the PDF/A files of a dossier as one PDF/A, contents and bookmarks in front.

Pages are taken as they are. What a PDF/A has beside its pages (layers, forms,
colours of a press, things attached) does not survive being one of many in
another file; such a file goes through the converter first, which says so. Files
are bound in lots, so that neither open files nor memory grow with their number.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import AccessMode, Array, Dictionary, OutlineItem, Page, Pdf

from ingest.engines.paper import blocks, entitle
from ingest.engines.paper_layout import Setting, link
from ingest.engines.pdfa_chain import convert
from ingest.engines.pdfa_losses import Losses
from ingest.engines.pdfa_write import JUDGE, candidate_intent, write
from metadata.errors import ArchiveError

MAX_PAGES = 20_000
LOT_FILES, LOT_PAGES = 40, 500
_FAULTS = (ArchiveError, OSError, MemoryError)
_FLAVOUR = "2b"
_UNKNOWN_PAGE = 88_888
"""Stands for a page in the first setting of the contents, which only counts how many pages these need."""


@dataclass(slots=True)
class _Bound:
    """One file of the plan."""

    path: Path
    title: str
    pages: int = 0
    first: int = 0
    """Its first page in the book, from 1; 0: it is not in it."""

    how: str = ""
    """`as-is`, the converter's step, or why it is not bound."""


@dataclass(slots=True)
class _Binding:
    scratch: Path
    at: str
    plan: Mapping[str, Any]
    files: list[_Bound] = field(default_factory=list)

    def settle(self) -> None:
        """See to it that every file can be one of many; what cannot be read is left out and told."""
        for number, told in enumerate(self.plan["files"]):
            bound = _Bound(Path(told["path"]), str(told["title"]))
            self.files.append(bound)
            try:
                self._settle(bound, number, kept=bool(told.get("kept")))
            except _FAULTS:
                raise
            except Exception as error:  # noqa: BLE001 - hostile structure fails in many ways; the others are bound
                said = str(error).replace(str(bound.path), "").lstrip(": ")
                bound.pages, bound.how = 0, f"{type(error).__name__}: {said}"[:200]

    def _settle(self, bound: _Bound, number: int, *, kept: bool) -> None:
        with pikepdf.open(bound.path, access_mode=AccessMode.stream) as pdf:
            pages = len(pdf.pages)
            alone = kept or "/OCProperties" in pdf.Root or "/AcroForm" in pdf.Root or candidate_intent(pdf) is None
        bound.how = "as-is"
        for start in ("clean", "picture") if alone else ():
            room = self.scratch / f"settled-{number}-{start}"
            room.mkdir()
            answer = convert(room, str(bound.path), self.at, start=start)
            if "outputs" not in answer:
                bound.how = str(answer.get("detail") or answer.get("problem"))[:200]
                return
            made = room / answer["outputs"]["pdf"]
            bound.path, bound.how = made, str(answer["step"])
            with pikepdf.open(made, access_mode=AccessMode.stream) as pdf:
                if candidate_intent(pdf) is not None:
                    break
        bound.pages = pages

    # ------------------------------------------------------------ pages

    def place(self, front: int) -> int:
        """Say on which page each file begins; how many pages there are."""
        page = front + 1
        for bound in self.files:
            if bound.pages:
                bound.first = page
                page += bound.pages
        return page - 1

    def lots(self) -> Iterator[Path]:
        """The pages in files of many, in order."""
        lot: list[_Bound] = []
        for bound in (b for b in self.files if b.pages):
            if lot and (len(lot) >= LOT_FILES or sum(b.pages for b in lot) + bound.pages > LOT_PAGES):
                yield self._lot(lot)
                lot = []
            lot.append(bound)
        if lot:
            yield self._lot(lot)

    def _lot(self, lot: Sequence[_Bound]) -> Path:
        target = self.scratch / f"lot-{lot[0].first}.pdf"
        with Pdf.new() as pdf:
            opened = [pikepdf.open(bound.path, access_mode=AccessMode.stream) for bound in lot]
            try:
                for source in opened:
                    for page in source.pages:
                        _free(page)
                    pdf.pages.extend(source.pages)
                pdf.save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate)
            finally:
                for source in opened:
                    source.close()
        return target

    # ------------------------------------------------------------ front

    def front(self) -> Iterator[dict[str, Any]]:
        """The blocks in front, each row of the contents with the page of its document."""
        column, notes = int(self.plan["page_column"]), int(self.plan["note_column"])
        for block in blocks(Path(self.plan["front"])):
            wanted = [self.files[number] for number in block.get("files", ())]
            if wanted:
                row = [*block["row"]]
                bound = [b for b in wanted if b.pages]
                row[column] = str(bound[0].first or _UNKNOWN_PAGE) if bound else ""
                words = [self.plan["unbound"].format(why=b.how) for b in wanted if not b.pages]
                words += [self.plan["pictured"]] if any(b.how == "picture" for b in bound) else []
                row[notes] = "; ".join(word for word in (row[notes], *words) if word)
                yield {**block, "row": row, "to": bound[0].first if bound else 0}
            else:
                yield block

    def set_front(self, pages: int | None = None) -> Setting:
        """Set the blocks in front, as one of `pages`, into a file of their own."""
        with self.front_at.open("wb") as out, Setting(out, word_page=str(self.plan["word_page"])) as setting:
            setting.set(self.front())
            setting.finish(pages)
        return setting

    @property
    def front_at(self) -> Path:
        """Where the pages in front lie."""
        return self.scratch / "front.pdf"


def _free(page: Page) -> None:
    """Take away from a page what points to things that stay behind in its file."""
    for key in ("/StructParents", "/Tabs"):
        if key in page.obj:
            del page.obj[key]
    annotations = page.obj.get("/Annots")
    if not isinstance(annotations, Array):
        return
    kept = []
    for annotation in annotations.as_list():
        if not isinstance(annotation, Dictionary) or _leads_inside(annotation):
            continue
        for key in ("/StructParent", "/P", "/Popup", "/IRT", "/OC"):
            if key in annotation:
                del annotation[key]
        kept.append(annotation)
    if kept:
        page.obj["/Annots"] = Array(kept)
    else:
        del page.obj["/Annots"]


def _leads_inside(annotation: Dictionary) -> bool:
    """A link to another place of its own file, or a remark's window: neither leads anywhere in a book."""
    if annotation.get("/Subtype") == "/Popup":
        return True
    action = annotation.get("/A")
    return annotation.get("/Subtype") == "/Link" and not (isinstance(action, Dictionary) and action.get("/S") == "/URI")


def bind(scratch: Path, plan: str, at: str) -> dict[str, Any]:
    """Bind the files of a plan.

    Args:
        scratch: Empty folder of the task.
        plan: JSON file: `title`; `front`, a JSON Lines file of blocks (`paper_layout`) whose rows may name their
            `files` by number; `files` with `path`, `title`, and `kept` where it is no PDF/A that this archive wrote;
            `page_column` and `note_column` of such rows; words `word_page`, `contents`, `pictured`, and `unbound`
            with `{why}`.
        at: RFC 3339 time for the metadata date, so that repeating gives the same bytes.

    Returns:
        `files`: `first` and `pages` in the book and `how` of each. `outputs.pdf`, `pages`, `front` (pages in front),
        `flavour` and `verdict` as measured, `rules` and `detail` of a denial, `replaced`, `tool`; or `problem`
        (`pages`) where it would be too long.

    Raises:
        ToolMissingError: the font is not installed.
    """
    binding = _Binding(scratch, at, json.loads(Path(plan).read_text(encoding="utf-8")))
    binding.settle()
    front = binding.set_front().count
    pages = binding.place(front)
    told = [{"first": b.first, "pages": b.pages, "how": b.how} for b in binding.files]
    if pages > MAX_PAGES:
        return {"problem": "pages", "pages": pages, "files": told}
    lots = list(binding.lots())
    target = scratch / "book.pdf"
    opened: list[Pdf] = []
    with Pdf.new() as pdf:
        try:
            setting = binding.set_front(pages)
            for lot in (binding.front_at, *lots):
                opened.append(pikepdf.open(lot, access_mode=AccessMode.stream))
                pdf.pages.extend(opened[-1].pages)
            link(pdf, setting.links)
            _mark(pdf, binding)
            entitle(pdf, str(binding.plan["title"]))
            written = write(pdf, target, flavour=_FLAVOUR, at=at, losses=Losses())
        finally:
            for source in opened:
                source.close()
    measured = written.verdict == "pass"
    if not measured:
        target = _disclaimed(target, scratch)
    return {
        "outputs": {"pdf": target.name},
        "pages": pages,
        "front": front,
        "files": told,
        "flavour": written.flavour if measured else None,
        "verdict": written.verdict,
        "rules": list(written.rules),
        "detail": written.detail,
        "replaced": setting.replaced,
        "tool": JUDGE,
    }


def _mark(pdf: Pdf, binding: _Binding) -> None:
    """One bookmark for the front, one for each file."""
    with pdf.open_outline() as outline:
        outline.root.append(OutlineItem(str(binding.plan["contents"]), 0))
        for bound in binding.files:
            if bound.pages:
                outline.root.append(OutlineItem(bound.title, bound.first - 1))


def disclaim(scratch: Path, source: str) -> dict[str, Any]:
    """Worker task: a book that a better judge denied, without the word that it is PDF/A; `outputs.pdf`."""
    return {"outputs": {"pdf": _disclaimed(Path(source), scratch).name}}


def _disclaimed(path: Path, folder: Path) -> Path:
    """The same file without the word that it is PDF/A: nothing is claimed that was not measured."""
    target = folder / "book-plain.pdf"
    with pikepdf.open(path, access_mode=AccessMode.stream) as pdf:
        with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as words:
            for key in ("pdfaid:part", "pdfaid:conformance"):
                if key in words:
                    del words[key]
        pdf.save(target, deterministic_id=True)
    return target
