"""Where hrefs lead: into the package, nowhere, out of it, into the network; never a path that leaves the package."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.readers.eark.places import Miss, Place, Places, normalised

FILES = [
    "METS.xml",
    "representations/rep1/data/Quyết định.pdf",
    "representations/rep1/data/a%20b.pdf",
    "data/urn:1.pdf",
]
REP = "representations/rep1/"


@pytest.fixture
def places() -> Places:
    return Places(FILES, ["representations/rep1/data/link.pdf"])


@pytest.mark.parametrize(
    ("href", "folder", "path"),
    [
        ("data/Quyết định.pdf", REP, "representations/rep1/data/Quyết định.pdf"),
        ("./data/Quyết định.pdf", REP, "representations/rep1/data/Quyết định.pdf"),
        ("data/Quy%E1%BA%BFt%20%C4%91%E1%BB%8Bnh.pdf", REP, "representations/rep1/data/Quyết định.pdf"),
        ("../rep1/data/Quyết định.pdf", REP, "representations/rep1/data/Quyết định.pdf"),
        ("data\\Quyết định.pdf", REP, "representations/rep1/data/Quyết định.pdf"),
        ("file:data/Quyết định.pdf", REP, "representations/rep1/data/Quyết định.pdf"),
        ("file://./data/Quyết định.pdf", REP, "representations/rep1/data/Quyết định.pdf"),
        ("data/a%20b.pdf", REP, "representations/rep1/data/a%20b.pdf"),
        ("data/urn:1.pdf", "", "data/urn:1.pdf"),
        ("data/Quyết định.pdf#page=2", REP, "representations/rep1/data/Quyết định.pdf"),
    ],
)
def test_an_href_leads_to_its_file(places: Places, href: str, folder: str, path: str) -> None:
    assert places.find(href, folder) == Place(path)


@pytest.mark.parametrize(
    ("href", "folder"),
    [
        ("DATA/QUYẾT ĐỊNH.PDF", REP),
        (unicodedata.normalize("NFD", "data/Quyết định.pdf"), REP),
        ("representations/rep1/data/Quyết định.pdf", REP),
        ("data/urn_1.pdf", ""),
        ("data/Quy%E1%BA%BFt+%C4%91%E1%BB%8Bnh.pdf", REP),
    ],
    ids=["case", "decomposed", "from the root", "underscore", "plus"],
)
def test_a_name_that_is_not_to_the_letter_is_found_and_told(places: Places, href: str, folder: str) -> None:
    found = places.find(href, folder)
    assert found.path in FILES
    assert found.loose


@pytest.mark.parametrize(
    ("href", "miss"),
    [
        ("", Miss.EMPTY),
        ("  ", Miss.EMPTY),
        ("/etc/passwd", Miss.OUTSIDE),
        ("../../../x", Miss.OUTSIDE),
        ("..%2F..%2F..%2Fx", Miss.OUTSIDE),
        ("..\\..\\..\\x", Miss.OUTSIDE),
        ("c:/x", Miss.OUTSIDE),
        ("file:///etc/passwd", Miss.OUTSIDE),
        ("file:/etc/passwd", Miss.OUTSIDE),
        ("file:C:\\x", Miss.OUTSIDE),
        ("http://example.org/x", Miss.NETWORK),
        ("HTTPS://example.org/x", Miss.NETWORK),
        ("ftp://example.org/x", Miss.NETWORK),
        ("s3://bucket/x", Miss.NETWORK),
        ("anything://host/x", Miss.NETWORK),
        ("//host/share/x", Miss.NETWORK),
        ("data/no.pdf", Miss.MISSING),
        ("urn:isbn:1", Miss.MISSING),
        ("data/link.pdf", Miss.BROKEN),
    ],
)
def test_an_href_that_leads_to_no_file_says_why(places: Places, href: str, miss: Miss) -> None:
    assert places.find(href, REP) == Place(miss=miss)


PARTS = st.lists(
    st.sampled_from(["..", ".", "", "a", "data", "%2e%2e", "%2F", "\\", "\0", "C:", "é", "#", "?"]), max_size=8
)


@given(PARTS.map("/".join) | st.text(max_size=30), st.sampled_from(["", REP, "a/b/c/"]))
def test_no_href_ever_leads_to_what_is_no_file_of_the_package(href: str, folder: str) -> None:
    places = Places(FILES)
    found = places.find(href, folder)
    assert (found.path in places.files) == (found.miss is None)


@given(PARTS.map("/".join), st.sampled_from(["", REP]))
def test_a_path_in_the_package_has_no_step_back_and_no_root(href: str, folder: str) -> None:
    path = normalised(folder, href)
    assert path is None or not ({"..", "."} & set(path.split("/")) or path.startswith("/"))
