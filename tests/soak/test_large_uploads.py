"""Several GiB through the page of deliveries in a real Chromium, with the line cut; `SOAK_UPLOAD_GIB` chooses how many.

Prints what was measured: seconds, MiB a second, and the memory of the server at its highest.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import pytest
from playwright.sync_api import expect

from tests.fixtures.browser import OpenPage
from tests.fixtures.served import Served, client_of, start, stop

pytestmark = [pytest.mark.soak, pytest.mark.server, pytest.mark.timeout(7200)]

GIB = float(os.environ.get("SOAK_UPLOAD_GIB", "3"))
CUTS = (0.2, 0.45, 0.7)
"""Shares of the file after which the line is cut."""

FLAT_MIB = 96
"""How much the server may grow between its first bytes and its last: buffers of requests, no file."""

_SLOW = 3_600_000
_LINE = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}


@dataclass
class Memory:
    """Resident memory of a process, read every half second."""

    pid: int
    mib: list[float] = field(default_factory=list)
    _over: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        while not self._over.wait(0.5):
            status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
            line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
            self.mib.append(int(line.split()[1]) / 1024)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self.watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


@pytest.fixture(scope="module")
def roomy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server that takes files of that size."""
    home = tmp_path_factory.mktemp("roomy") / "home"
    process, url = start(home, LUUTRU_SERVE__MAX_UPLOAD_MIB=str(int(GIB * 1024) + 1))
    with client_of(home, url) as client:
        yield Served(url, home, process.pid, client)
    stop(process)


def _made(path: Path) -> str:
    """A file of that size; its SHA-256."""
    digest, noise = hashlib.sha256(), os.urandom(1 << 24)
    with path.open("wb") as stream:
        for number in range(int(GIB * 64)):
            # No two blocks are alike, so that one in the place of another is seen.
            block = number.to_bytes(8, "big") + noise[8:]
            digest.update(block)
            stream.write(block)
    return digest.hexdigest()


def test_several_gib_come_whole_over_a_line_that_is_cut(roomy: Served, open_page: OpenPage, tmp_path: Path) -> None:
    large = tmp_path / "lớn.bin"
    expected = _made(large)
    page = open_page(f"{roomy.url}/deliveries", expected="ERR_INTERNET_DISCONNECTED")
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    began = time.monotonic()
    with Memory(roomy.pid) as memory:
        page.locator("#files").set_input_files(large)
        for share in CUTS:
            page.wait_for_function("s => document.getElementById('sent').value >= s", arg=share, timeout=_SLOW)
            line.send("Network.emulateNetworkConditions", {**_LINE, "offline": True})
            expect(page.locator("#sending")).to_contain_text("đang thử lại", timeout=_SLOW)
            line.send("Network.emulateNetworkConditions", {**_LINE, "offline": False})
        page.wait_for_url("**/deliveries/*-*", timeout=_SLOW)
    seconds = time.monotonic() - began
    kept = next((roomy.home / "work" / "uploads").glob("*/*/lớn.bin"))
    with kept.open("rb") as stream:
        assert hashlib.file_digest(stream, "sha256").hexdigest() == expected
    first = memory.mib[min(4, len(memory.mib) - 1)]
    print(
        f"{GIB:g} GiB in {seconds:.0f} s, {GIB * 1024 / seconds:.1f} MiB/s, {len(CUTS)} cuts; "
        f"server {first:.0f} MiB at first, {max(memory.mib):.0f} MiB at most"
    )
    assert max(memory.mib) - first <= FLAT_MIB
    large.unlink()
