"""The whole way in: signed born-digital PDFs of 1 to 3 pages through all nine stages of the real command.

`.venv/bin/python bench/ingest.py [--documents 100 1000] [--scan PAGES] [--gib N]` prints one JSON line.
Beside it, in the same run and on the same files and disk: the least that any
archive must do with them (copy, SHA-256 and SHA-512, sync), and what pyHanko
alone takes to judge the signatures. Machines differ; the ratios stay.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[1]
# A package of that name lies in site-packages too: ours is named before it. This folder
# has modules with names of packages that are measured, so it must not come first.
TESTS = ModuleType("tests")
TESTS.__path__ = [str(ROOT / "tests")]
sys.modules["tests"] = TESTS
sys.path[:] = [str(ROOT), *(path for path in sys.path if Path(path) != Path(__file__).parent)]

from tests.generators.deliveries import Made, PaperMill, make_delivery, make_large_delivery, make_scan  # noqa: E402

LUUTRU = Path(sys.executable).with_name("luutru")
SAMPLE_SECONDS = 0.2
MIB = 1 << 20


@dataclass
class Watched:
    """What the processes of one command took: peak of resident memory and processor time, by what they are."""

    peaks: dict[str, int] = field(default_factory=dict)
    processor: dict[tuple[int, str], float] = field(default_factory=dict)
    together: int = 0

    def look(self, root: psutil.Process) -> None:
        total = 0
        for process in [root, *root.children(recursive=True)]:
            try:
                with process.oneshot():
                    kind = _kind(process, root)
                    memory = process.memory_info().rss
                    times = process.cpu_times()
            except psutil.Error:
                continue
            total += memory
            self.peaks[kind] = max(self.peaks.get(kind, 0), memory)
            self.processor[process.pid, kind] = times.user + times.system
        self.together = max(self.together, total)

    def seconds(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for (_, kind), seconds in self.processor.items():
            found[kind] = found.get(kind, 0.0) + seconds
        return {kind: round(seconds, 1) for kind, seconds in sorted(found.items())}

    def told(self) -> dict[str, Any]:
        peaks = {kind: peak // MIB for kind, peak in sorted(self.peaks.items())}
        return {"peak_mib": peaks, "together_mib": self.together // MIB, "processor_s": self.seconds()}


def _kind(process: psutil.Process, root: psutil.Process) -> str:
    if process.pid == root.pid:
        return "parent"
    command = process.cmdline()
    if "ingest.workers.child" in command and "bwrap" not in command[0]:
        return "worker"
    return Path(command[0]).name if command else process.name()


@dataclass(frozen=True)
class Home:
    """One home and the command on it."""

    path: Path
    workers: int

    @property
    def environment(self) -> Mapping[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("LUUTRU_")}
        return {
            **inherited,
            "LUUTRU_HOME": str(self.path),
            "LUUTRU_AGENCY": "H49.64",
            "LUUTRU_WORKERS": str(self.workers),
        }

    def run(self, *arguments: str | Path) -> tuple[list[dict[str, Any]], float, Watched]:
        """The command's JSON lines, how long it took, what it took."""
        watched = Watched()
        started = time.perf_counter()
        with (
            tempfile.TemporaryFile() as said,
            subprocess.Popen(
                [str(LUUTRU), *map(str, arguments), "--json"],
                stdout=subprocess.PIPE,
                stderr=said,
                env=self.environment,
                text=True,
            ) as process,
        ):
            stop = threading.Event()
            root = psutil.Process(process.pid)
            watcher = threading.Thread(target=_watch, args=(watched, root, stop))
            watcher.start()
            assert process.stdout is not None
            lines = [json.loads(line) for line in process.stdout]
            process.wait()
            took = time.perf_counter() - started
            stop.set()
            watcher.join()
            said.seek(0)
            assert process.returncode == 0, (arguments, process.returncode, said.read()[-2000:], lines[:3])
        return lines, took, watched


def _watch(watched: Watched, root: psutil.Process, stop: threading.Event) -> None:
    while not stop.wait(SAMPLE_SECONDS):
        try:
            watched.look(root)
        except psutil.NoSuchProcess:
            return


