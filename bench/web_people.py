"""The people of `bench/web.py`: a process of its own that asks as their browsers would.

Reads what is to be done as one JSON object, prints what came of it as another. Every person has one line to the
server and asks one thing after the other: a page, then what its script asks for, then looks at it for a while.
A time is from the first byte sent to the last byte received.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import random
import re
import sys
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

_DOCUMENT = re.compile(r'href="/documents/([0-9a-f-]{36})/(\d+)')
_DOSSIER = re.compile(r'href="(/dossiers/[0-9a-f-]{36})"')
_BRANCH = re.compile(r'href="(/holding\?[^"]*agency=[^"]*)"')
_PICTURED = re.compile(r"/api/v1/documents/[0-9a-f-]{36}/\d+/pages/\d+/picture")
_RANGED = re.compile(r"&#34;url&#34;: &#34;([^&]+)&#34;")
_CHUNK = 1 << 18
"""What the viewer asks for at once."""

WORDS = (
    "kế hoạch số hóa",
    "giao dat san xuat",
    '"bổ nhiệm cán bộ"',
    '"xay dung kho luu tru"',
    "tờ trình am moc",
    "phê duyệt",
    "uy ban nhan dan",
    "biên bản nghiệm thu",
    "so hoa tai lieu",
    "QĐ-UBND",
)


class BrokenLineError(Exception):
    """The server ended a line within an answer."""


@dataclass
class Line:
    """One keep-alive connection."""

    host: str
    port: int
    cookie: str
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None

    async def send(self, path: str, more: str = "") -> None:
        """Ask."""
        # The server ends lines that nobody used for some seconds: browsers open another one.
        if self.writer is None or self.writer.is_closing() or (self.reader is not None and self.reader.at_eof()):
            self.reader, self.writer = await asyncio.open_connection(self.host, self.port, limit=1 << 22)
        head = f"GET {path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nCookie: {self.cookie}\r\n"
        self.writer.write(f"{head}Accept-Encoding: gzip\r\nAccept-Language: vi\r\n{more}\r\n".encode())

    async def head(self) -> tuple[int, Mapping[str, str]]:
        """Status and headers of the answer."""
        assert self.reader is not None
        try:
            lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        except asyncio.IncompleteReadError as error:
            self.close()
            raise BrokenLineError from error
        told = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
        return int(lines[0].split()[1]), told

    async def body(self, told: Mapping[str, str]) -> bytes:
        """The rest of the answer."""
        assert self.reader is not None
        if "content-length" in told:
            return await self.reader.readexactly(int(told["content-length"]))
        data = b""
        while told.get("transfer-encoding") == "chunked":
            size = int(await self.reader.readuntil(b"\r\n"), 16)
            data += await self.reader.readexactly(size)
            await self.reader.readexactly(2)
            if size == 0:
                break
        return data

    def close(self) -> None:
        """End it."""
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


@dataclass
class Told:
    """What was measured: of each kind times in milliseconds, and what went wrong."""

    times: dict[str, list[float]] = field(default_factory=dict)
    wrong: dict[str, int] = field(default_factory=dict)
    received: int = 0
    views: int = 0
    watched: int = 0


class Person:
    """One of the fifty."""

    def __init__(self, plan: Mapping[str, Any], who: Mapping[str, Any], number: int, told: Told) -> None:
        address = urlsplit(plan["url"])
        self._line = Line(str(address.hostname), int(address.port or 0), who["cookie"])
        self._plan, self._who, self._told = plan, who, told
        self._dice = random.Random(f"{plan['seed']}/{number}")  # noqa: S311 - habits
        self._query = self._dice.choice(WORDS)
        self._documents: list[tuple[str, str]] = []
        self._dossiers: list[str] = []
        self._branches: list[str] = []

    async def live(self, until: float) -> None:
        """Look at pages until the time is over."""
        habits: Mapping[Callable[[], Coroutine[Any, Any, None]], int] = {
            self._home: 8,
            self._static: 4,
            self._search: 26,
            self._more_hits: 6,
            self._beside: 6,
            self._document: 16,
            self._read: 14,
            self._dossier: 8,
            self._tree: 8,
            self._list: 8,
        }
        low, high = self._plan["pause"]
        await asyncio.sleep(self._dice.uniform(0, high))
        while time.perf_counter() < until:
            (view,) = self._dice.choices(list(habits), list(habits.values()))
            try:
                await view()
            except (OSError, BrokenLineError, asyncio.IncompleteReadError) as error:
                self._note("line", type(error).__name__)
                self._line.close()
            self._told.views += 1
            await asyncio.sleep(self._dice.uniform(low, high))
        self._line.close()

    async def watch(self, submission_id: str, until: float) -> None:
        """Keep the page of a delivery open."""
        while time.perf_counter() < until:
            await self._line.send(f"/api/v1/submissions/{submission_id}/events")
            status, _ = await self._line.head()
            if status != 200:
                self._note("watch", str(status))
                return
            self._told.watched += 1
            assert self._line.reader is not None
            try:
                async with asyncio.timeout(max(0.1, until - time.perf_counter())):
                    while await self._line.reader.readline() != b"0\r\n":
                        pass
            except TimeoutError:
                pass
            self._line.close()

    async def _ask(self, kind: str, path: str, more: str = "") -> str:
        began = time.perf_counter()
        await self._line.send(path, more)
        status, told = await self._line.head()
        body = await self._line.body(told)
        self._told.times.setdefault(kind, []).append((time.perf_counter() - began) * 1000)
        self._told.received += len(body)
        if status not in {200, 206}:
            self._note(kind, str(status))
            return ""
        if told.get("connection") == "close":
            self._line.close()
        if told.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        return body.decode(errors="replace") if "text" in told.get("content-type", "") else ""

    def _note(self, kind: str, what: str) -> None:
        name = f"{kind}: {what}"
        self._told.wrong[name] = self._told.wrong.get(name, 0) + 1

    def _links(self, shown: str) -> None:
        self._documents = _DOCUMENT.findall(shown) or self._documents
        self._dossiers = _DOSSIER.findall(shown) or self._dossiers

    # ------------------------------------------------------------ what people look at

    async def _home(self) -> None:
        self._links(await self._ask("home", "/"))

    async def _static(self) -> None:
        await self._ask("static file", "/static/style.css")

    async def _search(self) -> None:
        dice = self._dice
        numbers: Sequence[str] = self._plan["numbers"]
        self._query = dice.choice(numbers) if dice.random() < 0.35 else dice.choice(WORDS)
        more = ""
        if dice.random() < 0.2:
            year = dice.randint(1980, 2020)
            more = f"&from={year}-01-01&to={year + 5}-12-31&type={quote('Quyết định')}"
        sort = dice.choice(("", "", "", "&sort=-date", "&sort=title"))
        self._links(await self._ask("search", f"/search?q={quote(self._query)}{more}{sort}"))

    async def _more_hits(self) -> None:
        page = self._dice.randint(2, 12)
        self._links(await self._ask("search, page 2-12", f"/search?q={quote(self._dice.choice(WORDS))}&p={page}"))

    async def _beside(self) -> None:
        place = self._place(stored=False)
        if place:
            path = f"/search?q={quote(self._query)}&open={place[0]}/{place[1]}"
            await self._ask("search with a document beside", path)

    def _place(self, *, stored: bool) -> tuple[str, str] | None:
        known = self._who["stored"] if stored else self._documents or self._who["stored"]
        if not known:
            return None
        package_id, ordinal = self._dice.choice(known)
        return str(package_id), str(ordinal)

    async def _document(self) -> None:
        place = self._place(stored=False)
        if place:
            await self._ask("document", f"/documents/{place[0]}/{place[1]}?q={quote(self._query)}")

    async def _read(self) -> None:
        """A document with what its viewer asks for: picture, line of time, both ends of the copy, hits, texts."""
        place = self._place(stored=True)
        if not place:
            return
        here, query = f"/documents/{place[0]}/{place[1]}", quote(self._dice.choice(WORDS))
        shown = await self._ask("document", f"{here}?q={query}")
        pictured = _PICTURED.search(shown)
        if pictured:
            await self._ask("picture of a page", pictured[0])
        if "/signatures/history" in shown:
            await self._ask("line of time", f"{here}/signatures/history", "HX-Request: true\r\n")
        found = _RANGED.search(shown)
        if found:
            for start in (0, 0):
                span = f"Range: bytes={start}-{start + _CHUNK - 1}\r\n"
                await self._ask("range of a file", found[1], span)
        await self._ask("hits", f"/api/v1{here}/hits?q={query}")
        for page in range(1, 1 + self._dice.choice((0, 0, 1))):
            await self._ask("text of a page", f"/api/v1{here}/pages/{page}/text?q={query}")

    async def _dossier(self) -> None:
        if self._dossiers:
            self._links(await self._ask("dossier", self._dice.choice(self._dossiers)))

    async def _tree(self) -> None:
        path = self._dice.choice(self._branches) if self._branches and self._dice.random() < 0.7 else "/holding"
        shown = await self._ask("holding", path.replace("&amp;", "&"))
        self._branches = _BRANCH.findall(shown) or self._branches
        self._links(shown)

    async def _list(self) -> None:
        dice = self._dice
        sort = dice.choice(("", "&sort=-issued", "&sort=title"))
        some = dice.choice(("", "", f"&code={dice.randint(10, 99)}", "&title=k%E1%BA%BF+ho%E1%BA%A1ch"))
        path = f"/holding?show=documents{sort}{some}&p={dice.choice((1, 1, 1, 2, 7))}"
        self._links(await self._ask("list of documents", path))


async def run(plan: Mapping[str, Any]) -> dict[str, Any]:
    """All of them at once."""
    told = Told()
    until = time.perf_counter() + plan["seconds"]
    people = [Person(plan, who, number, told) for number, who in enumerate(plan["people"])]
    watchers = [Person(plan, who, -number, told) for number, who in enumerate(plan["watchers"])]
    await asyncio.gather(
        *(person.live(until) for person in people),
        *(person.watch(plan["submission"], until) for person in watchers),
    )
    return {
        "times": told.times,
        "wrong": told.wrong,
        "received": told.received,
        "views": told.views,
        "watched": told.watched,
        "processor_s": time.process_time(),
    }


if __name__ == "__main__":
    json.dump(asyncio.run(run(json.load(sys.stdin))), sys.stdout)
