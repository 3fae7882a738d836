"""The one policy: may this person do this to that, and why (not).

Pure and total. Everything that answers people asks here: routes, pages, search, lists, exports,
jobs, proofs, checks, the trail. Lists and counts ask for a `Scope` and put it into their query.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from types import MappingProxyType

from archive.auth.people import EVERYWHERE, Grant, Label, Person, Role


@unique
class Action(StrEnum):
    """What is done. Every route declares one."""

    OPEN = "open"
    """Health, sign-in, static files: nobody has to sign in."""

    ACCOUNT = "account"
    """One's own account, sessions, tokens; pages that only frame what others fill."""

    HELP = "help"
    """Templates, rules, documentation: nothing of the holdings."""

    CHECK_FILE = "check-file"
    """Judge a file that the person brings along; nothing of it is kept."""

    HOLDING_READ = "holding-read"
    """Metadata, files and text of what is held, its tree, lists and counts."""

    SEARCH = "search"
    VERDICT_READ = "verdict-read"
    REPLAY = "replay"
    PROOF = "proof"
    """Take a document away with all that proves it."""

    COPY_EXPORT = "copy-export"
    """Copies for use (DIP, books, lists)."""

    PACKAGE_EXPORT = "package-export"
    """Packages as kept or for handing over (AIP, SIP, bags)."""

    SUBMIT = "submit"
    """Hand in, upload."""

    SUBMISSION_READ = "submission-read"
    """Deliveries, their jobs, findings and receipts."""

    SUBMISSION_CORRECT = "submission-correct"
    SUBMISSION_DECIDE = "submission-decide"
    """Approve or return."""

    JOB_MANAGE = "job-manage"
    """Retry, cancel."""

    DESCRIBE = "describe"
    """Correct descriptions and texts, convert to another circular."""

    AUTHORITY_READ = "authority-read"
    AUTHORITY_CHANGE = "authority-change"
    EVIDENCE_READ = "evidence-read"
    """Batches, renewals, trust sets."""

    AUDIT_READ = "audit-read"
    SYSTEM_READ = "system-read"
    """Doctor, fixity, sizes, settings."""

    PEOPLE_MANAGE = "people-manage"
    RIGHTS_READ = "rights-read"
    """Grants, agencies, labels, and what waits for a second person."""

    RIGHTS_MANAGE = "rights-manage"
    LABEL_CHANGE = "label-change"
    RIGHTS_CONFIRM = "rights-confirm"


FOR_EVERYBODY = frozenset({Action.OPEN, Action.ACCOUNT, Action.HELP, Action.CHECK_FILE})
"""What needs no role."""

_READS = frozenset(
    {
        Action.HOLDING_READ,
        Action.SEARCH,
        Action.VERDICT_READ,
        Action.REPLAY,
        Action.PROOF,
        Action.COPY_EXPORT,
    }
)

ALLOWED: Mapping[Role, frozenset[Action]] = MappingProxyType(
    {
        Role.READER: _READS,
        Role.ARCHIVIST: _READS
        | {
            Action.PACKAGE_EXPORT,
            Action.SUBMIT,
            Action.SUBMISSION_READ,
            Action.SUBMISSION_CORRECT,
            Action.JOB_MANAGE,
            Action.DESCRIBE,
            Action.AUTHORITY_READ,
            Action.EVIDENCE_READ,
        },
        Role.AUDITOR: _READS
        | {
            Action.SUBMISSION_READ,
            Action.AUTHORITY_READ,
            Action.EVIDENCE_READ,
            Action.AUDIT_READ,
            Action.SYSTEM_READ,
            Action.RIGHTS_READ,
        },
        Role.HEAD: _READS
        | {
            Action.PACKAGE_EXPORT,
            Action.SUBMISSION_READ,
            Action.SUBMISSION_DECIDE,
            Action.JOB_MANAGE,
            Action.AUTHORITY_READ,
            Action.AUTHORITY_CHANGE,
            Action.EVIDENCE_READ,
            Action.AUDIT_READ,
            Action.SYSTEM_READ,
            Action.RIGHTS_READ,
            Action.LABEL_CHANGE,
            Action.RIGHTS_CONFIRM,
        },
        Role.ADMINISTRATOR: frozenset(
            {
                Action.AUTHORITY_READ,
                Action.AUTHORITY_CHANGE,
                Action.AUDIT_READ,
                Action.SYSTEM_READ,
                Action.PEOPLE_MANAGE,
                Action.RIGHTS_READ,
                Action.RIGHTS_MANAGE,
                Action.LABEL_CHANGE,
                Action.RIGHTS_CONFIRM,
            }
        ),
    }
)
"""What a role gives, within its agencies. Nobody changes the trail: there is no action for it."""

