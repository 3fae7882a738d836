"""What later revisions of a PDF changed, by pyHanko's difference analysis: each step once for the whole file.

The answer never decides an ETSI verdict. What cannot be found out is said to be
unknown: hostile files make the analysis fail in many ways.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, ModificationLevel, SuspiciousModification
from pyhanko.sign.fields import enumerate_sig_fields

MAX_REVISIONS = 100
MAX_OBJECTS = 400_000
"""Objects times steps: beyond this the analysis would cost minutes."""

_REFERENCE = re.compile(r"(\d+) (\d+)(?: R|,|\))|idnum=(\d+), generation=(\d+)")
_NAMED = 4


@dataclass(frozen=True, slots=True)
class Step:
    """One revision, compared with the one before it."""

    changes: tuple[str, ...]
    level: int
    """pyHanko's modification level; 1 is what long-term validation adds."""


class Revisions:
    """The revisions of an opened PDF."""

    def __init__(self, reader: PdfFileReader) -> None:
        self._reader = reader
        self._steps: dict[int, Step] = {}
        self.count: int = reader.xrefs.total_revisions
        self._objects = int(reader.trailer["/Size"])

    def changed_after(self, revision: int, *, certified: bool) -> tuple[str, ...]:
        """What the revisions after `revision` (from 0) changed beside adding signatures and evidence.

        Args:
            revision: The signed one.
            certified: The signature forbids any change (DocMDP 1).
        """
        later = range(revision + 1, self.count)
        if not later:
            return ()
        if self.count > MAX_REVISIONS or self._objects * len(later) > MAX_OBJECTS:
            return (f"unknown: {self.count} revisions with {self._objects} objects are too many to compare",)
        found: list[str] = []
        for number in later:
            step = self._step(number)
            found += step.changes
            if certified and not step.changes and step.level > ModificationLevel.LTA_UPDATES.value:
                found.append(f"revision {number + 1}: adds to a document whose signer allowed no change")
        return tuple(found)

    def _step(self, number: int) -> Step:
        found = self._steps.get(number)
        if found is None:
            found = self._steps[number] = self._compare(number)
        return found

    def _compare(self, number: int) -> Step:
        label = f"revision {number + 1}"
        try:
            old = self._reader.get_historical_resolver(number - 1)
            new = self._reader.get_historical_resolver(number)
            result = DEFAULT_DIFF_POLICY.apply(old=old, new=new)
            signatures = {name for name, *_ in enumerate_sig_fields(new)}
        except SuspiciousModification as suspicion:
            return Step((f"{label}: {self._what(number, suspicion)}",), ModificationLevel.OTHER.value)
        except Exception as error:  # noqa: BLE001 - pyHanko raises whatever hostile objects provoke
            return Step((f"{label}: unknown, the comparison failed ({type(error).__name__})",), 0)
        filled = sorted(set(result.changed_form_fields) - signatures)
        changes = (f"{label}: form fields changed: {', '.join(filled)}",) if filled else ()
        if result.modification_level == ModificationLevel.ANNOTATIONS:
            changes = (*changes, f"{label}: annotations changed")
        return Step(changes, result.modification_level.value)

    def _what(self, number: int, suspicion: SuspiciousModification) -> str:
        text = str(suspicion)
        if "unexplained" not in text:
            return text.splitlines()[0]
        names = []
        for match in _REFERENCE.finditer(text.splitlines()[0]):
            digits = [g for g in match.groups() if g is not None]
            names.append(self._name(number, int(digits[0]), int(digits[1])))
        listed = sorted(set(names))
        more = f" and {len(listed) - _NAMED} more" if len(listed) > _NAMED else ""
        return f"changed or added: {', '.join(listed[:_NAMED])}{more}" if listed else "changed or added objects"

    def _name(self, number: int, identifier: int, generation: int) -> str:
        try:
            reference = generic.Reference(identifier, generation, self._reader)
            value = self._reader.get_historical_resolver(number)(reference)
        except Exception:  # noqa: BLE001 - the same
            return f"object {identifier}"
        if isinstance(value, generic.DictionaryObject):
            words = [str(value.get(key, "")) for key in ("/Type", "/Subtype")]
            kind = " ".join(word.lstrip("/") for word in words if word.startswith("/"))
            if kind:
                return f"{kind} (object {identifier})"
            if isinstance(value, generic.StreamObject):
                return f"content stream (object {identifier})"
        return f"object {identifier}"
