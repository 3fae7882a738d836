"""Forms with files: taken apart alike however they are cut, and refused where they are none."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message

from archive.api.multipart import MOST_PARTS, Part, form_of
from archive.api.problems import ApiError

B = b"----WebKitFormBoundaryx"
KIND = "multipart/form-data; boundary=----WebKitFormBoundaryx"


def _field(name: str, value: bytes, file: str | None = None) -> bytes:
    told = f'; filename="{file}"' if file is not None else ""
    head = f'Content-Disposition: form-data; name="{name}"{told}\r\n'
    head += "Content-Type: application/pdf\r\n" if file is not None else ""
    return b"--" + B + b"\r\n" + head.encode() + b"\r\n" + value + b"\r\n"


def _read(chunks: Sequence[bytes], kind: str = KIND) -> list[tuple[Part, bytes]]:
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    messages.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> Message:
        return messages.pop(0)

    async def gather() -> list[tuple[Part, bytes]]:
        request = Request({"type": "http", "method": "POST", "headers": [(b"content-type", kind.encode())]}, receive)
        found: list[tuple[Part, bytes]] = []
        open_part: Part | None = None
        async for event in form_of(request):
            if isinstance(event, Part):
                assert open_part is None
                open_part = event
                found.append((event, b""))
            elif event is None:
                open_part = None
            else:
                assert open_part is not None
                found[-1] = (found[-1][0], found[-1][1] + event)
        assert open_part is None
        return found

    return asyncio.run(gather())


_VALUES = st.binary(max_size=60) | st.sampled_from(
    [b"\r\n", b"\r\n--", b"--" + B, b"\r\n--" + B[:-1], B, b"\r", b"\n--\r\n", b"\r\n\r\n"]
)


@given(st.lists(_VALUES, max_size=5), st.integers(1, 40))
def test_values_come_out_as_they_went_in_however_the_body_is_cut(values: list[bytes], size: int) -> None:
    values = [value for value in values if b"\r\n--" + B not in b"\r\n" + value]
    body = b"".join(_field(f"f{n}", value, f"a/{n}.pdf") for n, value in enumerate(values)) + b"--" + B + b"--\r\n"
    chunks = [body[at : at + size] for at in range(0, len(body), size)]
    assert _read(chunks) == [(Part(f"f{n}", f"a/{n}.pdf"), value) for n, value in enumerate(values)]


def test_names_are_those_that_browsers_write() -> None:
    body = _field("tệp", b"x", "đợt 1/a%22b%0D%0A%41.pdf") + _field("reason", "lý do".encode()) + b"--" + B + b"--"
    assert _read([body]) == [
        (Part("tệp", 'đợt 1/a"b\r\n%41.pdf'), b"x"),
        (Part("reason", None), "lý do".encode()),
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no form",
        _field("a", b"1"),
        _field("a", b"1")[:-10],
        b"--" + B + b"\r\nContent-Disposition: attachment\r\n\r\nx\r\n--" + B + b"--",
        b"--" + B + b'\r\nContent-Disposition: form-data; name="\xff"\r\n\r\nx\r\n--' + B + b"--",
        b"--" + B + b"junk\r\n\r\nx\r\n--" + B + b"--",
        b"--" + B + b"\r\nX: " + b"y" * 20_000,
        b"--" + B + b"\r\nX: " + b"y" * 9_000 + b"\r\n\r\nx\r\n--" + B + b"--",
        b"--" + B + b"\r\nX: y" * 9 + b"\r\n\r\nx\r\n--" + B + b"--",
        b"--" + B + b'\r\nContent-Disposition: form-data; name=""\r\n\r\nx\r\n--' + B + b"--",
        b"--" + B + b'\r\nContent-Disposition: form-data; name="a"\r\nContent-Length: 9\r\n\r\nx\r\n--' + B + b"--",
    ],
)
def test_what_is_no_whole_form_is_a_wrong_call(body: bytes) -> None:
    with pytest.raises(ApiError) as refused:
        _read([body])
    assert refused.value.code == "api.invalid"


def test_another_type_and_too_many_parts_are_refused() -> None:
    with pytest.raises(ApiError) as refused:
        _read([b""], "application/x-www-form-urlencoded")
    assert refused.value.code == "api.media_type"
    with pytest.raises(ApiError) as refused:
        _read([b"".join(_field("f", b"", "a") for _ in range(MOST_PARTS + 1))])
    assert refused.value.code == "upload.too_many"