LABELLED = _READS | {
    Action.EVIDENCE_READ,
    Action.PACKAGE_EXPORT,
    Action.DESCRIBE,
    Action.SUBMISSION_READ,
    Action.SUBMISSION_CORRECT,
    Action.SUBMISSION_DECIDE,
    Action.JOB_MANAGE,
}
"""Actions that show or count content, so that the label decides too."""

OWN = frozenset({Action.SUBMISSION_READ, Action.SUBMISSION_CORRECT})
"""What who handed in may do whatever the label: it is their own delivery."""

_SEEN_BY: Mapping[Action, Action] = MappingProxyType(
    {
        Action.VERDICT_READ: Action.HOLDING_READ,
        Action.REPLAY: Action.HOLDING_READ,
        Action.PROOF: Action.HOLDING_READ,
        Action.COPY_EXPORT: Action.HOLDING_READ,
        Action.PACKAGE_EXPORT: Action.HOLDING_READ,
        Action.DESCRIBE: Action.HOLDING_READ,
        Action.SUBMISSION_CORRECT: Action.SUBMISSION_READ,
        Action.SUBMISSION_DECIDE: Action.SUBMISSION_READ,
        Action.JOB_MANAGE: Action.SUBMISSION_READ,
        Action.RIGHTS_MANAGE: Action.RIGHTS_READ,
        Action.RIGHTS_CONFIRM: Action.RIGHTS_READ,
    }
)
"""By which action one knows that there is what another is done to; not named here: by the action itself."""

SCOPES: Mapping[str, frozenset[Action]] = MappingProxyType(
    {
        "read": _READS | {Action.AUTHORITY_READ, Action.EVIDENCE_READ},
        "submit": frozenset(
            {Action.SUBMIT, Action.SUBMISSION_READ, Action.SUBMISSION_CORRECT, Action.JOB_MANAGE, Action.AUTHORITY_READ}
        ),
        "approve": frozenset({Action.SUBMISSION_READ, Action.SUBMISSION_DECIDE}),
        "describe": frozenset({Action.DESCRIBE, Action.AUTHORITY_CHANGE}) | _READS,
        "export": frozenset({Action.PACKAGE_EXPORT}) | _READS,
        "audit": frozenset({Action.AUDIT_READ, Action.EVIDENCE_READ, Action.SYSTEM_READ, Action.RIGHTS_READ}),
        "manage": frozenset(
            {Action.PEOPLE_MANAGE, Action.RIGHTS_READ, Action.RIGHTS_MANAGE, Action.LABEL_CHANGE, Action.RIGHTS_CONFIRM}
        ),
    }
)
"""What an API token can be narrowed to. `FOR_EVERYBODY` is always in."""


@dataclass(frozen=True, slots=True)
class Target:
    """What something is done to."""

    agencies: tuple[str, ...] = ()
    """Codes from the root of its tree down to the agency it belongs to; empty: the installation as a whole."""

    label: Label = Label.PUBLIC
    submitter: str = ""
    """Login of who handed it in or asked for it."""

    separate: bool = False
    """Whether who handed it in must not decide on it."""

    gainers: frozenset[str] = frozenset()
    """Logins of who would gain by a change of rights."""

    unconfirmed: frozenset[str] = frozenset()
    """Logins of who could confirm it only by roles that nobody has confirmed yet."""


