"""What storing costs: packages written by `PackageStore` against a plain copy with fsync of the same files, in one run.

    .venv/bin/python bench/storage.py [--packages 60] [--files 14] [--kib 50] [--large-mib 256] [--folder DIR]

Prints one line of JSON. A package here is what a dossier of two documents makes. `ratio` is the time of the plain
copy divided by ours: 1 means that OCFL, two digests, write-once and reading back cost nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

from archive.clock import SystemClock
from metadata.digests import digests_of_file
from storage.backends.filesystem import FilesystemStore
from storage.holdings import Content
from storage.ledger import Ledger, line_of
from storage.packages import PackageStore

CHUNK = 1 << 20


def copy_synced(source: Path, target: Path) -> None:
    """What `cp` and `sync FILE` do."""
    with source.open("rb") as reader, target.open("xb") as writer:
        while chunk := reader.read(CHUNK):
            writer.write(chunk)
        writer.flush()
        os.fsync(writer.fileno())
    folder = os.open(target.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def seconds(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def made(folder: Path, count: int, size: int) -> list[Path]:
    folder.mkdir(parents=True)
    chance = random.Random(count * size)  # noqa: S311 - bytes to copy
    paths = [folder / f"{number:04}.bin" for number in range(count)]
    for path in paths:
        with path.open("wb") as stream:
            for start in range(0, size, CHUNK):
                stream.write(chance.randbytes(min(CHUNK, size - start)))
    return paths


def contents(paths: list[Path]) -> list[Content]:
    return [Content(f"representations/rep1/data/{path.name}", path, digests_of_file(path)) for path in paths]


def measured(folder: Path, packages: int, files: int, size: int) -> dict[str, float]:
    """One shape: `packages` packages of `files` files of `size` bytes."""
    paths = [made(folder / "work" / str(number), files, size) for number in range(packages)]
    wanted = [contents(of_package) for of_package in paths]
    store = FilesystemStore(folder / "storage")
    holding, ledger = PackageStore(store, SystemClock()), Ledger(store)
    holding.init()

    def ours() -> None:
        for number, of_package in enumerate(wanted):
            package_id = str(UUID(int=number, version=4))
            stored = holding.write(package_id, of_package, message="bench", agent="luutru")
            ledger.record([line_of(stored)])

    def plain(threads: int) -> None:
        with ThreadPoolExecutor(threads) as pool:
            for number, of_package in enumerate(paths):
                target = folder / f"plain-{threads}" / str(number)
                target.mkdir(parents=True)
                list(pool.map(lambda path, target=target: copy_synced(path, target / path.name), of_package))

    def check() -> None:
        for number in range(packages):
            assert holding.check_fixity(str(UUID(int=number, version=4))).ok

    mib = packages * files * size / 2**20
    one, eight, took, read = seconds(lambda: plain(1)), seconds(lambda: plain(8)), seconds(ours), seconds(check)
    return {
        "packages_per_s": round(packages / took, 2),
        "files_per_s": round(packages * files / took, 1),
        "mib_per_s": round(mib / took, 1),
        "plain_copy_fsync_mib_per_s": round(mib / one, 1),
        "plain_copy_fsync_8_threads_mib_per_s": round(mib / eight, 1),
        "ratio": round(one / took, 2),
        "ratio_8_threads": round(eight / took, 2),
        "fixity_mib_per_s": round(mib / read, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=int, default=60)
    parser.add_argument("--files", type=int, default=14)
    parser.add_argument("--kib", type=int, default=50)
    parser.add_argument("--large-mib", type=int, default=256)
    parser.add_argument(
        "--folder", type=Path, default=None, help="on the disk to measure; default: the temporary folder"
    )
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        small = measured(Path(folder) / "small", args.packages, args.files, args.kib << 10)
        large = measured(Path(folder) / "large", 1, 2, (args.large_mib << 20) // 2)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(json.dumps({"bench": "storage", "small": small, "large": large, "peak_mib": peak}))


if __name__ == "__main__":
    main()
