"""docs/rules.md out of the registry: `python -m metadata.rules.documentation > docs/rules.md`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from itertools import groupby

from metadata.findings import Severity
from metadata.rules import Rule, rules, worded

_SUBJECTS = {
    "AUT": "Bảng mã cơ quan, phông, vị trí kho · Authority tables",
    "BAG": "Túi BagIt · Bags",
    "CNV": "Chuyển đổi giữa hai thông tư · Conversion between the circulars",
    "CON": "Gói nén · Containers",
    "DIG": "Tài liệu số hóa · Digitised material",
    "EDX": "Gói tin trục liên thông · Messages of the exchange",
    "ING": "Tệp nhận vào · Files taken in",
    "MAIL": "Thư điện tử · E-mail",
    "MET": "Dữ liệu đặc tả · Metadata",
    "MIG": "Gói chuyển từ kho khác · Packages of other archives",
    "PDA": "Bản PDF/A · PDF/A renditions",
    "PKG": "Gói tin lưu trữ · Packages",
    "READ": "Đọc hồ sơ giao nộp · Reading a delivery",
    "SEC": "Bí mật · Secrecy",
    "SIG": "Chữ ký số · Signatures",
    "STO": "Lưu trữ · Storage",
    "SUB": "Đợt giao nộp · Submissions",
    "SUG": "Gợi ý từ trang · Suggestions from pages",
    "TXT": "Văn bản trong tệp · Text",
}
_SEVERITIES = {Severity.ERROR: "lỗi, từ chối · error", Severity.WARNING: "cảnh báo · warning"}
_HEAD = """# Quy tắc · Rules

Tệp này được tạo tự động từ `metadata/rules/*.toml`; không sửa bằng tay.
Generated from `metadata/rules/*.toml`; do not edit: `python -m metadata.rules.documentation > docs/rules.md`.

Mã quy tắc không bao giờ đổi nghĩa. *Lỗi* làm hồ sơ bị từ chối; *cảnh báo* được ghi lại và hồ sơ vẫn được nhận.
A rule id never changes its meaning. An *error* rejects the dossier; a *warning* is told and kept.
"""


def document(found: Iterable[Rule]) -> str:
    """The page: one table a prefix, with source, text and what to do about it in both languages."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Iterable[Rule]) -> Iterator[str]:
    yield _HEAD.rstrip()
    for prefix, group in groupby(found, key=lambda rule: rule.id.partition("-")[0]):
        yield ""
        yield f"## {prefix}: {_SUBJECTS.get(prefix, prefix)}"
        for rule in group:
            yield ""
            yield f"### {rule.id}"
            yield ""
            yield f"{_SEVERITIES[rule.severity]}. Nguồn · Source: {rule.source}"
            yield ""
            for language in ("vi", "en"):
                yield f"- {language}: {_plain(rule.texts[language])} *{_plain(rule.remedies[language])}*"


def _plain(text: str) -> str:
    """On one line, with all that a finding can know."""
    return " ".join(worded(text, lambda _: True).split()).replace("*", "\\*")


if __name__ == "__main__":
    sys.stdout.write(document(rules().values()))
