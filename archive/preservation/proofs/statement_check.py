"""What of a proof's statement the time-stamped files themselves bear out.

The statement is a proof's table of contents, and nothing but the manifest covers
it: whoever puts a proof together may name its parts as he likes. So nothing is
believed because the statement says it. A verdict is known by its content,
wherever it lies, and number and codes are looked for in the descriptive
metadata, which are under the time-stamp, and are known by their content, too,
where no file has their name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from archive.preservation.proofs.contents import DOCUMENT, MAX_JSON_BYTES, ContentsBrokenError, read_json
from archive.preservation.proofs.opening import Proof
from archive.preservation.signatures.kept_verdicts import KeptVerdicts, KeptVerdictsUnreadableError

_DESCRIPTIVE = re.compile(re.escape(DOCUMENT) + r"representations/rep1/metadata/descriptive/EAD_[a-z]+_\d+\.xml")
_ROOT = re.compile(rb"<simpledc[\s>]")
_HEAD_BYTES = 400
_ELEMENT = "<{name}>([^<]*)</{name}>"
_BOUND = {"ordinal": "docOrdinal", "doc_code": "docCode", "file_code": "arcFileCode"}
"""What of the subject stands in the circular's descriptive metadata."""


def unlisted_verdicts(proof: Proof) -> Iterator[str]:
    """Members that hold verdicts on a file of the proof, and that the statement does not call so."""
    digests = {proof.digests[name] for name in proof.statement.group}
    for name in proof.statement.group:
        if name in proof.statement.verdicts or proof.container.size_of(name) > MAX_JSON_BYTES:
            continue
        data = proof.read(name)
        if not data.lstrip().startswith(b"{"):
            continue
        try:
            kept = KeptVerdicts.of_json(read_json(data))
        except (ContentsBrokenError, KeptVerdictsUnreadableError):
            continue
        if kept.sha256 in digests:
            yield name


def contradicted(proof: Proof) -> Iterator[str]:
    """Names of the subject that the time-stamped descriptive metadata tell otherwise."""
    for name in descriptive(proof):
        text = proof.read(name).decode("utf-8", "replace")
        for key, element in _BOUND.items():
            found = [unescape(value) for value in re.findall(_ELEMENT.format(name=element), text)]
            told = str(proof.statement.subject.get(key, ""))
            # The code of a dossier in the archive may have the archive's own code before it.
            if not any(value == told or (key == "file_code" and value.endswith(f".{told}")) for value in found):
                yield key


def descriptive(proof: Proof) -> tuple[str, ...]:
    """Members with the circular's descriptive metadata of the document: by name, else by content."""
    named = tuple(name for name in proof.statement.group if is_descriptive(name))
    # Not both: what came in may be such a file itself, about another document.
    return named or tuple(name for name in proof.statement.group if _describes(proof, name))


def _describes(proof: Proof, name: str) -> bool:
    if proof.container.size_of(name) > MAX_JSON_BYTES:
        return False
    data = proof.read(name)
    return _ROOT.search(data[:_HEAD_BYTES]) is not None and b"<docOrdinal>" in data


def is_descriptive(name: str) -> bool:
    """Whether a member of this name holds the circular's descriptive metadata."""
    return _DESCRIPTIVE.fullmatch(name) is not None


def code_in(description: bytes) -> str:
    """The document's code as the descriptive metadata tell it; empty: they tell none."""
    found = re.search(_ELEMENT.format(name="docCode"), description.decode("utf-8", "replace"))
    return unescape(found.group(1)) if found else ""
