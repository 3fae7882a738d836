"""EAD 2002, EAD3 and Dublin Core of other programs: mapped as far as they go, the rest kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.deliveries import findings_of
from tests.generators.eark_packages import Habits, Package, pdf
from tests.unit.readers_eark.conftest import Read, only

EAD3 = """<?xml version="1.0" encoding="UTF-8"?>
<ead xmlns="http://ead3.archivists.org/schema/">
 <control><recordid>X1</recordid><filedesc><titlestmt><titleproper>Mục lục</titleproper>
 </titlestmt></filedesc></control>
 <archdesc level="file"><did>
   <unitid>H49.64.2019.5</unitid><unittitle>Hồ sơ giao đất</unittitle>
   <unitdate normal="2019-01-02/2019-12-30">năm 2019</unitdate>
   <langmaterial><language langcode="vie">Tiếng Việt</language></langmaterial>
   <origination><corpname><part>Sở Tài nguyên và Môi trường</part></corpname></origination>
   <physdesc>12 tờ</physdesc>
  </did>
  <accessrestrict><p>Công khai</p></accessrestrict>
  <controlaccess><subject><part>đất đai</part></subject><subject><part>giao đất</part></subject></controlaccess>
  <dsc><c level="series"><did><unittitle>Quyết định</unittitle></did>
   <c level="item"><did><unitid>12/QĐ-UBND</unitid><unittitle>Về việc giao đất đợt 1</unittitle>
     <unitdate normal="2019-03-05">5/3/2019</unitdate>
     <origination><corpname><part>Ủy ban nhân dân huyện</part></corpname></origination>
     <dao href="../../representations/rep1/data/a.pdf"/></did></c>
   <c level="item"><did><unitid>13/QĐ-UBND</unitid><unittitle>Về việc giao đất đợt 2</unittitle>
     <unitdate normal="2019-04-06">6/4/2019</unitdate>
     <daoset><dao href="../../representations/rep1/data/b.pdf"/></daoset></did></c>
  </c></dsc>
 </archdesc>
</ead>
"""
EAD2002 = """<?xml version="1.0" encoding="UTF-8"?>
<ead xmlns="urn:isbn:1-931666-22-9" xmlns:xlink="http://www.w3.org/1999/xlink">
 <eadheader><eadid>X1</eadid><filedesc><titlestmt><titleproper>Mục lục</titleproper></titlestmt></filedesc></eadheader>
 <archdesc level="file"><did>
   <unitid>H49.64.2019.5</unitid><unittitle>Hồ sơ giao đất</unittitle>
   <unitdate normal="2019-01-02/2019-12-30" type="inclusive">năm 2019</unitdate>
   <langmaterial><language langcode="vie">vie</language></langmaterial>
   <origination><corpname>Sở Tài nguyên và Môi trường</corpname></origination>
   <physdesc>12 tờ</physdesc>
  </did>
  <accessrestrict><p>Công khai</p></accessrestrict>
  <controlaccess><subject>đất đai</subject><subject>giao đất</subject></controlaccess>
  <dsc><c01 level="series"><did><unittitle>Quyết định</unittitle></did>
   <c02 level="item"><did><unitid>12/QĐ-UBND</unitid><unittitle>Về việc giao đất đợt 1</unittitle>
     <unitdate normal="2019-03-05">5/3/2019</unitdate>
     <origination><corpname>Ủy ban nhân dân huyện</corpname></origination>
     <dao xlink:href="../../representations/rep1/data/a.pdf"/></did></c02>
   <c02 level="item"><did><unitid>13/QĐ-UBND</unitid><unittitle>Về việc giao đất đợt 2</unittitle>
     <unitdate normal="2019-04-06">6/4/2019</unitdate>
     <dao xlink:href="../../representations/rep1/data/b.pdf"/></did></c02>
  </c01></dsc>
 </archdesc>
</ead>
"""
DC = """<?xml version="1.0" encoding="UTF-8"?>
<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/">
 <dc:title>Hồ sơ giao đất</dc:title><dc:identifier>H49.64.2019.5</dc:identifier>
 <dc:date>2019-01-02/2019-12-30</dc:date><dc:creator>Sở Tài nguyên và Môi trường</dc:creator>
 <dc:subject>đất đai</dc:subject><dc:subject>giao đất</dc:subject><dc:language>vie</dc:language>
 <dc:rights>Công khai</dc:rights><dc:coverage>Huyện A</dc:coverage>
