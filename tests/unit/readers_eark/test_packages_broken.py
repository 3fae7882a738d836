"""For every rule of packages a broken one: the finding names place and remedy, in Vietnamese and English."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.readers.eark.reader import PackageReader
from metadata.descriptions import Delivery
from metadata.findings import Finding
from metadata.rules import message, rule, rules
from tests.fakes.deliveries import findings_of
from tests.fakes.workers import InlineWorkers
from tests.generators.eark_packages import CODE, METS, Habits, Package, document_fields, package
from tests.unit.readers_eark.conftest import Read

FIRST = f"representations/rep1/data/{CODE}.0000001.pdf"
DOC = f"representations/rep1/metadata/descriptive/EAD_doc_{CODE}.0000001.xml"
REP = "representations/rep1/METS.xml"


def told(delivery: Delivery, rule_id: str) -> list[Finding]:
    return [finding for finding in findings_of(delivery) if finding.rule == rule_id]


def laid_out(root: Path, **habits: object) -> Package:
    return Package(root, Habits(**habits)).lay_out()  # type: ignore[arg-type]


# ---------------------------------------------------------------- the METS documents themselves


def two_mets(root: Path) -> Package:
    made = package(root)
    made.write("mets.xml", (root / "METS.xml").read_bytes())
    return made


def cut(root: Path) -> Package:
    made = package(root)
    made.write("METS.xml", (root / "METS.xml").read_bytes()[:900])
    return made


def bomb(root: Path) -> Package:
    made = package(root)
    tens = (f"<!ENTITY l{n} '" + f"&l{n - 1};" * 10 + "'>" for n in range(1, 10))
    laughs = "".join(tens)
    made.edit("METS.xml", "<mets ", f"<!DOCTYPE mets [<!ENTITY l0 'ha'>{laughs}]><mets LABEL='&l9;' ")
    return made


def external_entity(root: Path) -> Package:
    made = package(root)
    made.edit("METS.xml", "<mets ", '<!DOCTYPE mets [<!ENTITY x SYSTEM "file:///etc/passwd">]><mets ')
    return made


def vast_attribute(root: Path) -> Package:
    made = package(root)
    made.edit("METS.xml", "<mets ", f'<mets LABEL="{"x" * 10_000_000}" ')
    return made


def foreign_namespace(root: Path) -> Package:
    return package(root, namespace="urn:example:mets")


def against_schema(root: Path) -> Package:
    made = package(root)
    made.edit("METS.xml", 'TYPE="PHYSICAL"', 'TYPE="PHYSICAL" COLOUR="red"')
    return made


def doubled_id(root: Path) -> Package:
    made = package(root)
    first, second = re.findall(r'<file ID="([^"]+)"', (root / REP).read_text(encoding="utf-8"))[:2]
    made.edit(REP, f'<file ID="{second}"', f'<file ID="{first}"')
    return made


def dangling(root: Path) -> Package:
    made = package(root)
    made.edit("METS.xml", '<fptr FILEID="', '<fptr FILEID="no-')
    return made


def circle(root: Path) -> Package:
    made = package(root)
    made.edit(REP, "</div>\n</structMap>", '<mptr LOCTYPE="URL" xlink:href="../../METS.xml"/></div>\n</structMap>')
    return made


def wrong_use(root: Path) -> Package:
    made = package(root)
    made.edit(REP, 'USE="Data"', 'USER="Data"')
    return made


# ---------------------------------------------------------------- what the package says of itself


def unknown_profile(root: Path) -> Package:
    return package(root, profile="https://example.org/profile.xml")


def dip_that_says_sip(root: Path) -> Package:
    return package(root, kind="DIP", oais="SIP")


def other_name(root: Path) -> Package:
    return package(root, objid="uuid-0000-OTHER")


def other_status(root: Path) -> Package:
    return package(root, status="OTHER")


def for_trial(root: Path) -> Package:
    return package(root, status="TEST")


def no_agents(root: Path) -> Package:
    return package(root, agents=False)


def near_namespace(root: Path) -> Package:
    return package(root, namespace="http://www.loc.gov/METS")


def several_representations(root: Path) -> Package:
    made = laid_out(root)
    made.write("representations/rep2/data/ban-doc.txt", "bản đọc")
    return made.seal()


def for_use(root: Path) -> Package:
    made = Package(root, Habits(kind="DIP"), dossier={"requestID": "YC-12", "purpose": "02"})
    made.documents = [
        {("arcDocCode" if key == "docCode" else key): value for key, value in fields.items()}
        for fields in made.documents
    ]
    return made.lay_out().seal()


# ---------------------------------------------------------------- files


def points(href: str) -> Callable[[Path], Package]:
    def bend(root: Path) -> Package:
        made = package(root)
        made.edit(REP, f'xlink:href="data/{CODE}.0000001.pdf"', f'xlink:href="{href}"')
        return made

    return bend


def missing(root: Path) -> Package:
    made = package(root)
    (root / FIRST).unlink()
    return made


def unlisted_document(root: Path) -> Package:
    made = package(root)
    made.write("representations/rep1/data/lạ.pdf", b"%PDF-1.4")
    return made


def unlisted_beside(root: Path) -> Package:
    made = package(root)
    made.write("documentation/thêm.txt", "thêm")
    return made


def other_case(root: Path) -> Package:
    made = package(root)
    made.edit(REP, f'"data/{CODE}.0000001.pdf"', f'"DATA/{CODE}.0000001.PDF"')
    return made


def listed_twice(root: Path) -> Package:
    made = package(root)
    lines = (root / REP).read_text(encoding="utf-8")
    found = re.search(rf'<file [^>]*><FLocat [^>]*{CODE}.0000001.pdf"/></file>', lines)
    assert found
    again = re.sub(r'ID="[^"]+"', 'ID="ID-AGAIN"', re.sub(r'CHECKSUM="\w{2}', 'CHECKSUM="00', found[0]))
    made.edit(REP, found[0], found[0] + again)
    return made


def embedded(root: Path) -> Package:
    made = package(root)
    inside = '<file ID="ID-IN"><FContent><binData>QUJD</binData></FContent></file></fileGrp>'
    made.edit(REP, "</fileGrp>", inside)
    return made


# ---------------------------------------------------------------- digests, sizes, PREMIS


def no_digests(root: Path) -> Package:
    return package(root, digests=False)


def bent_digest(root: Path) -> Package:
    made = package(root)
    made.edit(REP, 'CHECKSUM="', 'CHECKSUM="xyz')
    return made


def odd_algorithm(root: Path) -> Package:
    made = package(root)
    made.edit(REP, 'CHECKSUMTYPE="SHA-256"', 'CHECKSUMTYPE="TIGER"')
    return made


def md5(root: Path) -> Package:
    return package(root, algorithm="MD5")


def capitals(root: Path) -> Package:
    return package(root, upper=True)


def lying_premis(root: Path) -> Package:
    made = package(root, kind="AIP", premis=True)
    path = "representations/rep1/metadata/preservation/PREMIS_rep1.xml"
    made.write(path, made.premis("representations/rep1/data", wrong=f"{CODE}.0000001.pdf"))
    return made


def premis_of_nothing(root: Path) -> Package:
    made = package(root, kind="AIP", premis=True)
    path = "representations/rep1/metadata/preservation/PREMIS_rep1.xml"
    text = (root / path).read_text(encoding="utf-8")
    made.write(path, text.replace("ID-", "NO-").replace("0000001.pdf<", "mất.pdf<"))
    return made


def broken_premis(root: Path) -> Package:
    made = package(root, kind="AIP", premis=True)
    made.write("metadata/preservation/PREMIS.xml", '<premis xmlns="http://www.loc.gov/premis/v3">')
    return made


def yesterday(root: Path) -> Package:
    made = package(root, kind="AIP", premis=True)
    made.edit("metadata/preservation/PREMIS.xml", "<eventDateTime>2025-07-01T08:00:00+07:00", "<eventDateTime>hôm qua")
    return made


# ---------------------------------------------------------------- descriptions


def no_description(root: Path) -> Package:
    made = laid_out(root)
    (root / "metadata/descriptive/EAD.xml").unlink()
    return made.seal()


def broken_description(root: Path) -> Package:
    made = laid_out(root)
    made.write(DOC, "<simpledc><docCode>1</simpledc>")
    return made.seal()


def unknown_form(root: Path) -> Package:
    made = laid_out(root)
    made.write("metadata/descriptive/mods.xml", '<mods xmlns="http://www.loc.gov/mods/v3"><titleInfo/></mods>')
    return made.seal()


def twice(root: Path) -> Package:
    made = laid_out(root)
    made.edit("metadata/descriptive/EAD.xml", "<mode>", "<keyword>một</keyword><keyword>hai</keyword><mode>")
    return made.seal()


def other_kind(root: Path) -> Package:
    made = laid_out(root, kind="DIP")
    made.edit("metadata/descriptive/EAD.xml", "fileCode>", "arcFileCode>")
    return made.seal()


def unknown_field(root: Path) -> Package:
    made = laid_out(root)
    made.edit(DOC, "<mode>", "<mauGiay>A4</mauGiay><mode>")
    return made.seal()


def without_sheets(root: Path) -> Package:
    made = Package(root)
    del made.dossier["numberOfPaper"]
    return made.lay_out().seal()


def without_file(root: Path) -> Package:
    made = laid_out(root)
    (root / FIRST).unlink()
    return made.seal()


def undescribed(root: Path) -> Package:
    made = laid_out(root)
    made.write("representations/rep1/data/Phụ lục.pdf", b"%PDF-1.4")
    return made.seal()


def only_files(root: Path) -> Package:
    made = laid_out(root)
    for path in (root / "representations/rep1/metadata/descriptive").iterdir():
        path.unlink()
    return made.seal()


def claimed_twice(root: Path) -> Package:
    made = laid_out(root)
    made.write(f"representations/rep1/metadata/descriptive/EAD_pic_{CODE}.0000001.xml", made.simple(document_fields(1)))
    return made.seal()


def dublin_core(root: Path) -> Package:
    made = laid_out(root)
    made.write(
        "metadata/descriptive/dc.xml",
        '<dc xmlns="http://purl.org/dc/elements/1.1/"><title>Hồ sơ</title><relation>x</relation></dc>',
    )
    return made.seal()


def superseded(root: Path) -> Package:
    made = laid_out(root)
    made.write("metadata/descriptive/EAD_old.xml", made.simple({"fileCode": "CŨ", "title": "cũ"}))
    made.seal()
    text = (root / "METS.xml").read_text(encoding="utf-8")
    head, _, rest = text.partition('xlink:href="metadata/descriptive/EAD_old.xml"')
    place = head.rindex('STATUS="CURRENT"')
    made.write(
        "METS.xml",
        f'{head[:place]}STATUS="SUPERSEDED"{head[place + 16 :]}xlink:href="metadata/descriptive/EAD_old.xml"{rest}',
    )
    return made


def no_code(root: Path) -> Package:
    made = Package(root)
    del made.dossier["fileCode"]
    for fields in made.documents:
        del fields["docCode"]
    return made.lay_out().seal()


def archival_code(root: Path) -> Package:
    return package(root, kind="AIP", premis=True)


def doubled_ordinals(root: Path) -> Package:
    made = Package(root)
    for fields in made.documents:
        fields["docOrdinal"] = "1"
        fields["docCode"] = "x.1"
    return made.lay_out().seal()


def fetch(line: str) -> Callable[[Path], Package]:
    def bend(root: Path) -> Package:
        made = laid_out(root)
        (root / FIRST).rename(root / "documentation/nơi khác.pdf")
        made.write(FIRST.replace(".pdf", ".fetch.txt"), line)
        return made.seal()

    return bend


BROKEN: list[tuple[str, Callable[[Path], Package], str, str]] = [
    ("EAR-001", two_mets, "mets.xml", "METS.xml"),
    ("EAR-002", cut, "METS.xml", "dòng|line|đọc"),
    ("EAR-002", bomb, "METS.xml", "DOCTYPE"),
    ("EAR-002", external_entity, "METS.xml", "DOCTYPE"),
    ("EAR-002", vast_attribute, "METS.xml", "8388608"),
    ("EAR-003", foreign_namespace, "METS.xml", "urn:example:mets"),
    ("EAR-004", against_schema, "METS.xml", "COLOUR"),
    ("EAR-005", unknown_profile, "https://example.org/profile.xml", "METS.xml"),
    ("EAR-006", dip_that_says_sip, "METS.xml", "DIP"),
    ("EAR-007", other_name, "uuid-8C2B6F0E", "uuid-0000-OTHER"),
    ("EAR-008", other_status, "METS.xml", "OTHER"),
    ("EAR-009", for_trial, "METS.xml", "TEST"),
    ("EAR-010", no_agents, "METS.xml", "IDENTIFICATIONCODE"),
    ("EAR-011", near_namespace, "METS.xml", "http://www.loc.gov/METS"),
    ("EAR-012", doubled_id, REP, "ID-"),
    ("EAR-013", dangling, "METS.xml", "no-"),
    ("EAR-014", circle, "METS.xml", "../../METS.xml"),
    ("EAR-015", wrong_use, REP, "USER"),
    ("EAR-016", archival_code, "schemas/", "mets_1_11.xsd"),
    ("EAR-017", several_representations, "representations/rep1", "rep2"),
    ("EAR-018", for_use, "metadata/descriptive/EAD.xml", "DIP"),
    ("EAR-020", points("../../../../etc/passwd"), "../../../../etc/passwd", REP),
    ("EAR-020", points("/etc/passwd"), "/etc/passwd", REP),
    ("EAR-020", points("file:///etc/passwd"), "file:///etc/passwd", REP),
    ("EAR-020", points("C:\\ho so\\1.pdf"), "C:\\ho so\\1.pdf", REP),
    ("EAR-021", points("https://example.org/1.pdf"), "https://example.org/1.pdf", REP),
    ("EAR-021", points("//example.org/1.pdf"), "//example.org/1.pdf", REP),
    ("EAR-022", missing, f"data/{CODE}.0000001.pdf", REP),
    ("EAR-023", unlisted_document, "representations/rep1/data/lạ.pdf", "METS"),
    ("EAR-024", unlisted_beside, "documentation/thêm.txt", "METS"),
    ("EAR-025", other_case, FIRST, "DATA/"),
    ("EAR-026", listed_twice, FIRST, REP),
    ("EAR-027", embedded, REP, "ID-IN"),
    ("EAR-027", points(""), "href", REP),
    ("EAR-030", no_digests, "metadata/descriptive/EAD.xml", "CHECKSUM"),
    ("EAR-031", bent_digest, DOC, "xyz"),
    ("EAR-032", odd_algorithm, DOC, "TIGER"),
    ("EAR-033", md5, "metadata/descriptive/EAD.xml", "MD5"),
    ("EAR-034", capitals, "metadata/descriptive/EAD.xml", "METS.xml"),
    ("EAR-035", lying_premis, FIRST, "PREMIS_rep1.xml"),
    ("EAR-036", premis_of_nothing, "representations/rep1/metadata/preservation/PREMIS_rep1.xml", "NO-"),
    ("EAR-037", broken_premis, "metadata/preservation/PREMIS.xml", "no element found"),
    ("EAR-038", yesterday, "metadata/preservation/PREMIS.xml", "hôm qua"),
    ("EAR-040", no_description, "uuid-8C2B6F0E", "EAD.xml"),
    ("EAR-041", broken_description, DOC, "mismatched tag"),
    ("EAR-042", unknown_form, "metadata/descriptive/mods.xml", "mods"),
    ("EAR-043", twice, "metadata/descriptive/EAD.xml", "một; hai"),
    ("EAR-044", other_kind, DOC, "docCode"),
    ("EAR-045", unknown_field, DOC, "mauGiay"),
    ("EAR-046", without_sheets, "metadata/descriptive/EAD.xml", "numberOfPaper"),
    ("EAR-047", without_file, DOC, "tệp"),
    ("EAR-048", undescribed, "representations/rep1/data/Phụ lục.pdf", "EAD_doc"),
    ("EAR-049", only_files, FIRST, "2"),
    ("EAR-050", claimed_twice, FIRST, "EAD_pic"),
    ("EAR-051", dublin_core, "metadata/descriptive/dc.xml", "Dublin Core"),
    ("EAR-052", superseded, "metadata/descriptive/EAD_old.xml", "SUPERSEDED"),
    ("EAR-053", no_code, "uuid-8C2B6F0E", "uuid-8C2B6F0E"),
    ("EAR-054", archival_code, "metadata/descriptive/EAD.xml", f"TTLT.{CODE}"),
    ("EAR-055", doubled_ordinals, DOC, "1"),
    ("EAR-061", fetch("../../../documentation/nơi khác.pdf"), FIRST.replace(".pdf", ".fetch.txt"), "nơi khác.pdf"),
    ("EAR-062", fetch(""), FIRST.replace(".pdf", ".fetch.txt"), "1"),
    ("EAR-021", fetch("https://example.org/x.pdf 12 data/x.pdf"), "https://example.org/x.pdf", ".fetch.txt"),
    ("EAR-020", fetch("../../../../../x.pdf"), "../../../../../x.pdf", ".fetch.txt"),
    ("EAR-022", fetch("../../../documentation/không có.pdf"), "../../../documentation/không có.pdf", ".fetch.txt"),
]


@pytest.mark.rule("EAR-001", "EAR-002", "EAR-003", "EAR-004", "EAR-005", "EAR-006", "EAR-007", "EAR-008", "EAR-009")
@pytest.mark.rule("EAR-010", "EAR-011", "EAR-012", "EAR-013", "EAR-014", "EAR-015", "EAR-016", "EAR-017", "EAR-018")
@pytest.mark.rule("EAR-020", "EAR-021", "EAR-022", "EAR-023", "EAR-024", "EAR-025", "EAR-026", "EAR-027")
@pytest.mark.rule("EAR-030", "EAR-031", "EAR-032", "EAR-033", "EAR-034", "EAR-035", "EAR-036", "EAR-037", "EAR-038")
@pytest.mark.rule("EAR-040", "EAR-041", "EAR-042", "EAR-043", "EAR-044", "EAR-045", "EAR-046", "EAR-047", "EAR-048")
@pytest.mark.rule("EAR-049", "EAR-050", "EAR-051", "EAR-052", "EAR-053", "EAR-054", "EAR-055", "EAR-061", "EAR-062")
@pytest.mark.parametrize(
    ("rule_id", "bend", "subject", "quoted"), BROKEN, ids=lambda value: getattr(value, "__name__", None)
)
def test_a_broken_package_is_told_with_place_and_remedy(
    root: Path, read: Read, rule_id: str, bend: Callable[[Path], Package], subject: str, quoted: str
) -> None:
    found = told(read(bend(root)), rule_id)
    assert subject in [finding.subject for finding in found], found
    finding = next(finding for finding in found if finding.subject == subject)
    for language in ("vi", "en"):
        words = message(finding, language)
        assert "…" not in words.replace("… (", ""), words
        assert words.endswith(rule(rule_id).remedies[language]), words
    said = message(finding, "vi")
    assert any(part in said for part in quoted.split("|")), said


def test_every_rule_of_packages_has_its_broken_package() -> None:
    tried = {rule_id for rule_id, *_ in BROKEN}
    assert {rule_id for rule_id in rules() if rule_id.startswith("EAR-")} == tried


def test_a_sound_package_is_told_nothing(root: Path, read: Read) -> None:
    assert findings_of(read(package(root, schema_names=("EAD.xsd", "EAD_doc.xsd")))) == ()


@pytest.mark.rule("ING-006")
def test_a_wrong_size_is_told_before_any_content_is_read(root: Path, read: Read) -> None:
    made = package(root)
    with (root / FIRST).open("ab") as file:
        file.write(b" ")
    found = told(read(made), "ING-006")
    assert [(f.subject, f.file) for f in found] == [(FIRST, REP)]
    assert int(found[0].values["actual"]) == int(found[0].values["expected"]) + 1


def test_every_broken_rule_of_a_package_is_told_at_once(root: Path, read: Read) -> None:
    made = package(root, status="TEST")
    (root / FIRST).unlink()
    made.write("representations/rep1/data/lạ.pdf", b"%PDF-1.4")
    made.edit(REP, f'xlink:href="data/{CODE}.0000002.pdf"', 'xlink:href="../../../x.pdf"')
    rules_told = {finding.rule for finding in findings_of(read(made))}
    assert {"EAR-009", "EAR-020", "EAR-022", "EAR-023"} <= rules_told


@pytest.mark.parametrize("entity", [external_entity, bomb])
def test_nothing_of_an_entity_is_read(root: Path, read: Read, entity: Callable[[Path], Package]) -> None:
    delivery = read(entity(root))
    assert delivery.dossiers == ()
    assert "root:" not in delivery.model_dump_json()


def test_a_grade_of_secrecy_in_any_description_leaves_nothing_but_the_refusal(root: Path, read: Read) -> None:
    made = Package(root)
    made.documents[1]["mode"] = "03"
    made.documents[1]["subject"] = "Kế hoạch tác chiến"
    delivery = read(made.lay_out().seal())
    found = findings_of(delivery)
    assert {finding.rule for finding in found} == {"SEC-001"}
    assert "tác chiến" not in "".join(message(finding, "vi") for finding in found)
    assert METS not in "".join(finding.model_dump_json() for finding in found)


def test_what_turns_the_direction_of_writing_is_shown_as_what_it_is(root: Path, read: Read) -> None:
    found = told(read(points("data/\u202efdp.exe")(root)), "EAR-022")
    assert [finding.subject for finding in found] == ["data/\\u202efdp.exe"]


@pytest.mark.parametrize("where", ["METS.xml", "metadata/descriptive/EAD.xml", "metadata/preservation/PREMIS.xml"])
def test_a_part_that_is_too_long_to_be_held_is_refused(root: Path, read: Read, where: str) -> None:
    made = package(root, kind="AIP", premis=True)
    text = "x" * 900_000
    long = {
        "METS.xml": (
            "<metsHdr ",
            '<dmdSec ID="d"><mdWrap MDTYPE="DC"><xmlData>{}</xmlData></mdWrap></dmdSec><metsHdr ',
        ),
        "metadata/descriptive/EAD.xml": ("<title>", "{}<title>"),
        "metadata/preservation/PREMIS.xml": ("<objectCharacteristics>", "{}<objectCharacteristics>"),
    }
    inner = {
        "METS.xml": f'<t xmlns="urn:t">{text}</t>',
        "metadata/descriptive/EAD.xml": f"<x>{text}</x>",
        "metadata/preservation/PREMIS.xml": "<objectIdentifier><objectIdentifierType>a</objectIdentifierType>"
        f"<objectIdentifierValue>{text}</objectIdentifierValue></objectIdentifier>",
    }
    old, new = long[where]
    made.edit(where, old, new.format(inner[where] * 20))
    rule_id = {"METS.xml": "EAR-002", "metadata/descriptive/EAD.xml": "EAR-041"}.get(where, "EAR-037")
    found = [finding for finding in told(read(made), rule_id) if finding.subject == where]
    assert "16777216" in found[0].values["detail"]


def test_a_register_as_a_package_may_describe_documents_without_files(root: Path, tmp_path: Path) -> None:
    delivery = PackageReader(InlineWorkers(), register=True).read(without_file(root).root, tmp_path / "room")
    (dossier,) = delivery.dossiers
    assert dossier.is_register
    assert [document.files for document in dossier.documents].count(()) == 1
    assert not told(delivery, "EAR-047")
