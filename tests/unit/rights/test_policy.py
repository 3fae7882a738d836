"""The one policy: roles along the tree of agencies, labels, tokens, and what a second person is for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path

import pytest

from archive.auth.documentation import document
from archive.auth.labels import label_of_words
from archive.auth.legal import legal_notes
from archive.auth.people import EVERYWHERE, LOCAL_OPERATOR, READS_UP_TO, Grant, Label, Person, Role
from archive.auth.policy import ALL, FOR_EVERYBODY, SCOPES, Action, Target, decide, scope_of
from metadata.messages import LANGUAGES, catalogue

SEEN = Target(("H49", "H49.64"), Label.INTERNAL, submitter="lan")


def holder(role: Role, agency: str = "H49.64", up_to: Label | None = None, login: str = "lan") -> Person:
    return Person("1", login, "Lan", (Grant(role, agency, up_to or READS_UP_TO[role]),))


def test_nobody_does_anything_but_what_is_open_to_everybody() -> None:
    assert decide(None, Action.OPEN)
    assert not any(decide(None, action) for action in Action if action is not Action.OPEN)
    assert decide(None, Action.ACCOUNT).why == "rights.why.anonymous"


def test_a_person_without_a_role_has_an_account_and_nothing_else() -> None:
    person = Person("1", "lan", "Lan")
    may = {action for action in Action if decide(person, action)}
    assert may == {Action.OPEN, Action.ACCOUNT, Action.HELP, Action.CHECK_FILE}


def test_a_role_reaches_down_the_tree_and_not_up_or_aside() -> None:
    person = holder(Role.READER, "H49")
    assert decide(person, Action.HOLDING_READ, SEEN)
    assert decide(person, Action.HOLDING_READ, Target(("H49",)))
    assert not decide(holder(Role.READER), Action.HOLDING_READ, Target(("H49",)))
    assert not decide(person, Action.HOLDING_READ, Target(("H50", "H50.1")))
    assert decide(holder(Role.READER, EVERYWHERE), Action.HOLDING_READ, Target(("H50", "H50.1")))


@pytest.mark.parametrize("label", list(Label))
def test_a_label_above_ones_own_hides(label: Label) -> None:
    target = Target(SEEN.agencies, label)
    for up_to in Label:
        found = decide(holder(Role.READER, up_to=up_to), Action.HOLDING_READ, target)
        assert found.allowed is (label.rank <= up_to.rank)
        assert found.hidden is not found.allowed


def test_an_administrator_reads_nothing_of_the_holding_and_cannot_be_given_more() -> None:
    person = holder(Role.ADMINISTRATOR, EVERYWHERE, Label.CONFIDENTIAL)
    for action in (Action.HOLDING_READ, Action.SEARCH, Action.PROOF, Action.COPY_EXPORT, Action.SUBMISSION_READ):
        assert not decide(person, action, SEEN), action
    assert decide(person, Action.LABEL_CHANGE, Target(SEEN.agencies, Label.CONFIDENTIAL))


def test_an_auditor_reads_the_evidence_and_changes_nothing() -> None:
    person = holder(Role.AUDITOR, EVERYWHERE)
    for action in (Action.HOLDING_READ, Action.VERDICT_READ, Action.REPLAY, Action.PROOF, Action.AUDIT_READ):
        assert decide(person, action, Target(SEEN.agencies, Label.CONFIDENTIAL)), action
    changing = {
        *(Action.SUBMIT, Action.SUBMISSION_CORRECT, Action.SUBMISSION_DECIDE, Action.JOB_MANAGE, Action.DESCRIBE),
        *(Action.AUTHORITY_CHANGE, Action.PEOPLE_MANAGE, Action.RIGHTS_MANAGE, Action.LABEL_CHANGE),
        Action.RIGHTS_CONFIRM,
    }
    assert not [action for action in changing if decide(person, action)]


def test_what_one_may_see_but_not_do_is_refused_openly_and_what_one_may_not_see_is_hidden() -> None:
    person = Person(
        "1",
        "lan",
        "Lan",
        (
            Grant(Role.READER, "H49", Label.INTERNAL),
            Grant(Role.ARCHIVIST, "H49.1", Label.RESTRICTED),
        ),
    )
    assert decide(person, Action.PACKAGE_EXPORT)
    refused = decide(person, Action.PACKAGE_EXPORT, SEEN)
    assert (refused.allowed, refused.hidden) == (False, False)
    assert decide(person, Action.PACKAGE_EXPORT, Target(("H50",))).hidden


def test_approval_by_a_second_person_is_never_ones_own() -> None:
    head = holder(Role.HEAD)
    own = Target(SEEN.agencies, Label.INTERNAL, submitter="lan", separate=True)
    assert decide(head, Action.SUBMISSION_DECIDE, own).why == "rights.why.own_submission"
    assert decide(head, Action.SUBMISSION_DECIDE, Target(SEEN.agencies, submitter="lan"))
    assert decide(holder(Role.HEAD, login="minh"), Action.SUBMISSION_DECIDE, own)
    assert not decide(LOCAL_OPERATOR("lan"), Action.SUBMISSION_DECIDE, own), "nor by the command line"


def test_a_change_of_rights_is_confirmed_by_neither_who_made_it_nor_who_gains() -> None:
    change = Target((), submitter="quan", gainers=frozenset({"minh"}))
    assert decide(holder(Role.HEAD, EVERYWHERE, login="lan"), Action.RIGHTS_CONFIRM, change)
    assert decide(holder(Role.HEAD, EVERYWHERE, login="minh"), Action.RIGHTS_CONFIRM, change).why.endswith("own_gain")
    assert decide(holder(Role.HEAD, EVERYWHERE, login="quan"), Action.RIGHTS_CONFIRM, change).why.endswith("own_change")
    assert not decide(LOCAL_OPERATOR("quan"), Action.RIGHTS_CONFIRM, change)


def test_who_handed_in_sees_their_own_delivery_whatever_its_label() -> None:
    person = holder(Role.ARCHIVIST, up_to=Label.INTERNAL)
    closed = Target(SEEN.agencies, Label.CONFIDENTIAL, submitter="lan")
    assert decide(person, Action.SUBMISSION_READ, closed)
    assert not decide(person, Action.HOLDING_READ, closed)
    assert decide(person, Action.SUBMISSION_READ, Target(SEEN.agencies, Label.CONFIDENTIAL, submitter="minh")).hidden
    assert decide(person, Action.SUBMISSION_READ, Target(("H50",), submitter="lan")).hidden, "no longer their agency"


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_a_token_never_gives_more_than_its_person_has_and_only_what_it_was_narrowed_to(scope: str) -> None:
    whole = holder(Role.ARCHIVIST)
    narrowed = Person(whole.id, whole.login, whole.name, whole.grants, frozenset({scope}), "token")
    for action in set(Action) - {Action.OPEN, Action.ACCOUNT, Action.HELP, Action.CHECK_FILE}:
        assert bool(decide(narrowed, action, SEEN)) is (bool(decide(whole, action, SEEN)) and action in SCOPES[scope])
    unknown = Person(whole.id, whole.login, whole.name, whole.grants, frozenset({"no-such-scope"}), "token")
    assert not decide(unknown, Action.HOLDING_READ, SEEN)


def test_the_machines_operator_may_do_everything() -> None:
    operator = LOCAL_OPERATOR("root")
    assert all(decide(operator, action, Target(SEEN.agencies, Label.CONFIDENTIAL)) for action in Action)
    assert scope_of(operator, Action.SEARCH) == ALL


@pytest.mark.parametrize(
    ("words", "label"),
    [
        ("Công khai", Label.PUBLIC),
        ("Không hạn chế", Label.PUBLIC),
        ("01", Label.PUBLIC),
        ("Sử dụng có điều kiện", Label.RESTRICTED),
        ("hạn chế", Label.RESTRICTED),
        ("02 - Sử dụng có điều kiện", Label.RESTRICTED),
        ("Lưu hành nội bộ", Label.INTERNAL),
        ("Mật", Label.CONFIDENTIAL),
        ("", None),
        ("theo quy định", None),
    ],
)
def test_the_mode_of_use_tells_the_first_label(words: str, label: Label | None) -> None:
    assert label_of_words(words) is label


def test_roles_labels_actions_and_reasons_have_words() -> None:
    known = catalogue()
    keys = [f"rights.{kind}.{word.value}" for kind, words in _WORDS.items() for word in words]
    assert not [key for key in keys if set(known.get(key, {})) != set(LANGUAGES)]


_WORDS: Mapping[str, Sequence[StrEnum]] = {"role": list(Role), "label": list(Label), "action": list(Action)}


def test_every_role_and_action_has_its_legal_note_with_a_source() -> None:
    notes = legal_notes()
    assert set(notes["role"]) == set(Role)
    assert set(notes["action"]) == set(Action) - FOR_EVERYBODY
    for kind, rows in notes.items():
        for name, note in rows.items():
            assert note.source.strip(), (kind, name)
            assert set(note.texts) == set(LANGUAGES)
            assert all(said.strip() for said in note.texts.values()), (kind, name)


def test_the_page_about_rights_is_what_the_policy_says() -> None:
    page = (Path(__file__).parents[3] / "docs" / "rights.md").read_text(encoding="utf-8")
    assert page == document(), "run: python -m archive.auth.documentation > docs/rights.md"
