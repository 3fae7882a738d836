"""Messages must not carry secrets: a grade is looked for wherever it may stand, and nothing else is told then."""

from __future__ import annotations

import pytest

from metadata.rules import errors_of
from metadata.validation import check_delivery
from tests.generators.edxml import IOFFICE, PLAIN, Habit, Letter, identifier, message, status
from tests.unit.readers_edxml.conftest import Post, Read


def told(read: Read) -> list[str]:
    """Rules that reject the dossier, as the archive asks for them."""
    code = read.dossier.file_code
    found = (*read.delivery.dossier_findings.get(code, ()), *check_delivery(read.delivery)[code])
    return sorted({finding.rule for finding in found})


@pytest.mark.parametrize("habit", [PLAIN, IOFFICE])
@pytest.mark.parametrize(
    "more",
    [
        "<{p}SecurityLevel>2</{p}SecurityLevel>",
        "<{p}DoMat>Mật</{p}DoMat>",
        "<{p}OtherInfo><{p}Secret>true</{p}Secret></{p}OtherInfo>",
        "<{p}SphereOfPromulgation>TUYỆT MẬT</{p}SphereOfPromulgation>",
        "<{p}Khac>Độ mật: Tối mật</{p}Khac>",
        "<{p}MucDoMat>1</{p}MucDoMat>",
    ],
)
def test_a_grade_of_secrecy_refuses_the_dossier_and_nothing_else_is_told(more: str, habit: Habit, post: Post) -> None:
    read = post.one(message(Letter(more=more.format(p=habit.prefix), subject="Kế hoạch tác chiến"), habit))
    assert told(read) == ["SEC-001"]
    assert read.dossier.documents[0].files == ()
    assert "tác chiến" not in read.delivery.model_dump_json()
    left = [path for path in (post.folder / "room").rglob("*") if path.is_file()]
    assert left == [], "nothing of it was laid down"


@pytest.mark.parametrize(
    "more",
    [
        "<edXML:SecurityLevel>0</edXML:SecurityLevel>",
        "<edXML:DoMat>Thường</edXML:DoMat>",
        "<edXML:MucDoMat/>",
        "<edXML:Khac>Bảo đảm bí mật đời tư khi xử lý</edXML:Khac>",
        "<edXML:Content>Mật</edXML:Content>",
    ],
)
def test_what_is_no_grade_refuses_nothing(more: str, post: Post) -> None:
    assert "SEC-001" not in told(post.one(message(Letter(more=more))))


@pytest.mark.parametrize("priority", ["0", "1", "2", "3", "4"])
def test_urgency_is_no_secrecy(priority: str, post: Post) -> None:
    read = post.one(message(Letter(priority=priority)))
    assert "SEC-001" not in told(read)
    assert read.document.value("priority") == priority


def test_a_priority_that_is_a_grade_in_words_is_one(post: Post) -> None:
    assert told(post.one(message(Letter(priority="Mật")))) == ["SEC-001"]


def test_one_secret_answer_refuses_the_whole_dossier_but_not_the_others(post: Post) -> None:
    secret = Letter(number="2", more="<edXML:DoMat>Mật</edXML:DoMat>", replies_to=(identifier(Letter()),))
    read = post.read({"1.edxml": message(), "2.edxml": message(secret), "3.edxml": message(Letter(number="3"))})
    first, second = read.delivery.dossiers
    checks = check_delivery(read.delivery)
    assert {finding.rule for finding in checks[first.file_code]} == {"SEC-001"}
    assert errors_of(tuple(checks[second.file_code])) == ()
    assert read.delivery.sources == (), "no list is kept from which another dossier would learn of it"


def test_nothing_of_a_secret_message_is_kept_to_answer_it(post: Post) -> None:
    assert post.one(message(Letter(more="<edXML:DoMat>Mật</edXML:DoMat>"))).delivery.exchanged == ()


def test_a_status_bears_no_grade_by_its_words(post: Post) -> None:
    read = post.read({"1.edxml": message(), "2.edxml": status("04", text="Chuyển bộ phận mật mã")})
    assert "SEC-001" not in told(read)
