"""Builds `luutru-verify.pyz`, one file that checks proofs on a bare Python: `python scripts/build_verifier.py OUT`.

Inside are the modules of this project that the verifier reaches by import, and
the part of asn1crypto that they reach (if any), taken from the installed wheel
with its licence. The same sources give the same bytes. Whatever else a module imports has
to be of the standard library, or guarded: what is imported in a `try` may be absent.
"""

from __future__ import annotations

import argparse
import ast
import io
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parents[1]
ENTRY = "archive.preservation.proofs.verifier"
OURS = ("archive", "metadata")
VENDORED = "asn1crypto"
OPTIONAL = ("cryptography",)
"""Used where it is there; a test runs the verifier without it."""

RESOURCES = (
    "LICENSE",
    "archive/preservation/proofs/readme.txt",
    "archive/preservation/signatures/policy.toml",
    "metadata/messages/proofs.toml",
)
MAIN = f"""# -*- coding: utf-8 -*-
import sys

if sys.version_info < (3, 11):
    # Read by Pythons of any age, which would end in a traceback further on.
    sys.stderr.write("luutru-verify: cần Python 3.11 trở lên / needs Python 3.11 or newer\\n")
    sys.exit(2)

from {ENTRY} import main

sys.exit(main(sys.argv[1:]))
"""
_SHEBANG = b"#!/usr/bin/env python3\n"
_DAY = (1980, 1, 1, 0, 0, 0)


class NotVendoredError(Exception):
    """The verifier reaches a module that is neither ours, nor vendored, nor of the standard library."""


def source_of(module: str) -> tuple[Path, str] | None:
    """The file of a module of ours or of the vendored package, and its path in the archive; None: it is none."""
    top = module.partition(".")[0]
    base = ROOT
    if top == VENDORED:
        spec = find_spec(VENDORED)
        if spec is None or spec.origin is None:
            raise NotVendoredError(VENDORED)
        base = Path(spec.origin).parents[1]
    elif top not in OURS:
        return None
    for name in (f"{module.replace('.', '/')}/__init__.py", f"{module.replace('.', '/')}.py"):
        if (base / name).is_file():
            return base / name, name
    return None


def imports_of(tree: ast.AST, module: str, *, package: bool) -> Iterator[tuple[str, bool]]:
    """Modules that `tree` imports, and whether the import is guarded by a `try`."""
    guarded: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Try):
            guarded |= {id(inner) for statement in node.body for inner in ast.walk(statement)}
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            # Read by type checkers only.
            guarded |= {id(inner) for statement in node.body for inner in ast.walk(statement)}
    parts = module.split(".")
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) in guarded) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = parts if package else parts[:-1]
                above = above[: len(above) - node.level + 1]
                base = ".".join([*above, *([node.module] if node.module else [])])
            yield base, id(node) in guarded
            yield from ((f"{base}.{alias.name}", True) for alias in node.names)


def closure(entry: str = ENTRY) -> dict[str, Path]:
    """Every file that `entry` reaches by import, by its path in the archive.

    Raises:
        NotVendoredError: an unguarded import leaves the project, the vendored package and the standard library.
    """
    found: dict[str, Path] = {}
    waiting, seen = [entry], set[str]()
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        source = source_of(module)
        if source is None:
            continue
        path, name = source
        found[name] = path
        if "." in module:
            waiting.append(module.rpartition(".")[0])
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for wanted, guarded in imports_of(tree, module, package=path.name == "__init__.py"):
            top = wanted.partition(".")[0]
            known = top in sys.stdlib_module_names or top in (*OURS, VENDORED, *OPTIONAL)
            if not known and not guarded:
                msg = f"{module} imports {wanted}"
                raise NotVendoredError(msg)
            waiting.append(wanted)
    return found


def members() -> dict[str, bytes]:
    """Every file of the archive, by its path in it."""
    found = {name: path.read_bytes() for name, path in closure().items()}
    found |= {name: (ROOT / name).read_bytes() for name in RESOURCES}
    if any(name.startswith(f"{VENDORED}/") for name in found):
        found[f"{VENDORED}/LICENSE"] = _licence()
    found["__main__.py"] = MAIN.encode()
    return found


def _licence() -> bytes:
    vendored = distribution(VENDORED)
    for file in vendored.files or ():
        if file.name == "LICENSE":
            return Path(str(vendored.locate_file(file))).read_bytes()
    msg = f"{VENDORED} comes without its licence"
    raise NotVendoredError(msg)


def build() -> bytes:
    """The archive: stored, in order of names, with no time of the day in it."""
    out = io.BytesIO()
    out.write(_SHEBANG)
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in sorted(members().items()):
            info = zipfile.ZipInfo(name, _DAY)
            info.external_attr = 0o100644 << 16
            archive.writestr(info, data)
    return out.getvalue()


def main() -> int:
    """Write the archive where the caller says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="file to write, such as luutru-verify.pyz")
    out: Path = parser.parse_args().out
    try:
        data = build()
    except NotVendoredError as error:
        print(f"cannot be built: {error}", file=sys.stderr)
        return 1
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(data)
    out.chmod(0o755)
    print(f"{out}: {len(data)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
