"""The OpenAPI document is a promise: whatever is sent, no answer is a fault and none is undocumented."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from itertools import cycle
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from archive.api.application import make_application
from archive.auth.people import READS_UP_TO, Grant, Role
from archive.clock import SystemClock
from archive.composition import Archive
from archive.demo.pki import new_pki
from archive.settings import load_settings
from tests.generators.people import signed_in

pytestmark = pytest.mark.xdist_group("api-schema")

_CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
# Bytes of a file like any others, by the name that tus gives them.
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
_OPERATIONS = 105


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """The API on a home that holds nothing but its trust, in this process."""
    now = SystemClock().now()
    root = tmp_path_factory.mktemp("trust") / "root.der"
    root.write_bytes(new_pki(now - timedelta(days=1), now + timedelta(days=3650)).root.der)
    home = tmp_path_factory.mktemp("schema") / "home"
    said = {"LUUTRU_HOME": str(home), "LUUTRU_WORKERS": "1", "LUUTRU_SERVE__MAX_UPLOAD_MIB": "1"}
    options = load_settings(said | {"LUUTRU_SERVE__REQUESTS_A_MINUTE": "1000000"})
    Archive.make(options)
    with Archive(options) as archive:
        archive.trust.add([root])
        made = make_application(archive)
        # Who may do everything is `""`; the others have one role over one agency, and nobody is nobody.
        made.state.people = {"": signed_in(archive), "nobody": {}}
        for role in Role:
            grant = Grant(role, options.agency, READS_UP_TO[role])
            made.state.people[role.value] = signed_in(archive, f"only.{role}", (grant,))
        yield made


def test_no_call_is_answered_by_a_fault_or_outside_the_schema(application: FastAPI) -> None:
    answers_within_the_schema(application, examples=4, derandomize=True)


@pytest.mark.soak
def test_however_long_one_calls_no_answer_is_a_fault_or_outside_the_schema(application: FastAPI) -> None:
    answers_within_the_schema(application, examples=200, derandomize=False)


def answers_within_the_schema(application: FastAPI, *, examples: int, derandomize: bool) -> None:
    """Each call is made by who may do everything, and by one of the others in turn."""
    people: Mapping[str, Mapping[str, str]] = application.state.people
    headers = {name: {"Host": "127.0.0.1", **program} for name, program in people.items()}
    # Driven by hand: the pytest plugin's own loop reads internals that pytest 9 has no more.
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", application, headers=headers[""])
    found = list(schema.get_all_operations())
    operations = [entry.ok() for entry in found if isinstance(entry, Ok)]
    assert len(operations) == len(found)
    assert len(operations) == _OPERATIONS
    asked = Counter[str]()

    def asking(operation: Any, others: Iterator[str]) -> Callable[[], None]:  # noqa: ANN401 - schemathesis' own
        @settings(
            max_examples=examples,
            deadline=None,
            derandomize=derandomize,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def answers(case: schemathesis.Case[Any]) -> None:
            for who in ("", next(others)):
                asked[who] += 1
                case.call_and_validate(checks=_CHECKS, headers=headers[who])

        return answers

    others = cycle(sorted(headers.keys() - {""}))
    for operation in operations:
        asking(operation, others)()
    # An operation that takes nothing has one example.
    assert min(asked[who] for who in headers) >= len(operations) / 8