WHOLE = Target(label=Label.CONFIDENTIAL)
"""The whole archive, whatever its labels."""


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer of the policy. True when allowed."""

    allowed: bool
    why: str
    """Key of a message: `rights.why.…`."""

    hidden: bool = False
    """Refused, and the person must not learn that there is such a thing."""

    def __bool__(self) -> bool:
        return self.allowed


@dataclass(frozen=True, slots=True)
class Area:
    """An agency with all below it, up to a label; with `submitter`, only what that person handed in."""

    agency: str
    """Code, or `EVERYWHERE`."""

    up_to: Label
    submitter: str = ""

    def covers(self, target: Target) -> bool:
        """Whether `target` lies within."""
        return (
            (self.agency == EVERYWHERE or self.agency in target.agencies)
            and target.label.rank <= self.up_to.rank
            and (not self.submitter or self.submitter == target.submitter)
        )


@dataclass(frozen=True, slots=True)
class Scope:
    """All to which a person may do something: the areas together. What an area does not cover is as if it were not."""

    areas: tuple[Area, ...] = ()

    def covers(self, target: Target) -> bool:
        """Whether `target` lies within."""
        return any(area.covers(target) for area in self.areas)

    @property
    def everything(self) -> bool:
        """Whether nothing lies outside."""
        return any(
            area.agency == EVERYWHERE and area.up_to is Label.CONFIDENTIAL and not area.submitter for area in self.areas
        )


ALL = Scope((Area(EVERYWHERE, Label.CONFIDENTIAL),))
"""What the machine's operator has."""


def scope_of(person: Person | None, action: Action) -> Scope:
    """To what `person` may do `action`, as far as agency and label decide.

    A target in it may still be refused by what is peculiar to one target (one's own delivery, one's own gain).
    """
    if person is None:
        return ALL if action is Action.OPEN else Scope()
    if person.via == "command-line" or action in FOR_EVERYBODY:
        return ALL
    return Scope(tuple(dict.fromkeys(_areas(person, action))))


def _areas(person: Person, action: Action) -> Iterator[Area]:
    for grant in _grants(person, action):
        yield Area(grant.agency, grant.reads_up_to if action in LABELLED else Label.CONFIDENTIAL)
        if action in OWN:
            yield Area(grant.agency, Label.CONFIDENTIAL, person.login)


def _grants(person: Person, action: Action) -> tuple[Grant, ...]:
    narrowed = person.scopes is not None and not any(action in SCOPES.get(scope, ()) for scope in person.scopes)
    return () if narrowed else tuple(grant for grant in person.grants if action in ALLOWED[grant.role])


def decide(person: Person | None, action: Action, target: Target | None = None) -> Decision:
    """Whether `person` may do `action` to `target`, and why.

    Args:
        person: None: nobody signed in.
        action: What.
        target: None: whether there is anything at all that the person may do it to (what a route asks first).
    """
    if action is Action.OPEN:
        return Decision(True, "rights.why.open")
    if person is None:
        return Decision(False, "rights.why.anonymous")
    scope = scope_of(person, action)
    if not scope.areas:
        narrowed = any(action in ALLOWED[grant.role] for grant in person.grants)
        return Decision(False, "rights.why.token" if narrowed else "rights.why.role", _unseen(person, action, target))
    if target is None:
        return Decision(True, "rights.why.role_gives")
    if not scope.covers(target):
        return Decision(False, "rights.why.outside", _unseen(person, action, target))
    return _peculiar(person, action, target)


def _peculiar(person: Person, action: Action, target: Target) -> Decision:
    if action is Action.SUBMISSION_DECIDE and target.separate and target.submitter == person.login:
        return Decision(False, "rights.why.own_submission")
    if action is Action.RIGHTS_CONFIRM and target.submitter == person.login:
        return Decision(False, "rights.why.own_change")
    if action is Action.RIGHTS_CONFIRM and person.login in target.gainers:
        return Decision(False, "rights.why.own_gain")
    if action is Action.RIGHTS_CONFIRM and person.login in target.unconfirmed:
        return Decision(False, "rights.why.unconfirmed")
    return Decision(True, "rights.why.role_gives")


def _unseen(person: Person, action: Action, target: Target | None) -> bool:
    if target is None or not target.agencies:
        # That there is an archive is no secret.
        return False
    return not scope_of(person, seeing(action)).covers(target)


def seeing(action: Action) -> Action:
    """The action by which one knows that there is what `action` is done to."""
    return _SEEN_BY.get(action, action)
