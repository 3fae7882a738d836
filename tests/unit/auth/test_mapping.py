"""Groups of a provider become grants, and nothing that no rule names."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from archive.auth.mapping import grants_of
from archive.auth.people import Grant, Label, Role
from archive.auth.settings import GroupRule, OidcSettings

RULES = (
    GroupRule(has=("archivist", "/H49/{agency}"), role=Role.ARCHIVIST, agency="{agency}"),
    GroupRule(has=("reader",), role=Role.READER, agency="H49", up_to=Label.PUBLIC),
    GroupRule(has=("root",), role=Role.ADMINISTRATOR),
)


@pytest.mark.parametrize(
    ("values", "grants"),
    [
        ((), ()),
        (("archivist",), ()),
        (("/H49/H49.64",), ()),
        (("archivist", "/H49/H49.64"), (Grant(Role.ARCHIVIST, "H49.64", Label.RESTRICTED),)),
        (
            ("archivist", "/H49/H49.64", "/H49/H49.65"),
            (Grant(Role.ARCHIVIST, "H49.64", Label.RESTRICTED), Grant(Role.ARCHIVIST, "H49.65", Label.RESTRICTED)),
        ),
        (("archivist", "/H49/", "/H49/a/b", "x/H49/c", "/H49/" + "x" * 65), ()),
        (("reader",), (Grant(Role.READER, "H49", Label.PUBLIC),)),
        (("root",), (Grant(Role.ADMINISTRATOR, "*", Label.INTERNAL),)),
        (("ROOT", "root/", "roots"), ()),
    ],
)
def test_all_values_of_a_rule_are_needed(values: tuple[str, ...], grants: tuple[Grant, ...]) -> None:
    assert grants_of(values, RULES) == grants


def test_a_group_cannot_give_the_whole_archive_by_its_name() -> None:
    """A group called `*` below /H49 would be every agency."""
    assert grants_of(("archivist", "/H49/*"), RULES) == ()


@pytest.mark.parametrize(
    "rule",
    [{"has": ()}, {"has": ("a",), "agency": "{agency}"}, {"has": ("{agency}", "/{agency}")}, {"has": "x", "no": 1}],
)
def test_a_rule_that_can_find_no_agency_stops_the_start(rule: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        GroupRule.model_validate({"role": "reader", **rule})


@pytest.mark.parametrize(
    ("issuer", "good"),
    [("https://sso.example.vn/realms/kho", True), ("http://127.0.0.1:8180/r", True), ("http://sso.example.vn", False)],
)
def test_a_provider_is_reached_over_tls_or_on_this_machine(issuer: str, good: bool) -> None:
    said = {"issuer": issuer, "client_id": "a", "client_secret": "b"}
    if good:
        assert OidcSettings.model_validate(said).issuer == issuer
    else:
        with pytest.raises(ValidationError):
            OidcSettings.model_validate(said)
