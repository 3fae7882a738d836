"""Facts of a PDF by pyHanko, until `pdf_reading.read_pdf` is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyhanko.pdf_utils.crypt import AuthStatus
from pyhanko.pdf_utils.reader import PdfFileReader

from archive.preservation.signatures import pdf_reading as old
from archive.preservation.signatures.changes import Revisions
from archive.preservation.signatures.pdf_facts import ByteRange, Change, PdfFacts, SecurityStore, SignedField
from metadata.time import rfc3339


def read_pdf(path: Path) -> PdfFacts:
    """See `pdf_reading`."""
    with path.open("rb") as stream:
        data = old.FileBytes(stream)
        ranges = tuple(data.byte_ranges())
        try:
            reader = PdfFileReader(stream, strict=False)
            if reader.encrypted and reader.decrypt("").status == AuthStatus.FAILED:
                return PdfFacts(data.size, remnants=ranges[:1], locked=True)
        except Exception as error:  # noqa: BLE001
            import pikepdf

            try:
                with pikepdf.open(path):
                    pass
            except Exception:  # noqa: BLE001
                return PdfFacts(data.size, problem=f"format: {error}", remnants=ranges[:1])
            return PdfFacts(data.size, problem=f"damaged: {error}" if ranges else "", remnants=ranges[:1])
        fields: list[Any] = []
        problem = ""
        try:
            fields.extend(old.signed_fields(reader, data))
        except Exception as error:  # noqa: BLE001
            problem = f"fields: {type(error).__name__}: {error}"
        fields.sort(key=lambda f: f.range.end if f.range else 0)
        store = old.security_store(reader)
        first = min((f.revision for f in fields if f.revision is not None), default=None)
        changes: list[Change] = []
        count = 1
        try:
            revisions = Revisions(reader)
            count = revisions.count
            if first is not None:
                for number in range(first + 1, revisions.count):
                    step = revisions._step(number)
                    for text in step.changes:
                        kind = (
                            "form-field"
                            if "form field" in text
                            else "annotation"
                            if "annotation" in text.lower()
                            else "content"
                        )
                        changes.append(Change(number + 1, kind, text.partition(": ")[2], 4))
        except Exception:  # noqa: BLE001
            pass
        known = [(0, f.range.first, f.range.gap_end, f.range.second) for f in fields if f.range]
        unknown = sum(1 for f in fields if f.range is None)
        remnants = []
        for numbers in ranges:
            if numbers in known:
                known.remove(numbers)
            elif unknown:
                unknown -= 1
            else:
                remnants.append(numbers)
        return PdfFacts(
            data.size,
            tuple(
                SignedField(
                    f.name,
                    f.sub_filter,
                    f.is_time_stamp,
                    f.contents,
                    range=ByteRange(f.range.first, f.range.gap_end, f.range.second) if f.range else None,
                    coverage=f.coverage,
                    revision=f.revision + 1 if f.revision is not None else None,
                    claimed=rfc3339(f.claimed) if f.claimed else None,
                    docmdp=1 if f.certified else None,
                    problem=f.problem,
                )
                for f in fields
            ),
            SecurityStore(store.certificates, store.revocation, store.problem),
            count,
            tuple(changes),
            data.stray(),
            tuple(remnants),
            problem=problem,
        )
