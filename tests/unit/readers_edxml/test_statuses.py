"""Messages of status: written for the sender, read back by our own reader, the same bytes for the same state."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.engines.edxml_packet import read_packet
from metadata.edxml import DocumentName, Exchanged, Organ, PacketKind, StatusCode
from metadata.edxml_facts import packet_of
from metadata.edxml_packet import Packet
from metadata.edxml_status import StatusMessage, answer_to, status_name, status_xml
from metadata.edxml_tree import Element

AT = datetime(2026, 11, 29, 1, 30, tzinfo=UTC)
NAME = DocumentName(
    document_id="H99.01,2026/03/05,15/SVD-VP", organ_id="H99.01", number="15", notation="SVD-VP", date="2026-03-05"
)
RECEIVED = Exchanged(
    path="cv.edxml",
    kind=PacketKind.NEW,
    sender=Organ(organ_id="H99.01", name="Sở Ví dụ"),
    receiver=Organ(organ_id="H99.02", name="Sở Nhận"),
    name=NAME,
)


def read_back(data: bytes, folder: Path) -> Packet:
    path = folder / "s.edxml"
    path.write_bytes(data)
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    answer = read_packet(scratch, str(path), 1 << 20)
    assert (answer["form"], answer["namespaces"], answer["attachments"]) == ("edxml", [], [])
    return packet_of(Element.of(answer["tree"]), "s.edxml")


@pytest.mark.parametrize("code", list(StatusCode))
def test_what_is_written_is_read_back_to_the_letter(code: StatusCode, tmp_path: Path) -> None:
    answer = answer_to(RECEIVED, code, AT, ("ING-012: tệp <a> & “b” có mật khẩu.",), archive="Lưu trữ tỉnh")
    packet = read_back(status_xml(answer), tmp_path)
    assert packet.findings == ()
    assert (packet.kind, packet.status, packet.status_at) == (PacketKind.STATUS, code.value, "2026-11-29 08:30:00")
    assert packet.name == NAME
    assert (packet.sender.organ_id, packet.receivers[0].organ_id) == ("H99.02", "H99.01")
    assert packet.status_text.endswith("ING-012: tệp <a> & “b” có mật khẩu")
    assert packet.staff.department == "Lưu trữ tỉnh"


def test_the_same_state_gives_the_same_bytes() -> None:
    answer = answer_to(RECEIVED, StatusCode.FINISHED, AT, (), archive="A")
    assert status_xml(answer) == status_xml(answer)
    assert status_name(answer, 3) == "0003-06-15-SVD-VP.edxml"


def test_a_request_is_answered_about_what_it_asks_for() -> None:
    asked = RECEIVED.model_copy(update={"kind": PacketKind.RECALL, "target": DocumentName(document_id="X")})
    assert answer_to(asked, StatusCode.TAKE_BACK_REFUSED, AT, (), archive="A").about.document_id == "X"


@given(text=st.text(max_size=60), code=st.text("./\\:<>\0 ab", max_size=12))
def test_no_words_break_the_message_and_no_name_leaves_the_folder(
    text: str, code: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    about = NAME.model_copy(update={"number": code, "document_id": text})
    answer = StatusMessage(StatusCode.REFUSED, about, Organ(name=text), Organ(organ_id=code), AT, (text,))
    packet = read_back(status_xml(answer), tmp_path_factory.mktemp("s"))
    assert packet.status == "02"
    assert "/" not in status_name(answer, 1)
    assert "\\" not in status_name(answer, 1)
