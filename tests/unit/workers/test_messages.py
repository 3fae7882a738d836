"""Errors that cross from a child to the parent: the same class and data, and nothing else that a child wants."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from ingest.workers.errors import WorkersClosedError, as_message, from_message
from metadata.errors import ArchiveError, NotFoundError, ToolMissingError, ToolUnreadableError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(
    [
        "metadata.errors.ToolMissingError",
        "metadata.errors.ArchiveError",
        "builtins.SystemExit",
        "os.system",
        "ingest.workers.errors.WorkersClosedError",
        "absent.Error",
    ]
)
KEYS = st.sampled_from(
    ["tool", "args", "code", "retryable", "__class__", "__traceback__", "with_traceback", "add_note"]
)
FORGED = st.fixed_dictionaries(
    {},
    optional={
        "classes": st.lists(NAMES | JSON, max_size=4) | JSON,
        "text": JSON,
        "data": st.dictionaries(KEYS | st.text(max_size=10), JSON, max_size=5) | JSON,
    },
)


@given(FORGED | JSON)
def test_whatever_a_child_sends_becomes_an_error_of_the_archive_and_nothing_else(message: object) -> None:
    error = from_message(message)
    assert isinstance(error, ArchiveError)
    assert type(error).code == error.code
    assert str(error)[:0] == ""
    assert error.with_traceback(None) is error


def test_an_error_keeps_its_class_its_text_and_its_data() -> None:
    for error in (
        ToolMissingError("tesseract", "apt-get install tesseract-ocr-vie"),
        ToolUnreadableError("clamd", "?"),
        NotFoundError("hồ sơ"),
        WorkersClosedError(),
    ):
        again = from_message(json.loads(json.dumps(as_message(error))))
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert vars(again) == vars(error)


def test_a_class_that_the_parent_does_not_know_becomes_the_nearest_that_it_knows() -> None:
    message = {"classes": ["engine.only.SpecialError", "metadata.errors.ToolMissingError"], "text": "x", "data": {}}
    assert type(from_message(message)) is ToolMissingError
