"""docs/metadata.md out of the tables: `python -m metadata.profiles.documentation > docs/metadata.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files

from metadata.bridge import BRIDGES, BridgeRule, bridge
from metadata.messages import text
from metadata.profiles import ALL_PROFILES, Certainty, Field, Profile, Required, Section, profile
from metadata.profiles.conditions import conditions
from metadata.profiles.copies import copy_rules
from metadata.profiles.packages import Making, packages
from metadata.profiles.preservation import preservation_words
from metadata.profiles.vocabularies import Vocabulary, vocabularies

_SECTIONS = {
    Section.FONDS: "Phông · Fonds",
    Section.DOSSIER: "Hồ sơ · Dossier",
    Section.DOCUMENT: "Văn bản, tài liệu · Document",
    Section.PHOTO: "Phim (âm bản), ảnh · Photograph, negative",
    Section.AUDIO_VIDEO: "Phim, âm thanh · Film, recording",
    Section.LOT: "Gói tài liệu rời · Package of loose documents",
    Section.REQUEST: "Yêu cầu khai thác (DIP) · Request (DIP)",
    Section.OUTGOING: "Văn bản đi · Outgoing document",
    Section.INCOMING: "Văn bản đến · Incoming document",
}
_REQUIRED = {
    Required.NOT_STATED: "",
    Required.IMPLEMENTATION: "phần mềm · products",
    Required.ALWAYS: "thông tư · circular",
    Required.IF_AVAILABLE: "nếu có · if available",
    Required.DIGITISED: "khi số hóa · if digitised",
    Required.RISK_RECOVERY: "khi có dự phòng · if a backup is asked for",
    Required.PROCESS_TRAIL: "khi gốc điện tử hoặc hỗn hợp · if born digital or mixed",
}
_CERTAINTY = {
    Certainty.READ: "văn bản luật · the law's text",
    Certainty.IMPLEMENTATION: "phần mềm đang dùng · implementing products",
    Certainty.NOTES: "bản tóm tắt phụ lục · notes on the annex",
    Certainty.PRACTICE: "thực tế · practice",
}
_METS = {
    "file_code": "METS `altRecordID[@TYPE='REFERENCECODE']`",
    "archives_code": "METS `agent[@ROLE='PRESERVATION']/note`",
}
_OTHERS = {"02-2019": ("05-2025",), "05-2025": ("02-2019",), "01-2019": ("02-2019", "05-2025")}


def document() -> str:
    """The page."""
    return "\n".join(_lines()) + "\n"


def _prose(name: str) -> str:
    return (files(__package__) / f"documentation.{name}.txt").read_text(encoding="utf-8").rstrip()


def _lines() -> Iterator[str]:
    yield _prose("head")
    for profile_id in ALL_PROFILES:
        yield from _profile(profile(profile_id))
    yield from _practice()
    yield from _packages()
    yield from _copies()
    yield from _conditions()
    yield from _bridges()
    yield from _preservation()
    yield ""
    yield _prose("digitised")
    yield from _vocabularies()


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield ""
    yield f"| {' | '.join(headings)} |"
    yield f"|{'---|' * len(headings)}"
    for row in rows:
        yield f"| {' | '.join(_cell(text) for text in row)} |"


def _cell(said: str) -> str:
    return " ".join(said.split()).replace("|", "\\|")


# ---------------------------------------------------------------- fields


def _profile(used: Profile) -> Iterator[str]:
    yield ""
    yield f"## {used.titles['vi']} · {used.titles['en']}"
    yield ""
    yield f"Nguồn · Source: {used.source}. Hồ sơ trường · Profile: `{used.id}`."
    for section, fields in used.sections.items():
        numbered = [field for field in fields.values() if field.number]
        if numbered and not (used.id == "01-2019" and section is Section.DOCUMENT):
            yield ""
            yield f"### {used.id}: {_SECTIONS[section]}"
            yield from _fields(used, section, numbered)


def _fields(used: Profile, section: Section, fields: Sequence[Field]) -> Iterator[str]:
    headings = (
        *("STT", "Tên trường · Name", "Viết tắt · Short", "Khóa · Key", "Kiểu · Type", "Dài · Length"),
        *("Ai yêu cầu · Required by", "Danh mục · List", "Nguồn tin · Known from"),
        *(f"Sang · In {other}" for other in _OTHERS[used.id]),
        "Chỗ trong gói · Place",
    )
    yield from _table(headings, (_row(used, section, field) for field in fields))
    said = [field for field in fields if field.note or field.doubt or field.automatic]
    if said:
        yield ""
    for field in said:
        if field.note:
            yield f"- `{field.key}`: {field.note} · {field.note_en}"
        if field.doubt:
            yield f"- `{field.key}`, chưa chắc chắn · in doubt: {field.doubt} · {field.doubt_en}"
        if field.automatic:
            yield f"- `{field.key}`: hệ thống tự điền · filled in by the document system"


def _row(used: Profile, section: Section, field: Field) -> tuple[str, ...]:
    length = "" if field.length is None else f"{field.length}{' (?)' if field.length_doubtful else ''}"
    asked = _REQUIRED[field.required] + (f" ({field.asked_by})" if field.asked_by else "")
    return (
        field.number or "",
        f"{field.vi} · {field.en}",
        f"`{field.short}`",
        f"`{field.key}`",
        field.type.value,
        length,
        asked,
        f"[{field.vocabulary.id}](#danh-mục-{field.vocabulary.id})" if field.vocabulary else "",
        f"{_CERTAINTY[field.certainty]}: {field.source}",
        *(_mapped(used.id, other, section, field.key) for other in _OTHERS[used.id]),
        _place(used.id, section, field.key),
    )


def _rule(source: str, target: str, section: Section, key: str) -> BridgeRule | None:
    if (source, target) not in BRIDGES:
        return None
    found = bridge(source, target)
    documents = Section.DOCUMENT if section in {Section.INCOMING, Section.OUTGOING} else section
    return found.rule(documents, key)


def _mapped(source: str, target: str, section: Section, key: str) -> str:
    rule = _rule(source, target, section, key)
    if rule is None:
        return "–"
    field = profile(target).field(_as_document(section), rule.target) if rule.target else None
    return f"{f'`{field.short}`' if field else '–'} ({rule.id})"


def _place(source: str, section: Section, key: str) -> str:
    """Where the field's value stands in our packages: the elements of the circular's forms, else the record."""
    rule = _rule(source, "05-2025", section, key)
    wanted = rule.target if rule else key if source == "05-2025" else ""
    found: dict[str, list[str]] = {}
    for kind, package in packages().items():
        for form in package.forms.values():
            for element in form.elements:
                if form.section is _as_document(section) and wanted and element.field.key == wanted:
                    found.setdefault(f"{form.name}/{element.name}", []).append(kind.value)
    if not wanted and rule and rule.how.value in {"append", "first", "part"}:
        found = {"EAD…/description": []}
    shown = [f"`{name}`" + (f" ({', '.join(_short(kinds))})" if kinds else "") for name, kinds in found.items()]
    if key in _METS:
        shown.append(_METS[key])
    return "; ".join(shown) or "`record.xml`"


def _as_document(section: Section) -> Section:
    return Section.DOCUMENT if section in {Section.INCOMING, Section.OUTGOING} else section


def _short(kinds: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(kind.partition("_")[0] for kind in kinds))


def _practice() -> Iterator[str]:
    yield ""
    yield "## Cột ngoài bảng · Columns of practice"
    yield ""
    yield "Có trong bảng kê thật và hệ thống quản lý văn bản, không có trong bảng nào; cả hai hồ sơ trường đều nhận."
    yield "They stand in real sheets and document systems and in no table; both archival profiles take them."
    headings = ("Tên · Name", "Khóa · Key", "Cấp · Level", "Kiểu · Type", "Nguồn · Source", "Sang · In 05-2025")
    rows = []
    for section in (Section.DOSSIER, Section.DOCUMENT):
        for field in profile("02-2019").fields(section).values():
            if not field.number:
                mapped = _mapped("02-2019", "05-2025", section, field.key)
                name = f"{field.vi} · {field.en}"
                rows.append((name, f"`{field.key}`", _SECTIONS[section], field.type.value, field.source, mapped))
    yield from _table(headings, rows)


# ---------------------------------------------------------------- packages, conditions, bridges


def _packages() -> Iterator[str]:
    yield ""
    yield "## Gói tin của TT 05/2025 · Packages of Circular 05/2025"
    headings = (
        "Gói · Package",
        "Phụ lục · Annex",
        "TYPE",
        "OBJID",
        "PREMIS",
        "fetch",
        "Tài liệu rời · Loose",
        "PROFILE",
    )
    yield from _table(
        headings,
        (
            (
                f"{kind.value} ({package.oais})",
                package.annex,
                package.type,
                f"`{package.objid}`",
                package.premis,
                "✓" if package.fetch else "",
                "✓" if package.loose else "",
                package.profile,
            )
            for kind, package in packages().items()
        ),
    )
    for kind, package in packages().items():
        for form in package.forms.values():
            names = ", ".join(f"`{element.name}`{_made(element.making)}" for element in form.elements)
            yield ""
            yield f"- **{kind.value} {form.name}** ({len(form.elements)}): {names}"
            if form.doubt:
                yield f"  Chưa chắc chắn · In doubt: {form.doubt} · {form.doubt_en}"
    yield ""
    yield "Gói tài liệu rời chỉ được nộp khi không lập hồ sơ và hệ thống liên kết được tài liệu rời (MET-070, 071)."
    yield "Loose documents only where no dossiers are made and the system links them by search (MET-070, 071)."


def _copies() -> Iterator[str]:
    rules = copy_rules()
    yield ""
    yield "## Bản sao để sử dụng · Copies for use"
    yield ""
    yield f"Ghi chú trên bản sao · Note on copies: **{rules.words}** ({rules.sources[0]})."
    yield f"Tệp xác thực · Authentication file: {rules.sources[1]} (`{rules.certainty.value}`)."
    for doubt, doubt_en in rules.doubts:
        yield f"Chưa chắc chắn · In doubt: {doubt} · {doubt_en}."
    headings = ("#", "Nội dung · Item", "Khóa · Key", "Theo · By", "Người cấp khai · Told by the asker")
    rows = (
        (str(number), f"{item.vi} · {item.en}", f"`{item.key}`", item.by.value, "✓" if item.told else "")
        for number, item in enumerate(rules.items, start=1)
    )
    yield from _table(headings, rows)


def _made(making: Making | None) -> str:
    words = {
        Making.ARCHIVAL_FILE_CODE: " (mã cơ quan lưu trữ + mã hồ sơ)",
        Making.ARCHIVAL_DOCUMENT_CODE: " (mã cơ quan lưu trữ + mã hồ sơ + số thứ tự 7 chữ số)",
    }
    return words[making] if making else ""


def _conditions() -> Iterator[str]:
    yield ""
    yield "## Điều kiện · Conditions"
    headings = (
        "Điều kiện · Condition",
        "Trường quyết định · Field",
        "Giá trị · Values",
        "Phải là · Must be",
        "Nguồn · Source",
    )
    yield from _table(
        headings,
        (
            (
                f"{condition.reasons['vi']} · {condition.reasons['en']}",
                f"`{condition.key}`" if condition.key else "",
                ", ".join(sorted(condition.values)),
                condition.must_be,
                condition.source,
            )
            for condition in conditions().values()
        ),
    )


def _bridges() -> Iterator[str]:
    yield ""
    yield "## Cầu nối giữa các thông tư · Bridges"
    yield ""
    yield "`luutru convert-profile`, và khi nhận hồ sơ. Bản gốc giữ nguyên; mỗi mất mát được nêu tên bằng mã quy tắc."
    yield "`luutru convert-profile`, and at intake. The original is untouched; every loss is named by its rule."
    yield "Khi nhận: cảnh báo CNV-001, biên nhận đếm theo quy tắc, danh sách trong gói tin (ADR 0388)."
    yield "At intake: the warning CNV-001, counts by rule in the receipt, the list in the package (ADR 0388)."
    for (source, target), name in BRIDGES.items():
        yield ""
        yield f"### {source} → {target}"
        if source == "01-2019" and target == "05-2025":
            yield ""
            yield f"Các quy tắc của `{name}` · The rules of `{name}`."
            continue
        rows = [
            (
                rule.id,
                _SECTIONS[section],
                f"`{rule.source}`" if rule.source else "(mới · new)",
                f"`{rule.target}`" if rule.target else "–",
                _how(rule),
            )
            for section, rules in bridge(source, target).sections.items()
            for rule in rules
        ]
        yield from _table(("Mã · Id", "Cấp · Level", "Từ · From", "Sang · To", "Cách · How"), rows)


def _how(rule: BridgeRule) -> str:
    return " · ".join(text(f"bridge.how.{rule.how.value}", language) for language in ("vi", "en"))


def _preservation() -> Iterator[str]:
    words = preservation_words()
    yield ""
    yield "## PREMIS: từ dùng cho sự kiện · Words of events"
    yield ""
    known = ", ".join(sorted(words.event_types))
    yield f"Danh mục của Thư viện Quốc hội Hoa Kỳ · The Library of Congress's list: {known}."
    yield ""
    for event in words.fixed:
        said = f"{event.labels['vi']} · {event.labels['en']}"
        yield f"- thông tư ấn định · fixed by the circular: {said} = `{event.event_type}`"
    for event in words.own:
        said = f"{event.labels['vi']} · {event.labels['en']}"
        yield f"- từ riêng của kho · the archive's own: `{event.event_type}`: {said}"
    yield ""
    agents, objects = (", ".join(sorted(roles)) for roles in (words.agent_roles, words.object_roles))
    yield f"linkingAgentRole: {agents}. linkingObjectRole: {objects}."


# ---------------------------------------------------------------- code lists


def _vocabularies() -> Iterator[str]:
    yield ""
    yield "## Danh mục mã · Code lists"
    for vocabulary in vocabularies().values():
        yield ""
        yield f"### Danh mục {vocabulary.id}"
        yield ""
        yield f"Nguồn · Source: {vocabulary.source}." + _kind(vocabulary)
        headings = ("Mã · Code", "Từ · Word", "en", "TT 02/2019", "Viết tắt · Abbr.", "Cũng viết · Also written")
        rows = [
            (e.code, e.vi, e.en, e.legacy if e.legacy != e.vi else "", e.abbr, ", ".join(e.also))
            for e in vocabulary.entries
        ]
        yield from _table(headings, rows)
        former = sorted(vocabulary.former_words)
        if former:
            yield ""
            yield f"Từ của luật cũ, không có mã, giữ nguyên · Words of older law without a code: {', '.join(former)}."


def _kind(vocabulary: Vocabulary) -> str:
    told = " Mở: từ khác chỉ là nghi vấn · Open: another word is only a doubt." if vocabulary.open else ""
    return told + (" Ghi được nhiều giá trị · Several values." if vocabulary.multiple else "")


if __name__ == "__main__":
    sys.stdout.write(document())
