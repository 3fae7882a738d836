"""What a PDF says about its signatures: facts of structure, read once, decided on elsewhere.

The facts are kept beside the original (`evidence/objects/`), so that a verdict
can be given again by a tool that has no PDF reader. Nothing here imports more
than the standard library.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The signed stretches `[0, first)` and `[gap_end, gap_end + second)`; the gap holds `/Contents`."""

    first: int
    gap_end: int
    second: int

    @property
    def end(self) -> int:
        """First byte behind the signed stretches."""
        return self.gap_end + self.second


@dataclass(frozen=True, slots=True)
class SignedField:
    """One filled signature field, in the order of what it covers."""

    name: str
    sub_filter: str | None
    is_time_stamp: bool
    """By SubFilter `ETSI.RFC3161`, never by `/Type`."""

    contents: bytes = field(repr=False)
    """`/Contents` as it stands in the gap: the CMS, its padding included."""

    range: ByteRange | None = None
    coverage: str = "unclear"
    """`whole-file`, `whole-revision`, `partial`, `unclear`."""

    revision: int | None = None
    """Number of the revision (from 1) that the signature closes."""

    claimed: str | None = None
    """`/M`, RFC 3339 with the offset that it names."""

    docmdp: int | None = None
    """Permission of a certification signature (1, 2, 3); None: an approval signature."""

    visible: bool = False
    """The field has an appearance of some size on a page."""

    has_image: bool = False
    """A picture (such as the red seal) is part of the appearance."""

    problem: str = ""
    """Why the dictionary cannot be judged; empty: it can. `byte-range…` is a format failure."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a revision changed beside adding signatures and evidence."""

    revision: int
    """From 1; the first revision changes nothing."""

    kind: str
    """`content`, `form-field`, `annotation`, `form`, `metadata`, `removed`, `unknown`."""

    what: str
    """In words, English, such as `page 1: content stream`, `field SoTien`."""

    allowed_from: int = 4
    """Least DocMDP permission that allows it; 4: none does."""


@dataclass(frozen=True, slots=True)
class SecurityStore:
    """The file's DSS."""

    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    revocation: tuple[bytes, ...] = field(default=(), repr=False)
    problem: str = ""

    certificate_revisions: tuple[int, ...] = ()
    """Revision (from 1) in which each certificate first stands with these bytes; empty: all came with the last one.

    A document time-stamp proves the existence of what stands in the revisions that it covers, of nothing younger.
    """

    revocation_revisions: tuple[int, ...] = ()
    """The same for `revocation`."""


@dataclass(frozen=True, slots=True)
class PdfFacts:
    """Everything that the signatures of one PDF share."""

    size: int
    """Bytes of the file."""

    fields: tuple[SignedField, ...] = ()
    """By the end of what they cover."""

    store: SecurityStore = SecurityStore()
    revisions: int = 1
    changes: tuple[Change, ...] = ()
    """Of all revisions, in order."""

    stray: int = 0
    """Bytes behind the last end-of-file mark that are no white space."""

    remnants: tuple[tuple[int, ...], ...] = ()
    """`/ByteRange` arrays in the bytes that no form field names."""

    locked: bool = False
    """A user password is needed."""

    problem: str = ""
    """Why the file as a whole cannot be read; `format…`: it is no PDF."""
