"""Facets over HTTP and on the search page: within the rights of who asks, by plain links, without a script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

import pytest
from starlette.testclient import TestClient

from archive.api.application import make_application
from archive.auth.access import document_tokens
from archive.auth.people import Grant, Label, Role
from archive.composition import Archive
from archive.settings import load_settings
from archive.web.narrowing import taken
from tests.contract.search_index import document
from tests.generators.people import cookie

OWN, FOREIGN = "H49.64", "H50"
READER = (Grant(Role.READER, OWN, Label.INTERNAL),)


@dataclass(frozen=True)
class World:
    client: TestClient

    def facets(self, query: str) -> dict[str, dict[str, int]]:
        said = self.client.get(f"/api/v1/search?{query}").json()
        return {each["name"]: {v["value"]: v["documents"] for v in each["values"]} for each in said["facets"]}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = tmp_path_factory.mktemp("narrowing") / "home"
    options = load_settings({"LUUTRU_HOME": str(home), "LUUTRU_WORKERS": "1", "LUUTRU_AGENCY": OWN})
    Archive.make(options)
    with Archive(options) as archive:
        kinds = ("Quyết định", "Công văn", "Tờ trình & <b>phụ lục</b>")
        archive.indexing.index.add(
            document(
                f"p{n}",
                title=f"Kế hoạch {n}",
                type_name=kinds[n % 3],
                agency=OWN if n < 12 else FOREIGN,
                organ_name="Cơ quan kín" if n in {10, 11} else "UBND xã",
                issued=f"20{18 + n % 2}-01-01",
                confidence=70.0 if n % 4 == 0 else None,
                pages=["kế hoạch"],
                access=document_tokens(
                    OWN if n < 12 else FOREIGN, Label.CONFIDENTIAL if n in {10, 11} else Label.INTERNAL
                ),
            )
            for n in range(20)
        )
        client = TestClient(make_application(archive), base_url="http://127.0.0.1", follow_redirects=False)
        client.cookies.update(dict(cookie(archive, "lan", READER)))
        yield World(client)


def links(page: str) -> dict[str, str]:
    """The address behind each value of a facet, by its words."""
    listed = re.search(r'<section class="facets".*?</section>', page, re.DOTALL)
    found = re.findall(r'<li><a href="([^"]*)"[^>]*>(.*?)</a>', listed[0] if listed else "", re.DOTALL)
    return {
        unescape(re.sub("<[^>]+>[^<]*</span>", "", words)).strip(" ✓"): unescape(address) for address, words in found
    }


def total(page: str) -> str:
    found = re.search(r'<p class="total"[^>]*>([^<]*)', page)
    return found[1] if found else ""


def test_facets_count_what_the_person_may_see_and_nothing_else(world: World) -> None:
    counts = world.facets("q=ke+hoach&facet=organ&facet=agency&facet=type&facet=quality")
    assert counts["organ"] == {"UBND xã": 10}
    assert counts["agency"] == {OWN: 10}
    assert counts["type"] == {"Quyết định": 4, "Công văn": 3, "Tờ trình & <b>phụ lục</b>": 3}
    assert counts["quality"] == {"born_digital": 7, "poor": 3}
    assert world.facets("chosen=organ=Cơ quan kín&facet=type&facet=organ") == {"type": {}, "organ": {"UBND xã": 10}}
    assert world.client.get(f"/api/v1/search?chosen=agency={FOREIGN}").json()["total"] == 0


def test_the_page_narrows_by_links_and_widens_again(world: World) -> None:
    plain = world.client.get("/search?q=ke+hoach").text
    assert 'class="facets"><a href="/search?q=ke+hoach&amp;facets=1"' in plain
    opened = world.client.get("/search?q=ke+hoach&facets=1&p=1").text
    assert {"Quyết định", "2018", "UBND xã", "kém (dưới 85 %)"} <= set(links(opened))
    assert "Cơ quan kín" not in opened
    assert "<b>phụ lục" not in opened
    one = world.client.get(links(opened)["Quyết định"]).text
    assert total(one).startswith("4 ")
    two = world.client.get(links(one)["Công văn"]).text
    assert total(two).startswith("7 ")
    narrower = world.client.get(links(two)["2018"]).text
    assert int(total(narrower).split()[0]) < 7
    assert 'name="chosen" value="type=Quyết định"' in narrower, "a new search keeps what was chosen"
    back = narrower
    for value in ("2018", "Công văn", "Quyết định"):
        back = world.client.get(links(back)[value]).text
    assert total(back) == total(opened)
    where = re.search(r'name="where" value="([^"]*)"', one)
    assert where
    assert "chosen=type%3DQuy" in where[1], "a list and a saved search keep it too"


def test_a_value_that_finds_nothing_can_be_dropped(world: World) -> None:
    page = world.client.get("/search?q=ke+hoach&chosen=year=1066&chosen=colour=red&chosen=type").text
    assert 'class="empty"' in page
    assert total(world.client.get(links(page)["1066"]).text).startswith("10 ")
    assert 'aria-current="true"' in page


def test_an_address_takes_no_more_than_a_search_may(world: World) -> None:
    said = [f"year={n}" for n in range(500)] + ["year=", "colour=x", "=", "x", "type=a  b"]
    found = taken(said)
    assert (len(found["year"]), found["type"], set(found)) == (100, ("a b",), {"year", "type"})
    assert world.client.get("/search?" + "&".join(f"chosen={each}" for each in said)).status_code == 200