def bytes_below(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def quickly(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


# ------------------------------------------------------------ what stands beside it


def files_of(delivery: Path) -> list[Path]:
    return sorted(path for path in delivery.rglob("*") if path.is_file())


def copy_and_digest(delivery: Path, target: Path) -> None:
    """The least: each file copied with two digests and synced, nothing else."""
    for path in files_of(delivery):
        there = target / path.relative_to(delivery)
        there.parent.mkdir(parents=True, exist_ok=True)
        digests = (hashlib.sha256(), hashlib.sha512())
        with path.open("rb") as source, there.open("wb") as copy:
            while block := source.read(MIB):
                for digest in digests:
                    digest.update(block)
                copy.write(block)
            copy.flush()
            os.fsync(copy.fileno())


def judge_alone(delivery: Path, mill: PaperMill, limit: int) -> float:
    """PyHanko's own judging of the embedded signatures, in this process; processor time a file in seconds."""
    from asn1crypto import x509  # noqa: PLC0415 - only this part needs these
    from pyhanko.pdf_utils.reader import PdfFileReader  # noqa: PLC0415
    from pyhanko.sign.validation import validate_pdf_signature  # noqa: PLC0415
    from pyhanko_certvalidator import ValidationContext  # noqa: PLC0415

    papers = [path for path in files_of(delivery) if path.suffix == ".pdf"][:limit]
    root = x509.Certificate.load(mill.pki.root.der)  # type: ignore[no-untyped-call] # asn1crypto carries no types
    started = time.process_time()
    for path in papers:
        context = ValidationContext(trust_roots=[root], allow_fetching=False)
        with path.open("rb") as stream:
            for signature in PdfFileReader(stream).embedded_signatures:
                status = validate_pdf_signature(signature, context)
                assert status.intact
                assert status.trusted
    return (time.process_time() - started) / len(papers)


# ------------------------------------------------------------ measuring


@contextmanager
def home_in(folder: Path, workers: int, mill: PaperMill) -> Iterator[Home]:
    home = Home(folder / "home", workers)
    home.run("init")
    home.run("trust", "add", mill.trust(folder / "trust"))
    yield home
    shutil.rmtree(home.path)


def way_in(home: Home, made: Made) -> dict[str, Any]:
    lines, took, watched = home.run("ingest", made.path)
    archived = [line for line in lines if line["status"] == "archived"]
    assert sum(line["documents"] for line in archived) == made.documents, lines[:2]
    stored = bytes_below(home.path / "storage")
    return {
        "documents": made.documents,
        "seconds": round(took, 1),
        "per_hour": round(3600 * made.documents / took),
        "stored_per_received": round(stored / made.bytes_in, 2),
        "processor_ms_per_document": round(1000 * sum(watched.seconds().values()) / made.documents),
        **watched.told(),
    }


def way_out(home: Home, made: Made, target: Path) -> dict[str, Any]:
    received = made.bytes_in / MIB
    _, checking, _ = home.run("check", made.path)
    exported = 0
    exporting = 0.0
    for code in made.codes[:10]:
        lines, took, _ = home.run("export", code, "--as", "original", "-o", target / code)
        exported += sum(line["bytes"] for line in lines)
        exporting += took
    return {"check_mib_per_s": round(received / checking, 1), "export_mib_per_s": round(exported / MIB / exporting, 1)}


def rebuilt(home: Home, made: Made) -> dict[str, Any]:
    """Both rebuilds in a home that has nothing but the storage folder."""
    fresh = Home(home.path.with_name("fresh"), home.workers)
    fresh.path.mkdir()
    (home.path / "storage").rename(fresh.path / "storage")
    catalogue, took_catalogue, _ = fresh.run("catalogue", "rebuild")
    index, took_index, watched = fresh.run("index", "rebuild")
    assert catalogue[0]["documents"] == index[0]["documents"] == made.documents
    shutil.rmtree(fresh.path)
    return {
        "catalogue_per_s": round(made.documents / took_catalogue, 1),
        "index_per_s": round(made.documents / took_index, 1),
        "both_per_s": round(made.documents / (took_catalogue + took_index), 1),
        "peak_mib": watched.peaks["parent"] // MIB,
    }


def measured(folder: Path, mill: PaperMill, documents: int, *, per_dossier: int, workers: int) -> dict[str, Any]:
    made = make_delivery(
        folder / "delivery", mill, dossiers=max(1, documents // per_dossier), documents=min(documents, per_dossier)
    )
    least = quickly(lambda: copy_and_digest(made.path, folder / "least"))
    alone = judge_alone(made.path, mill, 100)
    with home_in(folder, workers, mill) as home:
        answer = way_in(home, made)
        # Told at once: what follows takes as long again.
        print(json.dumps(answer), file=sys.stderr, flush=True)
        answer |= way_out(home, made, folder / "out")
        answer["rebuild"] = rebuilt(home, made)
    answer["beside"] = {
        "copy_digest_sync_s": round(least, 2),
        "times_copy_digest_sync": round(answer["seconds"] / least, 1),
        "pyhanko_alone_ms_per_document": round(1000 * alone, 1),
        "processor_times_pyhanko_alone": round(answer["processor_ms_per_document"] / (1000 * alone), 1),
    }
    return answer


def special(folder: Path, mill: PaperMill, workers: int, made: Made) -> dict[str, Any]:
    with home_in(folder, workers, mill) as home:
        return {"mib_in": round(made.bytes_in / MIB), **way_in(home, made)}


def run(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    mill = PaperMill()
    answer: dict[str, Any] = {"bench": "ingest", "cores": os.cpu_count(), "workers": arguments.workers}
    answer["load_before"] = round(os.getloadavg()[0], 1)
    sizes: Sequence[int] = arguments.documents
    runs = []
    for size in sizes:
        place = folder / str(size)
        place.mkdir()
        runs.append(measured(place, mill, size, per_dossier=arguments.per_dossier, workers=arguments.workers))
        shutil.rmtree(place)
    answer["runs"] = runs
    if len(runs) > 1:
        first, last = runs[0], runs[-1]
        answer["slope"] = round(last["per_hour"] / first["per_hour"], 2)
        answer["parent_grows_mib"] = last["peak_mib"]["parent"] - first["peak_mib"]["parent"]
    if arguments.scan:
        place = folder / "scan"
        answer["scan"] = special(place, mill, arguments.workers, make_scan(place / "delivery", arguments.scan))
        shutil.rmtree(place)
    if arguments.gib:
        place = folder / "large"
        made = make_large_delivery(place / "delivery", mill, arguments.gib << 30)
        answer["large"] = special(place, mill, arguments.workers, made)
        shutil.rmtree(place)
    answer["load_after"] = round(os.getloadavg()[0], 1)
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, nargs="+", default=[100, 1000], help="numbers of documents to measure")
    parser.add_argument("--per-dossier", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--scan", type=int, default=0, metavar="PAGES", help="a scan of so many pages as well")
    parser.add_argument("--gib", type=int, default=0, help="a delivery of so many GiB as well")
    parser.add_argument("--folder", type=Path, default=None, help="on the disk to measure; default: the temporary one")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        print(json.dumps(run(arguments, Path(folder)), ensure_ascii=False))


if __name__ == "__main__":
    main()
