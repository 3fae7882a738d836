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

    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    """`/Cert` of the kind `adbe.x509.rsa_sha1`, the signer's first."""

    range: ByteRange | None = None
    coverage: str = "unclear"
    """`whole-file`, `whole-revision`, `partial`, `unclear`."""

    revision: int | None = None
    """Number of the revision (from 1) that the signature closes."""

    claimed: str | None = None
    """`/M`, RFC 3339 with the offset that it names."""

    docmdp: int | None = None
    """Permission of a certification signature (1, 2, 3); None: an approval signature."""

    locks: str = ""
    """FieldMDP: `all`, `include`, `exclude` (with `locked`); empty: the signature locks no form field."""

    locked: tuple[str, ...] = ()
    """Names of form fields that `locks` includes or excludes."""

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
    """`content`, `form-field`, `annotation`, `form`, `metadata`, `removed`, `unknown`.

    `metadata` with `allowed_from` 1 (dates and producers in the document information, XMP) harms no signature.
    """

    what: str
    """In words, English, such as `page 1: content added (object 30)`, `field SoTien: value`."""

    allowed_from: int = 4
    """Least DocMDP permission that allows it; 4: none does. A signature without DocMDP allows 1 only."""

    page: int | None = None
    """Page (from 1) on which it is seen, where that is known."""

    field: str = ""
    """Full name of the form field, where it concerns one."""

    adds: bool = False
    """What was there before is still there, as with a number and date written on a page between two signatures."""


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
    """Complete revisions, each found in the bytes and opened on its own."""

    changes: tuple[Change, ...] = ()
    """Of all revisions behind the first signed one, in order."""

    stray: int = 0
    """Bytes behind the last complete revision, white space not counted."""

    remnants: tuple[tuple[int, ...], ...] = ()
    """`/ByteRange` arrays in the bytes that no form field names."""

    locked: bool = False
    """A user password is needed."""

    problem: str = ""
    """Why the file as a whole cannot be read strictly.

    `format: …`: there is no PDF in it. `damaged: …`: only readable after repair; `fields` then names what the repaired
    file shows, each with a problem. `fields: …`, `revisions: …`: that part could not be read to its end.
    """


def changes_after(facts: PdfFacts, signature: SignedField) -> tuple[Change, ...]:
    """What later revisions changed that the signer of `signature` did not allow.

    DocMDP and FieldMDP of the signature count (ISO 32000-2, 12.8.2.2 and 12.8.2.4); without DocMDP nothing but
    harmless metadata is allowed. A signature that closes no revision has no "after": every change is told.
    """
    allowed = 1 if signature.docmdp is None else signature.docmdp
    return tuple(
        change
        for change in facts.changes
        if (signature.revision is None or change.revision > signature.revision)
        and (change.allowed_from > allowed or _is_locked(signature, change))
    )


def _is_locked(signature: SignedField, change: Change) -> bool:
    if not change.field or not signature.locks or change.allowed_from <= 1:
        return False
    # A lock on a field holds for everything below it in the tree of fields.
    parts = change.field.split(".")
    named = any(".".join(parts[: end + 1]) in signature.locked for end in range(len(parts)))
    return signature.locks == "all" or (signature.locks == "include") == named
