"""The pages under use: `PYTHONPATH=. python -P bench/web.py [--documents 100000] [--people 50] [--seconds 120]`.

A real `luutru serve` on a home of 100,000 documents (`bench/web_holding.py`: made once, kept below `.cache`), people
of all reading roles signed in, asked by a process of its own (`bench/web_people.py`). One JSON line a part: one
person alone, fifty who think 2 to 5 seconds between pages (some watch a delivery meanwhile), fifty who do not think,
weight of pages, first page of a volume of 500 scans in Chromium. Beside each stands a static file of the same server
in the same run: what loop, HTTP and the machine take. `load` tells whether the machine was the bench's own; a wall
clock above it is pessimistic, processor time a request is not.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import psutil
import sqlalchemy as sa

from archive.api.cookies import SESSION
from archive.auth.people import EVERYWHERE, Grant, Label, Role
from archive.auth.policy import Action, decide
from archive.catalogue.places import Place
from archive.catalogue.tables import dossiers, jobs
from archive.composition import Archive
from archive.services.accounts import Visitor
from bench.web_browser import first_pages
from bench.web_holding import LUUTRU, ROOT, Holding, archive_of, environment, holding
from bench.web_rows import job_row

CACHE = Path(__file__).parents[1] / ".cache"
MIB = 1 << 20
PAUSE = (2.0, 5.0)
WATCHERS = 6
SAMPLE_SECONDS = 2.0
_VIEWER = re.compile(r"viewer\.js|pdf\.min|pdf\.worker")

SEARCH_BOUND_MS, IMAGE_BOUND_MS, WEIGHT_BOUND_KIB, MEMORY_BOUND_MIB = 200, 1000, 300, 500


def grants_of(number: int) -> list[Grant]:
    """What the person of that number may: readers and archivists of one agency, heads of two, some of everything."""
    agency = f"{ROOT}.{number % 30 + 1}"
    if number % 10 < 4:
        return [Grant(Role.READER, f"{agency}.{number % 5 + 1}", Label.INTERNAL)]
    if number % 10 < 7:
        return [Grant(Role.ARCHIVIST, agency, Label.RESTRICTED)]
    if number % 10 < 8:
        heads = (f"{ROOT}.{place % 30 + 1}" for place in (number, number + 7))
        return [Grant(Role.HEAD, place, Label.CONFIDENTIAL) for place in heads]
    if number % 10 < 9:
        return [Grant(Role.READER, ROOT, Label.INTERNAL)]
    return [Grant(Role.AUDITOR, EVERYWHERE, Label.CONFIDENTIAL)]


def signed_in(archive: Archive, held: Holding, people: int) -> list[dict[str, Any]]:
    """Sessions of so many people, each with the stored documents that they may read."""
    desk, found = archive.desk, []
    targets = {place: archive.permits.sights.place(Place(*place)) for place in held.stored}
    for number in range(people):
        login = f"bench{number:03d}"
        account = desk.accounts.rows.by_login(login)
        if account is None:
            made = desk.people.add(login, f"Người thứ {number}", by="bench")
            with archive.trail.transaction() as connection:
                for grant in grants_of(number):
                    desk.granting.give(connection, made.account.id, grant, by="bench", at=desk.accounts.at())
                desk.accounts.rows.change(connection, made.account.id, must_change=0)
            account = desk.people.account(login)
        opened = desk.signing_in.by_provider(account, Visitor("127.0.0.1"), factor=True)
        person = desk.accounts.person(account, "session")
        mine = [place for place, target in targets.items() if target and decide(person, Action.HOLDING_READ, target)]
        found.append({"cookie": f"{SESSION}={opened.secret}", "stored": mine[:200]})
    return found


def moving(archive: Archive) -> str:
    """A delivery that a machine seems to work on for ever, for those who watch."""
    with archive.database.transaction() as connection:
        row = connection.execute(sa.select(dossiers).order_by(dossiers.c.package_id).limit(1)).one()
        waiting = job_row(dict(row._mapping), 99, "running", row.stored_at) | {"id": f"{row.package_id[:-4]}beef"}  # noqa: SLF001
        if connection.execute(sa.select(jobs.c.id).where(jobs.c.id == waiting["id"])).first() is None:
            connection.execute(jobs.insert().values(**waiting))
    return str(row.submission_id)


# ------------------------------------------------------------ the server


@dataclass
class Server:
    """A living server, and what it took."""

    url: str
    process: psutil.Process
    requests: int = 0
    samples: list[tuple[int, float, float]] = field(default_factory=list)
    """Requests answered, MiB of all processes of the server (what they share counted once), and what is their own."""

    def processor_seconds(self) -> float:
        """Of the server and its children."""
        total = 0.0
        for process in (self.process, *self.process.children(recursive=True)):
            times = process.cpu_times()
            total += times.user + times.system
        return total

    def look(self) -> None:
        """Note the memory."""
        together = own = 0
        for process in (self.process, *self.process.children(recursive=True)):
            with suppress(psutil.Error):
                memory = process.memory_full_info()
                together, own = together + memory.pss, own + memory.uss
        self.samples.append((self.requests, together / MIB, own / MIB))


@contextmanager
def serving(home: Path, processes: int) -> Iterator[Server]:
    """`luutru serve` as an operator starts it; 0 processes: as many as it thinks right."""
    more = {"LC_ALL": "C.UTF-8"} | ({"LUUTRU_SERVE__PROCESSES": str(processes)} if processes else {})
    command = [str(LUUTRU), "serve", "--port", "0"]
    with subprocess.Popen(command, env=environment(home, **more), stderr=subprocess.PIPE, text=True) as served:
        assert served.stderr is not None
        line = served.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert found, line + served.stderr.read()
        # What it says later must not fill the pipe.
        threading.Thread(target=served.stderr.read, daemon=True).start()
        server, stop = Server(found[0], psutil.Process(served.pid)), threading.Event()
        watcher = threading.Thread(target=_watch, args=(server, stop))
        watcher.start()
        try:
            yield server
        finally:
            stop.set()
            watcher.join()
            served.terminate()


def _watch(server: Server, stop: threading.Event) -> None:
    while not stop.wait(SAMPLE_SECONDS):
        server.look()


# ------------------------------------------------------------ parts


@dataclass(frozen=True)
class Bench:
    """One run."""

    server: Server
    held: Holding
    people: Sequence[Mapping[str, Any]]
    submission: str

    def used(
        self, part: str, people: int, seconds: float, pause: tuple[float, float], watchers: int = 0
    ) -> dict[str, Any]:
        """Let people use it; what came of it."""
        plan = {
            "url": self.server.url,
            "seed": part,
            "seconds": seconds,
            "pause": pause,
            "numbers": self.held.numbers,
            "people": self.people[:people],
            "watchers": [one for one in self.people if one.get("watches")][:watchers],
            "submission": self.submission,
        }
        before, load = self.server.processor_seconds(), os.getloadavg()[0]
        began = time.perf_counter()
        client = [sys.executable, "-P", str(Path(__file__).with_name("web_people.py"))]
        done = subprocess.run(client, input=json.dumps(plan), capture_output=True, text=True, check=True)
        took = time.perf_counter() - began
        said = json.loads(done.stdout)
        count = sum(len(times) for times in said["times"].values())
        self.server.requests += count
        processor = self.server.processor_seconds() - before
        return {
            "bench": "web",
            "part": part,
            "documents": self.held.documents,
            "people": people,
            "watchers": watchers,
            "seconds": round(took),
            "load": [round(load, 1), round(os.getloadavg()[0], 1)],
            "requests": count,
            "requests_per_s": round(count / seconds, 1),
            "views_per_s": round(said["views"] / seconds, 1),
            "server_processor_ms_per_request": round(1000 * processor / max(1, count), 2),
            "server_processor_share": round(processor / took, 2),
            "client_processor_ms_per_request": round(1000 * said["processor_s"] / max(1, count), 2),
            "ms": {kind: _spread(times) for kind, times in sorted(said["times"].items())},
            "wrong": said["wrong"],
            "watched": said["watched"],
            "received_kib_per_request": round(said["received"] / 1024 / max(1, count), 1),
        }

    def memory(self) -> dict[str, Any]:
        """Memory at the start, then at each tenth of all requests."""
        samples = self.server.samples
        picked = [samples[min(len(samples) - 1, place * len(samples) // 10)] for place in range(11)]
        half = samples[len(samples) // 2 :]
        return {
            "bench": "web",
            "part": "memory",
            "requests_together_own_mib": [[count, *map(round, sizes)] for count, *sizes in picked],
            "peak_mib": round(max(together for _, together, _ in samples)),
            "grown_in_second_half_mib": round(half[-1][1] - half[0][1], 1),
            "own_grown_in_second_half_mib": round(half[-1][2] - half[0][2], 1),
            "requests_in_second_half": half[-1][0] - half[0][0],
            "bound_mib": MEMORY_BOUND_MIB,
        }

    def weights(self) -> dict[str, Any]:
        """Bytes of pages as they are transferred the first time, before the viewer."""
        auditor = self.people[9]
        headers = {"Cookie": auditor["cookie"], "Accept-Encoding": "gzip"}
        package_id, ordinal = auditor["stored"][0]
        paths = {
            "home": "/",
            "search": "/search?q=giao+dat+san+xuat",
            "holding": "/holding",
            "list of documents": "/holding?show=documents",
            "dossier": f"/dossiers/{package_id}",
            "document": f"/documents/{package_id}/{ordinal}",
        }
        kib: dict[str, dict[str, float]] = {}
        with httpx2.Client(base_url=self.server.url, headers=headers, timeout=60) as client:
            for name, path in paths.items():
                page, plain = _raw(client, path)
                assets = re.findall(r'(?:href|src)="(/static/[^"]+)"', plain.decode())
                before = [asset for asset in dict.fromkeys(assets) if not _VIEWER.search(asset)]
                parts = sum(len(_raw(client, asset)[0]) for asset in before)
                said = {"html": len(page), "html_plain": len(plain), "assets": parts, "together": len(page) + parts}
                kib[name] = {what: round(size / 1024, 1) for what, size in said.items()} | {"files": len(before)}
        return {"bench": "web", "part": "weight", "kib": kib, "bound_kib": WEIGHT_BOUND_KIB}


def _raw(client: httpx2.Client, path: str) -> tuple[bytes, bytes]:
    """A body as transferred, and as it is meant."""
    with client.stream("GET", path) as answer:
        assert answer.status_code == 200, (path, answer.status_code)
        sent = b"".join(answer.iter_raw())
        return sent, gzip.decompress(sent) if answer.headers.get("content-encoding") == "gzip" else sent


def _spread(times: Sequence[float]) -> dict[str, float]:
    ranked = sorted(times)
    found = {
        name: round(ranked[min(len(ranked) - 1, int(share * len(ranked)))], 1)
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
    }
    return found | {"max": round(ranked[-1], 1), "n": len(ranked)}


def _say(line: Mapping[str, Any]) -> None:
    print(json.dumps(line, ensure_ascii=False), flush=True)


def main() -> int:
    """Serve, use, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder of the made holding")
    parser.add_argument("--processes", type=int, default=0, help="that answer; 0: as the server has it by itself")
    parser.add_argument("--no-browser", action="store_true")
    asked = parser.parse_args()
    held = holding(asked.cache, asked.documents)
    with archive_of(held.home) as archive:
        people = signed_in(archive, held, max(asked.people, 10))
        submission = moving(archive)
        watching = signed_in(archive, held, 10)[9]
    people = [*people, *({**watching, "watches": True} for _ in range(WATCHERS))]
    with serving(held.home, asked.processes) as server:
        bench = Bench(server, held, people, submission)
        server.look()
        bench.used("warming up", 10, 10, (0.0, 0.2))
        _say(bench.used("one person, no pause", 1, max(5, asked.seconds / 6), (0.0, 0.0)))
        thinking = bench.used("people who think", asked.people, asked.seconds, PAUSE, WATCHERS)
        _say(thinking | _bounds(thinking))
        _say(bench.used("people who do not think", asked.people, max(5, asked.seconds / 4), (0.0, 0.0)))
        _say(bench.weights())
        if not asked.no_browser:
            cookie = people[9]["cookie"].partition("=")[2]
            seen = first_pages(server.url, f"/documents/{held.scan}/1", {SESSION: cookie})
            _say({"bench": "web", "part": "first page of 500", "load": round(os.getloadavg()[0], 1), **seen})
        _say(bench.memory())
    return 0


def _bounds(part: Mapping[str, Any]) -> dict[str, Any]:
    times = part["ms"]
    beside = max(0.1, times["static file"]["p50"])
    return {
        "bound_p95_ms": SEARCH_BOUND_MS,
        "search_kept": all(times[kind]["p95"] <= SEARCH_BOUND_MS for kind in times if kind.startswith("search")),
        "document_kept": times["document"]["p95"] <= SEARCH_BOUND_MS,
        "ratio_p50_to_static": {kind: round(one["p50"] / beside, 1) for kind, one in times.items()},
    }


if __name__ == "__main__":
    sys.exit(main())
