"""One edXML message read by the reader in real workers: its attachment decoded to the disk, flat in memory.

`size` is MiB of the message. The attachment is what does not compress, in one line of base64 as most programs write it.
"""

from __future__ import annotations

import base64
import contextlib
import random
import tempfile
import threading
import time
from pathlib import Path

import psutil

from ingest.readers.edxml.reader import EdxmlReader
from ingest.readers.folder import FolderReader
from ingest.workers.pool import WorkerPool
from tests.generators.edxml import File, Letter, message

SIZES = (64, 1024)
TARGETS = {"seconds": 120.0, "mib": 300.0, "workers_mib": 300.0}
NAME = "lon.edxml"
_MARK = "QUJDRA=="
_PIECE = 3 << 20


def big_message(path: Path, mib: int) -> int:
    """Write a message of about `mib` MiB to `path`; the bytes of its attachment."""
    whole = message(Letter(files=(File("lon.bin", b"", encoded=_MARK, type="application/octet-stream"),)))
    before, _, after = whole.partition(_MARK.encode())
    piece = random.Random(mib).randbytes(_PIECE)  # noqa: S311 - the same bytes in every run
    text = base64.b64encode(piece)
    count = (mib << 20) // len(text)
    with path.open("wb") as out:
        out.write(before)
        for _ in range(count):
            out.write(text)
        out.write(after)
    return count * _PIECE


class _Watch:
    """The most memory that the processes below this one have together; the system tells only of those that ended."""

    def __init__(self) -> None:
        self._peak = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def ended(self) -> int:
        """MiB."""
        self._over.set()
        self._thread.join()
        return self._peak >> 20

    def _look(self) -> None:
        while not self._over.wait(0.05):
            used = 0
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.NoSuchProcess):
                    used += process.memory_info().rss
            self._peak = max(self._peak, used)


def prepare(size: int, folder: Path) -> None:
    """One message of `size` MiB."""
    (folder / "expected").write_text(str(big_message(folder / NAME, size)))


def measure(size: int, folder: Path) -> dict[str, float]:
    """Seconds of reading it, and what came out."""
    expected = int((folder / "expected").read_text())
    # On the disk of the message: a room on another one costs a copy of the message more.
    with tempfile.TemporaryDirectory(dir=folder) as scratch, WorkerPool(1, Path(scratch) / "pool") as pool:
        reader = EdxmlReader(pool, FolderReader(pool))
        watch = _Watch()
        began = time.perf_counter()
        delivery = reader.read(folder / NAME, Path(scratch) / "room")
        ended = time.perf_counter()
        (dossier,) = delivery.dossiers
        (document,) = dossier.documents
        (path,) = document.files
        assert (Path(delivery.root) / path).stat().st_size == expected
        peak = watch.ended()
    seconds = ended - began
    return {"seconds": round(seconds, 2), "mib_a_second": round(size / seconds, 1), "workers_mib": peak}
