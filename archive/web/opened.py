"""A document as pages open it: its record, what the viewer is told, its files in the order of use."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from archive.api.rights import Asking
from archive.auth.people import Label
from archive.auth.policy import Action
from archive.catalogue.labels import Labelled
from archive.catalogue.places import Place
from archive.web.labels import href_of
from archive.web.page_pictures import seen_first
from archive.web.reading import Reading, asked_document
from metadata.descriptions import Description
from metadata.physical import LEVELS, store_place
from metadata.text_events import pages_of


def opened(
    asking: Asking, identifier: tuple[str, int], language: str, *, query: str = "", page: int | None = None
) -> Mapping[str, Any]:
    """What the templates of a document need; that somebody looks is recorded first.

    Args:
        asking: Who wants to read it.
        identifier: The dossier (or a part of it), and the ordinal.
        language: Of findings.
        query: Whose hits are marked.
        page: The one that is shown first.

    Raises:
        NotFoundError: there is none, or who asks may not know of it.
        RefusedError: who asks may not read it.
    """
    reading = asked_document(asking, *identifier, Action.HOLDING_READ)
    place = reading.place
    shown = asking.archive.dossiers.read(place, reading.records, language, operator=asking.login, within=asking.scope)
    base = f"/api/v1/documents/{place.dossier_id}/{place.ordinal}"
    return {
        "document": shown,
        "base": base,
        "viewer": json.dumps({"base": base, "query": query, "page": page, "files": _viewed(reading, base)}),
        "picture": seen_first(asking.archive, reading, page or 1, base),
        "files": _files(shown["files"], base),
        "signatures": newest_verdicts(shown),
        "paper": paper(reading.record.dossier),
        **rights_of(asking, place),
        "review": _review(asking, reading),
    }


def rights_of(asking: Asking, place: Place) -> Mapping[str, Any]:
    """Rank of the label under which a dossier or document stands, and where it is told why, for who may see that."""
    target = asking.target(place)
    if target is None:
        return {"label": Label.CONFIDENTIAL.rank, "rights": ""}
    seen = bool(asking.may(Action.RIGHTS_READ, target))
    return {"label": target.label.rank, "rights": href_of(Labelled.of_place(place).subject) if seen else ""}


def _review(asking: Asking, reading: Reading) -> Mapping[str, Any]:
    """What people did to the text of the document, and where it is corrected by who may."""
    pages = {name: pages_of(reading.document, name) for name in ("doubtful", "corrected", "confirmed")}
    target = asking.target(reading.place)
    begin = pages["doubtful"][0] if pages["doubtful"] else 1
    place = f"{reading.place.dossier_id}/{reading.place.ordinal}"
    may = bool(reading.document.texts) and target is not None and bool(asking.may(Action.DESCRIBE, target))
    return pages | {"href": f"/text-review/{place}/{begin}" if may else ""}


def newest_verdicts(shown: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of each file the verdicts of the last time that it was judged."""
    later = {verdict["path"] for verdict in shown["verdicts_later"]}
    return [*(verdict for verdict in shown["verdicts"] if verdict["path"] not in later), *shown["verdicts_later"]]


def paper(dossier: Description) -> list[tuple[str, str]]:
    """Where the paper of a dossier lies: levels with their values, the widest first."""
    place = store_place(dossier)
    levels = [(level, str(getattr(place, level))) for level in LEVELS if getattr(place, level)]
    return [*levels, *([("paper_file_code", place.paper_file_code)] if place.paper_file_code else [])]


def _viewed(reading: Reading, base: str) -> list[dict[str, Any]]:
    return [
        {
            "kind": shown.kind,
            "url": f"{base}/files/{shown.file.representation.value}/{shown.file.path.rsplit('/', 1)[-1]}",
            "first": shown.first_page,
            "pages": shown.pages,
        }
        for shown in reading.shown()
    ]


def _files(files: list[dict[str, Any]], base: str) -> list[dict[str, Any]]:
    """Originals first, each followed by what was made from it."""
    for file in files:
        file["href"] = f"{base}/files/{file['representation']}/{file['path'].rsplit('/', 1)[-1]}"
    originals = [file for file in files if file["representation"] == "rep1"]
    made = [file for file in files if file["representation"] != "rep1"]
    return [
        file
        for original in originals
        for file in (original, *(entry for entry in made if entry["derived_from"] == original["path"]))
    ]
