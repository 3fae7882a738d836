"""The mapping is data: every rule has an id, a place of its own, and a way that is known."""

from __future__ import annotations

from metadata.edxml import PacketKind
from metadata.edxml_facts import packet_of
from metadata.edxml_mapping import mapped, mapping_rules
from metadata.edxml_tree import Element
from metadata.profiles import ALL_PROFILES, Section, profile
from tests.generators.edxml import Letter, message
from tests.unit.readers_edxml.conftest import Post

SECTIONS = (Section.DOCUMENT, Section.INCOMING, Section.OUTGOING)


def test_ids_are_unique_and_count_up() -> None:
    assert [rule.id for rule in mapping_rules()] == [f"EDM-{n:03d}" for n in range(1, len(mapping_rules()) + 1)]


def test_every_rule_leads_to_one_place_of_its_own() -> None:
    for profile_id in ("02-2019", "05-2025"):
        places = [rule.keys.get(profile_id) or rule.extra for rule in mapping_rules()]
        assert all(places)
        assert len(set(places)) == len(places)


def test_every_key_is_a_field_of_a_circular() -> None:
    known = {key for name in ALL_PROFILES for section in SECTIONS for key in profile(name).fields(section)}
    used = {key for rule in mapping_rules() for key in rule.keys.values()}
    assert used - known == set()


def test_a_message_that_says_everything_is_mapped_by_every_rule(post: Post) -> None:
    more = (
        "<edXML:ResponseFor><edXML:Code>1/A</edXML:Code></edXML:ResponseFor>"
        "<edXML:OtherInfo><edXML:Direction>Giao VP</edXML:Direction></edXML:OtherInfo>"
    )
    whole = message(Letter(more=more)).decode()
    for old, new in (
        (
            "<edXML:SphereOfPromulgation/>",
            (
                "<edXML:SphereOfPromulgation>Tỉnh</edXML:SphereOfPromulgation>"
                "<edXML:TyperNotation>NVA</edXML:TyperNotation><edXML:Direction>Giao VP</edXML:Direction>"
            ),
        ),
        ("<edXML:Appendix/>", "<edXML:Appendix>Biểu 1</edXML:Appendix>"),
        ("<edXML:Paper>0</edXML:Paper>", "<edXML:Paper>1</edXML:Paper>"),
        ("<edXML:SteeringType>1<", "<edXML:SteeringType>2<"),
    ):
        assert old in whole
        whole = whole.replace(old, new)
    document = post.one(whole.encode()).document
    keys, headings = set(document.fields), set(document.extra)
    assert [
        rule.id for rule in mapping_rules() if not ({rule.keys.get("02-2019")} & keys or rule.extra in headings)
    ] == []


def test_each_circular_gets_the_identifier_where_it_wants_it() -> None:
    header = Element("MessageHeader", 1, {}, "", (Element("DocumentId", 2, {}, "A1", ()),))
    packet = packet_of(header, "x.edxml")
    assert packet.kind is PacketKind.NEW
    for profile_id, key in (("02-2019", "doc_code"), ("05-2025", "doc_id")):
        cell = mapped(packet, profile_id).fields[key]
        assert (cell.value, cell.row, cell.column) == ("A1", None, "MessageHeader/DocumentId:2 (EDM-001)")
