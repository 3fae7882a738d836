"""Section `container`: a ZIP of many small files opened by a worker and laid down durably in a room."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path

from ingest.readers.containers import Containers
from ingest.workers.pool import WorkerPool

SIZES = (1_000, 10_000, 50_000)
TARGETS = {"seconds": 120.0, "mib": 500.0}
_BYTES = 1000


def prepare(size: int, folder: Path) -> None:
    """A ZIP of `size` files in 100 folders."""
    with zipfile.ZipFile(folder / "many.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(size):
            archive.writestr(f"hồ sơ {number % 100}/tài liệu {number}.txt", f"{number} ".encode() * (_BYTES // 8))


def measure(size: int, folder: Path) -> dict[str, float]:
    """Open it."""
    with WorkerPool(1, folder / "scratch") as workers:
        began = time.perf_counter()
        opened = Containers(workers).opened(folder / "many.zip", folder / "room")
        seconds = time.perf_counter() - began
    if opened.container is None or opened.container.files != size:
        msg = f"{opened.findings}"
        raise RuntimeError(msg)
    return {"seconds": round(seconds, 2), "files": size}