</oai_dc:dc>
"""


def with_description(root: Path, text: str, *, name: str = "ead.xml") -> Package:
    made = Package(root, Habits(profile="https://earksip.dilcis.eu/profile/E-ARK-SIP.xml"), documents=[]).lay_out()
    (root / "metadata/descriptive/EAD.xml").unlink()
    made.write(f"metadata/descriptive/{name}", text)
    made.write("representations/rep1/data/a.pdf", pdf("a"))
    made.write("representations/rep1/data/b.pdf", pdf("b"))
    return made


@pytest.mark.parametrize("text", [EAD3, EAD2002, DC], ids=["EAD3", "EAD 2002", "Dublin Core"])
def test_the_dossier_of_another_form_is_described_in_our_fields(root: Path, read: Read, text: str) -> None:
    dossier = only(read(with_description(root, text).seal()))
    assert dossier.file_code == "H49.64.2019.5"
    assert {
        key: dossier.value(key) for key in ("title", "start_date", "end_date", "language", "rights", "keyword")
    } == {
        "title": "Hồ sơ giao đất",
        "start_date": "2019-01-02",
        "end_date": "2019-12-30",
        "language": "Tiếng Việt",
        "rights": "Công khai",
        "keyword": "đất đai; giao đất",
    }
    assert dossier.value("creator") == "Sở Tài nguyên và Môi trường"
    assert len(dossier.documents) == 2


@pytest.mark.parametrize("text", [EAD3, EAD2002], ids=["EAD3", "EAD 2002"])
def test_components_with_digital_objects_are_documents(root: Path, read: Read, text: str) -> None:
    dossier = only(read(with_description(root, text).seal()))
    assert [(d.ordinal, d.files) for d in dossier.documents] == [
        (1, ("representations/rep1/data/a.pdf",)),
        (2, ("representations/rep1/data/b.pdf",)),
    ]
    first = dossier.documents[0]
    assert {
        key: first.value(key) for key in ("subject", "issued_date", "organ_name", "code_number", "code_notation")
    } == {
        "subject": "Về việc giao đất đợt 1",
        "issued_date": "2019-03-05",
        "organ_name": "Ủy ban nhân dân huyện",
        "code_number": "12",
        "code_notation": "QĐ-UBND",
    }
    assert dossier.extra["did/physdesc"] == "12 tờ"


def test_what_dublin_core_says_beyond_our_fields_is_kept(root: Path, read: Read) -> None:
    assert only(read(with_description(root, DC).seal())).extra["coverage"] == "Huyện A"


def test_the_circulars_own_form_goes_before_others_and_these_fill_its_holes(root: Path, read: Read) -> None:
    made = with_description(root, DC)
    made.write("metadata/descriptive/EAD.xml", made.simple({"fileCode": "H1.2025.1", "title": "Tiêu đề của thông tư"}))
    dossier = only(read(made.seal()))
    assert (dossier.file_code, dossier.value("title")) == ("H1.2025.1", "Tiêu đề của thông tư")
    assert dossier.value("creator") == "Sở Tài nguyên và Môi trường"


def test_a_record_of_dublin_core_describes_the_file_of_its_name(root: Path, read: Read) -> None:
    made = with_description(root, DC)
    for name in ("a", "b"):
        text = DC.replace("Hồ sơ giao đất", f"Văn bản {name}").replace("H49.64.2019.5", f"{name}-1")
        made.write(f"representations/rep1/metadata/descriptive/{name}.xml", text)
    documents = only(read(made.seal())).documents
    assert [(d.value("subject"), d.value("doc_code"), d.files) for d in documents] == [
        (f"Văn bản {name}", f"{name}-1", (f"representations/rep1/data/{name}.pdf",)) for name in ("a", "b")
    ]
    assert documents[0].value("issued_date") == "2019-01-02"


def test_a_grade_of_secrecy_in_a_foreign_form_is_seen(root: Path, read: Read) -> None:
    delivery = read(with_description(root, EAD3.replace("<p>Công khai</p>", "<p>Tối mật</p>")).seal())
    assert {finding.rule for finding in findings_of(delivery)} == {"SEC-001"}


def test_a_digital_object_outside_the_package_is_refused(root: Path, read: Read) -> None:
    text = EAD3.replace("../../representations/rep1/data/a.pdf", "https://example.org/a.pdf")
    assert {"EAR-021", "EAR-047", "EAR-048"} & {
        finding.rule for finding in findings_of(read(with_description(root, text).seal()))
    }


WRAPPED = (
    '<dmdSec ID="{id}"><mdWrap MDTYPE="DC"><xmlData xmlns:dc="http://purl.org/dc/elements/1.1/">{fields}</xmlData>'
    "</mdWrap></dmdSec>\n"
)


def test_dublin_core_that_stands_in_mets_itself_is_read(root: Path, read: Read) -> None:
    made = with_description(root, DC)
    (root / "metadata/descriptive/ead.xml").unlink()
    made.seal()
    rep = "representations/rep1/METS.xml"
    for name in ("a", "b"):
        own = made.identifier(f"file representations/rep1/data/{name}.pdf", "ID-")
        fields = f"<dc:title>Văn bản {name}</dc:title><dc:identifier>{name}</dc:identifier>"
        made.edit(rep, "<fileSec", WRAPPED.format(id=f"dmd-{name}", fields=fields) + "<fileSec")
        made.edit(rep, f'<file ID="{own}"', f'<file ID="{own}" DMDID="dmd-{name}"')
    text = made.mets("")
    fields = "<dc:title>Hồ sơ</dc:title><dc:identifier>H1.2025.3</dc:identifier>"
    made.write("METS.xml", text.replace("<fileSec", WRAPPED.format(id="dmd-0", fields=fields) + "<fileSec"))
    dossier = only(read(made))
    assert (dossier.file_code, dossier.value("title")) == ("H1.2025.3", "Hồ sơ")
    assert [(d.value("subject"), d.files) for d in dossier.documents] == [
        ("Văn bản a", ("representations/rep1/data/a.pdf",)),
        ("Văn bản b", ("representations/rep1/data/b.pdf",)),
    ]


def test_other_metadata_in_mets_itself_are_told_and_kept_with_it(root: Path, read: Read) -> None:
    made = with_description(root, DC).seal()
    mods = '<mods xmlns="http://www.loc.gov/mods/v3"><title>x</title></mods>'
    made.edit("METS.xml", "<fileSec", WRAPPED.format(id="dmd-0", fields=mods) + "<fileSec")
    assert "EAR-042" in {finding.rule for finding in findings_of(read(made))}
