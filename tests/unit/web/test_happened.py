"""Events as pages tell them: every type has a name, and everything that was recorded is told."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import archive
from archive.web.happened import told
from archive.web.words import Words
from ingest.packaging.provenance import Provenance
from metadata.events import EventOutcome, EventType
from metadata.messages import catalogue
from metadata.package_reader import ACCESSION, TRANSCRIPTION
from metadata.profiles.preservation import preservation_words

ROOT = Path(archive.__file__).parents[1]


def _key(group: str, word: str) -> str:
    return f"web.{group}." + re.sub(r"[^a-z0-9]+", "_", word.lower()).strip("_")


def _written_by_packaging() -> set[str]:
    """Words that the code hands to `Provenance._event` and `_together`, found in its text."""
    source = Path(str(Provenance.__module__).replace(".", "/")).with_suffix(".py")
    tree = ast.parse((ROOT / source).read_text(encoding="utf-8"))
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute))
    first = (call.args[0] for call in calls if call.func.attr in {"_event", "_together"})  # type: ignore[attr-defined]
    return {word.value for word in first if isinstance(word, ast.Constant) and isinstance(word.value, str)}


def test_every_type_that_is_written_has_a_name_for_people() -> None:
    packed = _written_by_packaging()
    assert {"unpacking", "virus check", "metadata extraction"} <= packed
    every = {*(kind.value for kind in EventType), *packed, ACCESSION, TRANSCRIPTION, *preservation_words().event_types}
    assert {word for word in every if _key("event", word) not in catalogue()} == set()
    assert {word.value for word in EventOutcome if _key("outcome", word) not in catalogue()} == set()


def test_no_name_is_kept_for_what_nobody_says() -> None:
    """Names are those of types that this archive or the Library of Congress knows, or that former keepers write."""
    theirs = {"authorization", "ingest_start", "ingest_end", "name_cleanup", "registration", "reingestion", "update"}
    known = {_key("event", word) for word in (*EventType, *_written_by_packaging(), *preservation_words().event_types)}
    known |= {_key("event", word) for word in (ACCESSION, TRANSCRIPTION, *theirs, "wellformedness_check")}
    assert {key for key in catalogue() if key.startswith("web.event.")} == known


def test_an_event_of_a_package_opens_into_everything_recorded() -> None:
    event = {
        "id": "e1",
        "type": "digital signature validation",
        "at": "2026-02-06T17:17:37.849Z/2026-02-06T17:18:00Z",
        "outcome": "TOTAL_FAILED",
        "detail": '[{"field": "Signature1", "indication": "TOTAL_FAILED", "subindication": ""}]',
        "agents": {"software:luutru/1.0": "executing program"},
        "objects": {"representations/rep1/data/a.pdf": "source", "": "outcome"},
    }
    seen = told(event, Words("vi"))
    assert (seen.name, seen.outcome, seen.by) == ("Kiểm chữ ký số", "Không hợp lệ", "software:luutru/1.0")
    assert seen.at == "2026-02-06T17:17:37.849Z"
    facts = dict(seen.facts)
    assert facts["Chi tiết"] == ["1: field = Signature1 · indication = TOTAL_FAILED"]
    assert facts["Do"] == ["software:luutru/1.0 (executing program)"]
    assert facts["Tệp liên quan"] == ["representations/rep1/data/a.pdf (source)"]
    assert facts["Thời điểm đã ghi"] == [event["at"]]
    assert facts["Mã sự kiện"] == ["e1"]


def test_an_event_of_the_trail_tells_its_rules_and_detail() -> None:
    event = {
        "id": "e2",
        "type": "label change",
        "at": "2026-02-06T17:17:37.849Z",
        "clock": "system",
        "agent": "person:lan",
        "subject": "p1",
        "agency": "H49",
        "outcome": "success",
        "rules": ["SEC-001"],
        "detail": {"label": "restricted", "reason": "Có thông tin cá nhân"},
    }
    seen = told(event, Words("en"))
    assert (seen.name, seen.outcome, seen.by) == ("Label changed", "success", "person:lan")
    facts = dict(seen.facts)
    assert facts["Detail"] == ["label: restricted", "reason: Có thông tin cá nhân"]
    assert facts["Rules that decided"] == ["SEC-001"]
    assert facts["About"] == ["p1"]


@pytest.mark.parametrize(("at", "shown"), [("../2026-01-02", "2026-01-02"), ("2026", "2026"), ("", ""), ("/..", "")])
def test_a_word_of_a_former_keeper_that_nobody_knows_is_shown_as_written(at: str, shown: str) -> None:
    agent = {"id": "a1", "role": "", "name": "Archivematica", "type": "software", "version": "1.17"}
    event = {
        "id": "e3",
        "type": "something new",
        "at": at,
        "outcome": "Pass",
        "detail": 'program="ClamAV"; [not JSON',
        "agents": [agent],
        "objects": ["representations/rep1/data/a.pdf"],
        "others": ["obj-7"],
        "source": "METS.xml",
        "foreign": True,
    }
    seen = told(event, Words("vi"))
    assert (seen.name, seen.outcome, seen.by, seen.at) == ("something new", "Pass", "Archivematica 1.17", shown)
    facts = dict(seen.facts)
    assert facts["Chi tiết"] == ['program="ClamAV"; [not JSON']
    assert facts["Đối tượng khác được nêu"] == ["obj-7"]
    assert facts["Kể trong tệp"] == ["METS.xml"]
