"""The OpenAPI document is a promise: whatever is sent, no answer is a fault and none is undocumented."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from archive.api.application import make_application
from archive.clock import SystemClock
from archive.composition import Archive
from archive.demo.pki import new_pki
from archive.settings import load_settings

pytestmark = pytest.mark.xdist_group("api-schema")

_CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]
_OPERATIONS = 31


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    """The API on a home that holds nothing but its trust, in this process."""
    now = SystemClock().now()
    root = tmp_path_factory.mktemp("trust") / "root.der"
    root.write_bytes(new_pki(now - timedelta(days=1), now + timedelta(days=3650)).root.der)
    home = tmp_path_factory.mktemp("schema") / "home"
    options = load_settings({"LUUTRU_HOME": str(home), "LUUTRU_WORKERS": "1", "LUUTRU_SERVE__MAX_UPLOAD_MIB": "1"})
    Archive.make(options)
    with Archive(options) as archive:
        archive.trust.add([root])
        yield make_application(archive)


def test_no_call_is_answered_by_a_fault_or_outside_the_schema(application: FastAPI) -> None:
    # Driven by hand: the pytest plugin's own loop reads internals that pytest 9 has no more.
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", application, headers={"Host": "127.0.0.1"})
    found = list(schema.get_all_operations())
    operations = [entry.ok() for entry in found if isinstance(entry, Ok)]
    assert len(operations) == len(found)
    assert len(operations) == _OPERATIONS
    for operation in operations:

        @settings(
            max_examples=10,
            deadline=None,
            derandomize=True,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def answers_within_the_schema(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(checks=_CHECKS, headers={"Host": "127.0.0.1"})

        answers_within_the_schema()
