"""How a person likes to see the pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import Response

from archive.web.preferences import CHOICES, own_path, preferences_of, remember


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ("/search?q=a&p=2", "/search?q=a&p=2"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("/\\elsewhere.example", "/"),
        ("/a\r\nSet-Cookie: x=y", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_a_choice_leads_back_to_this_site_only(said: str, path: str) -> None:
    assert own_path(said) == path


@given(st.text("/\\:@.ab\t\r\n ", max_size=12))
def test_no_path_leads_elsewhere(said: str) -> None:
    path = own_path(said)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert path.isprintable()


def test_only_what_is_offered_is_kept() -> None:
    answer = Response()
    for name, word in (("theme", "dark"), ("theme", "<x>"), ("lang", "fr"), ("session", "dark"), ("lang", "en")):
        remember(answer, name, word, secure=True)
    kept = [value.decode() for name, value in answer.raw_headers if name == b"set-cookie"]
    assert [entry.partition(";")[0] for entry in kept] == ["luutru-theme=dark", "luutru-lang=en"]
    assert all("HttpOnly" in entry and "Secure" in entry and "SameSite=lax" in entry for entry in kept)


def test_a_word_that_nobody_offered_counts_as_none() -> None:
    request = Request({"type": "http", "headers": [(b"cookie", b"luutru-theme=dark; luutru-density=<script>")]})
    chosen = preferences_of(request)
    assert (chosen.theme, chosen.density) == ("dark", CHOICES["density"][0])
