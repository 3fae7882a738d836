"""Packages as other programs write them: TT 05/2025 (SIP, AIP, DIP) and plain E-ARK, each habit a switch.

Built by hand from strings, with none of the program's own writers: what reads them must not know who wrote them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID, uuid5
from xml.sax.saxutils import escape, quoteattr

CODE = "H49.64.2025.12"
SPACE = UUID("0f6a3f52-9d7b-4c39-8f0b-6c1f37d4e001")
METS = "http://www.loc.gov/METS/"
CSIP = "https://DILCIS.eu/XML/METS/CSIPExtensionMETS"
CREATED = "2025-07-01T08:00:00+07:00"
PROFILES = {
    "SIP": "https://earkcsip.dilcis.eu/profile/E-ARK-CSIP.xml",
    "AIP": "http://www.ra.ee/METS/v01/IP.xml",
    "DIP": "https://earkdip.dilcis.eu/profile/E-ARK-DIP.xml",
}
DOSSIER = {
    "fileCode": CODE,
    "title": "Hồ sơ về việc xây dựng kho lưu trữ số",
    "maintenance": "04",
    "mode": "01",
    "language": "01",
    "startDate": "02/01/2025",
    "endDate": "30/06/2025",
    "totalDoc": "2",
    "numberOfPaper": "2",
    "numberOfPage": "2",
    "confidenceLevel": "02",
    "paperFileCode": "TTLT.K1.12",
    "riskRecovery": "0",
}


def pdf(text: str) -> bytes:
    """A small PDF of one page that every reader opens."""
    words = f"BT /F1 12 Tf 50 780 Td ({text}) Tj ET".encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
            b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(words), words),
    ]
    out, places = b"%PDF-1.5\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + table + b"trailer << /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(out)


def document_fields(ordinal: int) -> dict[str, str]:
    """Fields of the document with that number, as a SIP writes them."""
    return {
        "docId": f"{CODE}.{ordinal}",
        "docCode": f"{CODE}.{ordinal:07d}",
        "maintenance": "04",
        "typeName": "02",
        "codeNumber": str(100 + ordinal),
        "codeNotation": "QĐ-UBND",
        "issuedDate": f"{ordinal % 28 + 1:02d}/03/2025",
        "organName": "Ủy ban nhân dân tỉnh",
        "subject": f"Về việc phê duyệt đề án số {ordinal}",
        "language": "01",
        "numberOfPage": "1",
        "mode": "01",
        "confidenceLevel": "02",
        "riskRecovery": "0",
    }


@dataclass(frozen=True)
class Habits:
    """How a program writes its packages."""

    kind: str = "SIP"
    profile: str = ""
    objid: str = ""
    status: str = "NEW"
    oais: str = ""
    namespace: str = METS
    algorithm: str = "SHA-256"
    upper: bool = False
    digests: bool = True
    sizes: bool = True
    premis: bool = False
    premis_namespace: str = "http://www.loc.gov/premis/v3"
    file_id: str = "ID-"
    per_representation: bool = True
    """Whether each representation has a METS of its own; else the root lists its data."""

    agents: bool = True
    prefix: str = ""
    """Prefix of METS elements, with its colon."""

    reversed_fields: bool = False
    related: str = ""
    type: str = "Mixed"
    representation_type: str = "ORIGINAL"
    full: bool = False
    """Whether METS says of each file what real packages say: PREMIS in METS itself, a description, a division."""

    schema_names: tuple[str, ...] = ("mets_1_11.xsd", "EAD.xsd", "EAD_doc.xsd")


@dataclass
class Package:
    """A package on disk, that can be bent before its METS files are written."""

    root: Path
    habits: Habits = field(default_factory=Habits)
    dossier: dict[str, str] = field(default_factory=lambda: dict(DOSSIER))
    documents: list[dict[str, str]] = field(default_factory=lambda: [document_fields(1), document_fields(2)])
    kinds: Mapping[int, str] = field(default_factory=dict)
    """`pic` or `media` by ordinal; others are documents."""

    names: Sequence[str] = ()
    """Stems of the documents' files; by default codes."""

    def lay_out(self) -> Package:
        """Write everything but METS and PREMIS."""
        habits = self.habits
        dossier = dict(self.dossier)
        if habits.kind == "AIP" and "fileCode" in dossier:
            dossier = {"arcFileCode": f"TTLT.{dossier.pop('fileCode')}", **dossier}
        self.write("metadata/descriptive/EAD.xml", self.simple(dossier))
        for ordinal, fields in enumerate(self.documents, start=1):
            stem = self.stem(ordinal)
            form = self.kinds.get(ordinal, "doc")
            self.write(f"representations/rep1/metadata/descriptive/EAD_{form}_{stem}.xml", self.simple(fields))
            self.write(f"representations/rep1/data/{stem}.pdf", pdf(f"{stem} {habits.kind}"))
        for name in habits.schema_names:
            self.write(f"schemas/{name}", f'<schema xmlns="http://www.w3.org/2001/XMLSchema" id="{name[:-4]}"/>\n')
        self.write("documentation/huong-dan.txt", "Tài liệu kèm theo\n")
        return self

    def stem(self, ordinal: int) -> str:
        return self.names[ordinal - 1] if self.names else f"{CODE}.{ordinal:07d}"

    def simple(self, fields: Mapping[str, str]) -> str:
        pairs = list(fields.items())
        if self.habits.reversed_fields:
            pairs.reverse()
        inner = "".join(f"  <{name}>{escape(text)}</{name}>\n" for name, text in pairs)
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<simpledc>\n{inner}</simpledc>\n'

    def write(self, path: str, content: str | bytes) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return target

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace `old`, which must be there, in a file."""
        text = (self.root / path).read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {path}"
        self.write(path, text.replace(old, new))

    # ------------------------------------------------------------ METS

    def seal(self) -> Package:
        """Write PREMIS and METS over what lies there."""
        representations = sorted(path.name for path in (self.root / "representations").glob("*") if path.is_dir())
        for name in representations:
            base = f"representations/{name}/"
            if self.habits.premis:
                self.write(f"{base}metadata/preservation/PREMIS_{name}.xml", self.premis(f"{base}data/"))
            if self.habits.per_representation:
                self.write(f"{base}METS.xml", self.mets(base))
        if self.habits.premis:
            self.write("metadata/preservation/PREMIS.xml", self.premis("representations/rep1/data/"))
        self.write("METS.xml", self.mets(""))
        return self

    def identifier(self, what: str, prefix: str = "uuid-") -> str:
        return prefix + str(uuid5(SPACE, what)).upper()

    def below(self, folder: str) -> list[str]:
        base = self.root / folder
        return sorted(str(path.relative_to(self.root)) for path in base.rglob("*") if path.is_file())

    def claims(self, path: str) -> str:
        data = (self.root / path).read_bytes()
        habits = self.habits
        digest = hashlib.new(habits.algorithm.replace("-", ""), data).hexdigest()
        size = f' SIZE="{len(data)}"' if habits.sizes else ""
        stated = f' CHECKSUM="{digest.upper() if habits.upper else digest}" CHECKSUMTYPE="{habits.algorithm}"'
        return f'MIMETYPE="application/octet-stream"{size} CREATED="{CREATED}"{stated if habits.digests else ""}'

    def mets(self, base: str) -> str:
        """The METS document of the package, or of the representation at `base`."""
        h = self.habits
        objid = (h.objid or self.root.name) if not base else base.split("/")[1]
        profile = h.profile or (PROFILES[h.kind] if not base else PROFILES["SIP"])
        spaces = (
            f'xmlns{":" + h.prefix[:-1] if h.prefix else ""}="{h.namespace}" xmlns:xlink="http://www.w3.org/1999/xlink"'
        )
        if not h.namespace:
            spaces = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
        lines = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            (
                f"<mets {spaces} xmlns:csip={quoteattr(CSIP)} OBJID={quoteattr(objid)} TYPE={quoteattr(h.type)}"
                f' PROFILE={quoteattr(profile)} csip:CONTENTINFORMATIONTYPE="MIXED">'
            ),
            *self._header(h),
        ]
        described, preserved = self._metadata(base, lines)
        groups = self._files(base, lines)
        self._structure(base, lines, (objid, described, preserved, groups))
        lines.append("</mets>")
        text = "\n".join(lines) + "\n"
        return _prefixed(text, h.prefix) if h.prefix else text

    def _header(self, h: Habits) -> list[str]:
        status = f' RECORDSTATUS="{h.status}"' if h.status else ""
        lines = [f'<metsHdr CREATEDATE="{CREATED}"{status} csip:OAISPACKAGETYPE="{h.oais or h.kind}">']
        if h.agents:
            lines += [
                (
                    '<agent ROLE="CREATOR" TYPE="OTHER" OTHERTYPE="SOFTWARE"><name>Phần mềm nộp lưu</name>'
                    '<note csip:NOTETYPE="SOFTWARE VERSION">2.3</note></agent>'
                ),
                (
                    '<agent ROLE="ARCHIVIST" TYPE="ORGANIZATION"><name>Ủy ban nhân dân tỉnh</name>'
                    '<note csip:NOTETYPE="IDENTIFICATIONCODE">H49.64</note></agent>'
                ),
            ]
        lines.append('<altRecordID TYPE="SUBMISSIONAGREEMENT">H49.64.2025.01</altRecordID>')
        if h.related:
            lines.append(f'<altRecordID TYPE="relatedPackage">{h.related}</altRecordID>')
        return [*lines, "</metsHdr>"]

    def _metadata(self, base: str, lines: list[str]) -> tuple[list[str], list[str]]:
        described: list[str] = []
        for path in self.below(f"{base}metadata/descriptive"):
            described.append(self.identifier(f"dmd {path}"))
            lines.append(
                f'<dmdSec ID="{described[-1]}" CREATED="{CREATED}" STATUS="CURRENT"><mdRef LOCTYPE="URL" MDTYPE="OTHER"'
                f' OTHERMDTYPE="EAD" xlink:type="simple" xlink:href={quoteattr(path.removeprefix(base))}'
                f" {self.claims(path)}/></dmdSec>"
            )
        preserved: list[str] = []
        for path in self.below(f"{base}metadata/preservation"):
            preserved.append(self.identifier(f"premis {path}"))
            lines.append(
                f'<amdSec ID="{self.identifier(f"amd {path}")}"><digiprovMD ID="{preserved[-1]}" CREATED="{CREATED}"'
                f' STATUS="CURRENT"><mdRef LOCTYPE="URL" MDTYPE="PREMIS" xlink:type="simple"'
                f" xlink:href={quoteattr(path.removeprefix(base))} {self.claims(path)}/></digiprovMD></amdSec>"
            )
        for path in self.below(f"{base}data") if base and self.habits.full else ():
            lines += self._administered(path)
        return described, preserved

    def _administered(self, path: str) -> Iterator[str]:
        """Technical and provenance metadata of one file, PREMIS in METS, as archival programs write them."""
        data, name = (self.root / path).read_bytes(), path.rpartition("/")[2]
        fixities = "".join(
            f"<premis:fixity><premis:messageDigestAlgorithm>{algorithm}</premis:messageDigestAlgorithm>"
            f"<premis:messageDigest>{hashlib.new(algorithm.replace('-', ''), data).hexdigest()}</premis:messageDigest>"
            "</premis:fixity>"
            for algorithm in ("SHA-256", "SHA-512")
        )
        space = 'xmlns:premis="http://www.loc.gov/premis/v3"'
        yield f'<amdSec ID="{self.identifier(f"amd {path}")}"><techMD ID="{self.identifier(f"tech {path}")}">'
        yield f'<mdWrap MDTYPE="PREMIS:OBJECT"><xmlData><premis:object {space}>'
        yield (
            "<premis:objectIdentifier><premis:objectIdentifierType>UUID</premis:objectIdentifierType>"
            f"<premis:objectIdentifierValue>{self.identifier(f'object {path}', '')}</premis:objectIdentifierValue>"
            "</premis:objectIdentifier>"
        )
        yield f"<premis:objectCharacteristics>{fixities}<premis:size>{len(data)}</premis:size>"
        yield (
            "<premis:format><premis:formatDesignation><premis:formatName>Acrobat PDF 1.5 - Portable Document Format"
            "</premis:formatName><premis:formatVersion>1.5</premis:formatVersion></premis:formatDesignation>"
            "<premis:formatRegistry><premis:formatRegistryName>PRONOM</premis:formatRegistryName>"
            "<premis:formatRegistryKey>fmt/19</premis:formatRegistryKey></premis:formatRegistry></premis:format>"
        )
        yield "</premis:objectCharacteristics>"
        called = escape(f"Quyết định về việc phê duyệt đề án, bản ký số, {name}")
        yield f"<premis:originalName>{called}</premis:originalName>"
        yield "</premis:object></xmlData></mdWrap></techMD>"
        yield f'<digiprovMD ID="{self.identifier(f"prov {path}")}"><mdWrap MDTYPE="PREMIS:EVENT"><xmlData>'
        yield (
            f"<premis:event {space}><premis:eventIdentifier><premis:eventIdentifierType>UUID"
            f"</premis:eventIdentifierType><premis:eventIdentifierValue>{self.identifier(f'event {path}', '')}"
            "</premis:eventIdentifierValue></premis:eventIdentifier><premis:eventType>message digest calculation"
            f"</premis:eventType><premis:eventDateTime>{CREATED}</premis:eventDateTime></premis:event>"
            "</xmlData></mdWrap></digiprovMD></amdSec>"
        )

    def groups(self, base: str) -> dict[str, list[str]]:
        """Files by the USE of their group."""
        if base:
            return {"Data": self.below(f"{base}data")}
        found = {"Documentation": self.below("documentation"), "Schemas": self.below("schemas")}
        if self.habits.per_representation:
            nested = [path for path in self.below("representations") if path.endswith("/METS.xml")]
            return {**found, "Representations": nested}
        for folder in sorted((self.root / "representations").glob("*")):
            inside = f"representations/{folder.name}"
            found[f"Representations/{folder.name}"] = self.below(inside)
        return found

    def _files(self, base: str, lines: list[str]) -> dict[str, str]:
        groups: dict[str, str] = {}
        lines.append(f'<fileSec ID="{self.identifier(f"files {base}")}">')
        for use, paths in self.groups(base).items():
            groups[use] = self.identifier(f"group {base} {use}")
            lines.append(f'<fileGrp ID="{groups[use]}" USE={quoteattr(use)}>')
            for path in paths:
                identifier = self.identifier(f"file {path}", self.habits.file_id)
                joined = self._joined(base, path)
                lines.append(
                    f'<file ID="{identifier}" {joined}{self.claims(path)}><FLocat LOCTYPE="URL" xlink:type="simple"'
                    f" xlink:href={quoteattr(path.removeprefix(base))}/></file>"
                )
            lines.append("</fileGrp>")
        lines.append("</fileSec>")
        return groups

    def _joined(self, base: str, path: str) -> str:
        """Attributes that join a file with its description and its administrative metadata."""
        if not (base and self.habits.full):
            return ""
        stem = path.rpartition("/")[2].rpartition(".")[0]
        described = f"{base}metadata/descriptive/EAD_doc_{stem}.xml"
        preserved = f"{self.identifier(f'tech {path}')} {self.identifier(f'prov {path}')}"
        return f'OWNERID={quoteattr(stem)} DMDID="{self.identifier(f"dmd {described}")}" ADMID="{preserved}" '

    def _structure(self, base: str, lines: list[str], said: tuple[str, list[str], list[str], dict[str, str]]) -> None:
        objid, described, preserved, groups = said
        kind = f' TYPE="{self.habits.representation_type}"' if base and self.habits.representation_type else ""
        lines += [
            f'<structMap ID="{self.identifier(f"map {base}")}" TYPE="PHYSICAL" LABEL="CSIP">',
            f'<div ID="{self.identifier(f"top {base}")}" LABEL={quoteattr(objid)}{kind}>',
        ]
        attributes = f' DMDID="{" ".join(described)}"' if described else ""
        attributes += f' ADMID="{" ".join(preserved)}"' if preserved else ""
        lines.append(f'<div ID="{self.identifier(f"about {base}")}" LABEL="Metadata"{attributes}/>')
        for use, identifier in groups.items():
            own = self.identifier(f"div {base} {use}")
            lines.append(f'<div ID="{own}" LABEL={quoteattr(use)}><fptr FILEID="{identifier}"/>')
            for number, path in enumerate(self.groups(base)[use] if base and self.habits.full else (), start=1):
                file = self.identifier(f"file {path}", self.habits.file_id)
                label = quoteattr(path.rpartition("/")[2])
                lines.append(
                    f'<div ID="{self.identifier(f"div {path}")}" ORDER="{number}" LABEL={label}>'
                    f'<fptr FILEID="{file}"/></div>'
                )
            lines.append("</div>")
        if not base:
            for path in self.groups(base).get("Representations", ()):
                own = self.identifier(f"div {path}")
                lines.append(
                    f'<div ID="{own}" LABEL="Representations/{path.split("/")[1]}"><mptr LOCTYPE="URL"'
                    f' xlink:type="simple" xlink:href={quoteattr(path)}/></div>'
                )
        lines += ["</div>", "</structMap>"]

    # ------------------------------------------------------------ PREMIS

    def premis(self, folder: str, *, wrong: str = "") -> str:
        """PREMIS of the files below `folder`; of the file whose name ends with `wrong` a lie."""
        space = self.habits.premis_namespace
        version = "3.0" if space.endswith("v3") else "2.2"
        lines = [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<premis xmlns="{space}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="{version}">',
        ]
        for path in self.below(folder.rstrip("/")):
            data = (self.root / path).read_bytes()
            digest = hashlib.sha256(data + (b"x" if wrong and path.endswith(wrong) else b"")).hexdigest()
            identifier = self.identifier(f"file {path}", self.habits.file_id)
            lines.append(
                f'<object xsi:type="file"><objectIdentifier><objectIdentifierType>local</objectIdentifierType>'
                f"<objectIdentifierValue>{identifier}</objectIdentifierValue></objectIdentifier>"
                f"<objectCharacteristics><fixity><messageDigestAlgorithm>SHA-256</messageDigestAlgorithm>"
                f"<messageDigest>{digest}</messageDigest></fixity><size>{len(data)}</size><format><formatDesignation>"
                f"<formatName>PDF</formatName></formatDesignation></format></objectCharacteristics>"
                f"<originalName>{escape(path.rpartition('/')[2])}</originalName></object>"
            )
        lines.append(
            "<event><eventIdentifier><eventIdentifierType>UUID</eventIdentifierType><eventIdentifierValue>1"
            "</eventIdentifierValue></eventIdentifier><eventType>transfer</eventType>"
            f"<eventDateTime>{CREATED}</eventDateTime></event></premis>"
        )
        return "\n".join(lines) + "\n"


def _prefixed(text: str, prefix: str) -> str:
    """METS elements with `prefix` before their names."""
    head, _, rest = text.partition("?>\n")
    for tag in ("<", "</"):
        parts = rest.split(tag)
        rest = tag.join([parts[0], *(part if part[:1] in {"/", "?"} else prefix + part for part in parts[1:])])
    return f"{head}?>\n{rest}"


def package(root: Path, habits: Habits | None = None, **changes: object) -> Package:
    """A whole package at `root`: laid out and sealed.

    Args:
        root: Folder, made here.
        habits: How it is written.
        changes: Fields of `Habits` that differ.
    """
    made = Package(root, replace(habits or Habits(), **changes))  # type: ignore[arg-type]
    return made.lay_out().seal()
