"""docs/rights.md out of the policy: `python -m archive.auth.documentation > docs/rights.md`."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from importlib.resources import files

from archive.auth.legal import legal_notes
from archive.auth.people import READS_AT_MOST, READS_UP_TO, Label, Role
from archive.auth.policy import ALLOWED, FOR_EVERYBODY, LABELLED, SCOPES, Action
from metadata.messages import text


def document() -> str:
    """The page."""
    parts = {"@roles": _roles, "@reading": _reading, "@words": _words, "@scopes": _scopes, "@legal": _legal}
    lines: list[str] = []
    for line in (files(__package__) / "documentation.txt").read_text(encoding="utf-8").splitlines():
        lines += parts[line]() if line in parts else [line]
    return "\n".join(lines) + "\n"


def _both(key: str) -> str:
    return f"{text(key, 'vi')} · {text(key, 'en')}"


def _roles() -> Iterator[str]:
    yield "| | " + " | ".join(_both(f"rights.role.{role.value}") for role in Role) + " |"
    yield "|---|" + ":-:|" * len(Role)
    for action in Action:
        if action in FOR_EVERYBODY:
            continue
        marks = ["" if action not in ALLOWED[role] else "✓" if action in LABELLED else "●" for role in Role]
        yield f"| {_both(f'rights.action.{action.value}')} | " + " | ".join(marks) + " |"
    yield ""
    within = "trong phạm vi cơ quan · within agencies"
    yield f"✓ {within}, theo mức độ tiếp cận · and up to a label. ● {within}."
    yield ""
    everybody = [action for action in Action if action in FOR_EVERYBODY and action is not Action.OPEN]
    yield (
        "Ai đăng nhập cũng được · Everybody who signed in: "
        + "; ".join(_both(f"rights.action.{action.value}") for action in everybody)
        + "."
    )


def _reading() -> Iterator[str]:
    yield "| Vai trò · Role | đọc đến mức · reads up to, unless the grant says otherwise | nhiều nhất · at most |"
    yield "|---|---|---|"
    for role in Role:
        reads, most = READS_UP_TO[role], READS_AT_MOST.get(role, Label.CONFIDENTIAL)
        if not ALLOWED[role] & LABELLED:
            yield f"| {_both(f'rights.role.{role.value}')} | không đọc nội dung · reads no content | |"
        else:
            cells = [_both(f"rights.label.{label.value}") for label in (reads, most)]
            yield f"| {_both(f'rights.role.{role.value}')} | {cells[0]} | {cells[1]} |"


def _words() -> Iterator[str]:
    table = tomllib.loads((files(__package__) / "labels.toml").read_text(encoding="utf-8"))
    yield "| Chế độ sử dụng · Mode of use | Mức · Label | Nguồn · Source | |"
    yield "|---|---|---|---|"
    for entry in table["words"]:
        words = ", ".join([*entry["words"], *(f"`{code}`" for code in entry["codes"])])
        doubt = "" if entry["sure"] else f"our reading: {entry['doubt']}"
        yield f"| {words} | {_both('rights.label.' + entry['label'])} | {entry['source']} | {doubt} |"


def _legal() -> Iterator[str]:
    names = {
        "role": [(role.value, _both(f"rights.role.{role.value}")) for role in Role],
        "action": [(action.value, _both(f"rights.action.{action.value}")) for action in Action],
    }
    yield "| | Nguồn · Source | Ghi chú · Note |"
    yield "|---|---|---|"
    for kind, known in names.items():
        for name, called in known:
            if (note := legal_notes()[kind].get(name)) is not None:
                doubt = "" if note.sure else " *(cách hiểu của chúng tôi · our reading)*"
                yield f"| {called} | {note.source} | {note.texts['vi']} · {note.texts['en']}{doubt} |"


def _scopes() -> Iterator[str]:
    yield "| `scopes` | gives, of what its person may |"
    yield "|---|---|"
    for name, actions in SCOPES.items():
        said = "; ".join(text(f"rights.action.{action.value}", "en") for action in Action if action in actions)
        yield f"| `{name}` | {said} |"


if __name__ == "__main__":
    sys.stdout.write(document())
