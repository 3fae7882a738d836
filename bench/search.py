"""How fast the embedded index is built and asked, at growing sizes, beside SQLite FTS5 and Elasticsearch in one run.

`python bench/search.py [--sizes 10000,100000] [--queries 40] [--folder KEPT]` prints one JSON line. `--folder` keeps
what is built, and uses again what an earlier run built there: the build takes long, the questions can be put again on a
quiet machine. Fourteen classes of questions; none is put twice, and no engine keeps answers. Milliseconds of processor
time are the reader's; those by the clock hang on who else uses the machine. Elasticsearch is measured where
LUUTRU_SEARCH__ELASTICSEARCH__URL names one. `docs/search-speed.md` has figures and aims.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# This file has the name of the package that it measures: its folder must not come first.
sys.path[:] = [str(Path(__file__).parents[1]), *(path for path in sys.path if Path(path) != Path(__file__).parent)]

from bench.search_corpus import ORGANS, UNITS, Corpus, Question, texts_of  # noqa: E402 - the path is set above
from bench.search_engines import UNASKED, Embedded, Engine, Fts5, Served  # noqa: E402
from search.backends.tantivy import TantivyIndex  # noqa: E402
from search.documents import FORMAT  # noqa: E402

__all__ = ["ORGANS", "UNITS", "Corpus", "percentile", "size"]

AIM_P95_MS, AIM_P99_MS = 50, 100
AIM_BUILD_DOCS_PER_S, AIM_BUILD_MIB = 1000, 1229
AIM_OVER_BARE = 1.3
AIM_TIMES = 2
"""How much slower answers may become while documents come in."""

INCOMING_PER_S = 100
_INCOMING_BATCH = 20
_SAMPLE_S = 0.25


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def percentile(values: Sequence[float], share: float) -> float:
    return round(sorted(values)[min(len(values) - 1, int(len(values) * share))], 2)


@dataclass
class Times:
    """Milliseconds of one class in one engine."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = {"queries": len(self.cpu), "mean_total": round(sum(self.totals) / len(self.totals))}
        for name, values in (("cpu", self.cpu), ("wall", self.wall)):
            found |= {f"p{share}_{name}_ms": percentile(values, share / 100) for share in (50, 95, 99)}
        return found


def asked(engine: Engine, question: Question, times: dict[str, Times]) -> int:
    """The total; what it took is noted by class and for all."""
    wall, cpu = time.perf_counter(), time.process_time()
    _, total = engine.search(question.request)
    wall, cpu = (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000
    for name in (question.group, "all"):
        kept = times.setdefault(name, Times())
        kept.wall.append(wall)
        kept.cpu.append(cpu)
        kept.totals.append(total)
    return total


# Building, in a process of its own, whose memory and whose workers' can be told from those of the questions


def private_mib(pid: int) -> tuple[float, float]:
    """Memory of a process and all below it: its own, and with pages of mapped files."""
    own, whole = 0.0, 0.0
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
        kib = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.startswith(("RssAnon", "VmRSS"))}
        own, whole = kib.get("RssAnon", 0) / 1024, kib.get("VmRSS", 0) / 1024
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return own, whole
    for child in below:
        more, all_more = private_mib(int(child))
        own, whole = own + more, whole + all_more
    return own, whole


def build(corpus: Corpus, folder: Path) -> dict[str, Any]:
    """In the process of its own: the figures but memory."""
    wall, cpu = time.perf_counter(), time.process_time()
    generated = sum(1 for _ in zip(corpus, range(2000), strict=False))
    generating = (time.process_time() - cpu) / generated
    wall, cpu = time.perf_counter(), time.process_time()
    TantivyIndex(folder).rebuild(corpus)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    workers = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu += workers.ru_utime + workers.ru_stime
    return {
        "build_docs_per_s": round(corpus.documents / wall),
        "build_docs_per_cpu_s": round(corpus.documents / cpu),
        "build_docs_per_cpu_s_without_making_them": round(corpus.documents / (cpu - generating * corpus.documents)),
        "build_s": round(wall, 1),
        "build_cpu_s": round(cpu, 1),
        "load_after": round(os.getloadavg()[0], 1),
    }


def built(documents: int, kept: Path, texts: Path | None) -> dict[str, Any]:
    """The figures of the index in `kept`, built when it is not there."""
    told = kept / "built.json"
    found: dict[str, Any]
    if told.exists():
        found = json.loads(told.read_text(encoding="utf-8"))
        found["reused"] = True
        return found
    kept.mkdir(parents=True, exist_ok=True)
    more = ["--texts", str(texts)] if texts else []
    command = [sys.executable, "-P", __file__, "--build", str(documents), "--folder", str(kept), *more]
    peak, peak_mapped = 0.0, 0.0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while process.poll() is None:
            own, whole = private_mib(process.pid)
            peak, peak_mapped = max(peak, own), max(peak_mapped, whole)
            time.sleep(_SAMPLE_S)
        assert process.stdout is not None
        line = process.stdout.read()
    if process.returncode:
        sys.exit(f"building failed with {process.returncode}")
    found = {
        **json.loads(line),
        "build_peak_mib": round(peak),
        "build_peak_mib_with_mapped_files": round(peak_mapped),
        "bytes_per_doc": size(kept) // documents,
    }
    found["build_rate_met"] = found["build_docs_per_s"] >= AIM_BUILD_DOCS_PER_S
    found["build_memory_met"] = peak <= AIM_BUILD_MIB
    told.write_text(json.dumps(found), encoding="utf-8")
    return found


# Asking


def put(corpus: Corpus, engines: Mapping[str, Engine], queries: int) -> dict[str, Any]:
    """Each question to each engine, one after the other, so that all see the same machine."""
    times: dict[str, dict[str, Times]] = {name: {} for name in engines}
    bare: list[float] = []
    found: list[float] = []
    differing: list[str] = []
    for question in corpus.questions(queries):
        totals = set()
        for name, engine in engines.items():
            if name == "fts5" and question.group in UNASKED:
                continue
            totals.add(asked(engine, question, times[name]))
            if isinstance(engine, Served):
                found.append(engine.found_ms)
                bare.append(engine.bare())
        if len(totals) > 1:
            differing.append(question.request.query)
    result: dict[str, Any] = {
        name: {group: kept.told() for group, kept in groups.items()} for name, groups in times.items()
    }
    result["queries_with_other_totals"] = differing
    if bare:
        over = round(sum(found) / sum(bare), 3)
        result["elasticsearch_over_bare"] = {
            "ratio": over,
            "ratio_p50": round(percentile(found, 0.5) / percentile(bare, 0.5), 3),
            "ratio_with_snippets": round(sum(times["elasticsearch"]["all"].wall) / sum(bare), 3),
            "p50_bare_ms": percentile(bare, 0.5),
            "p95_bare_ms": percentile(bare, 0.95),
            "met": over <= AIM_OVER_BARE,
        }
    for other in set(engines) - {"tantivy"}:
        groups = {name for name in times[other] if name in times["tantivy"]}
        result[f"tantivy_to_{other}_p95_wall"] = {
            name: round(percentile(times["tantivy"][name].wall, 0.95) / percentile(times[other][name].wall, 0.95), 3)
            for name in sorted(groups)
        }
    return result


def missed(classes: Mapping[str, Mapping[str, Any]]) -> dict[str, list[float]]:
    """Classes of the embedded index beyond the aim: their p95 and p99."""
    return {
        name: [told["p95_cpu_ms"], told["p99_cpu_ms"]]
        for name, told in classes.items()
        if name != "all" and (told["p95_cpu_ms"] > AIM_P95_MS or told["p99_cpu_ms"] > AIM_P99_MS)
    }


def slopes(sizes: Mapping[int, Mapping[str, Mapping[str, Any]]]) -> dict[str, float]:
    """By class: the power of the number of documents with which p95 grew from the least size to the greatest."""
    least, most = min(sizes), max(sizes)
    if least == most:
        return {}
    power = math.log(most / least)
    return {
        name: round(math.log(told["p95_cpu_ms"] / sizes[least][name]["p95_cpu_ms"]) / power, 2)
        for name, told in sizes[most].items()
        if name in sizes[least]
    }


# While documents come in


def come_in(first: int, folder: Path) -> None:
    """In a process of its own: documents at the rate of `INCOMING_PER_S`, until the standard input ends."""
    index, corpus = TantivyIndex(folder), Corpus(first)

    def more(taken: int) -> int:
        return index.add(corpus.document(first + taken + each) for each in range(_INCOMING_BATCH))

    before = more(0)
    print("ready", flush=True)
    begun, used, taken = time.monotonic(), time.process_time(), 0
    while not select.select([sys.stdin], [], [], max(0.0, begun + taken / INCOMING_PER_S - time.monotonic()))[0]:
        taken += more(before + taken)
    seconds, used = time.monotonic() - begun, time.process_time() - used
    print(json.dumps({"per_s": round(taken / seconds, 1), "writer_cpu_share": round(used / seconds, 2)}))


def busy(corpus: Corpus, folder: Path, queries: int) -> dict[str, Any]:
    """Questions that were not put before, in turn without and with documents that come in, on a copy by links."""
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        copied = Path(scratch) / "index"
        # No file of an index is ever written to again; what changes is replaced.
        subprocess.run(["cp", "-al", str(folder), str(copied)], check=True)  # noqa: S607
        engine = Embedded(copied)
        quiet: dict[str, Times] = {}
        for question in corpus.questions(queries, seed=2):
            asked(engine, question, quiet)
        command = [sys.executable, "-P", __file__, "--come-in", str(corpus.documents), "--folder", str(copied)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdin is not None
            assert writer.stdout is not None
            writer.stdout.readline()
            meanwhile: dict[str, Times] = {}
            for question in corpus.questions(queries, seed=3):
                asked(engine, question, meanwhile)
            writer.stdin.close()
            rate: dict[str, Any] = json.loads(writer.stdout.read())
    before, after = quiet["all"].told(), meanwhile["all"].told()
    ratio = {name: round(after[f"p95_{name}_ms"] / before[f"p95_{name}_ms"], 2) for name in ("cpu", "wall")}
    # On a machine that does not let so many come in, nothing is proved.
    met = ratio["wall"] <= AIM_TIMES if rate["per_s"] >= 0.9 * INCOMING_PER_S else None
    return {"quiet": before, "meanwhile": after, "ratio_p95": ratio, "met": met} | rate


def one_size(corpus: Corpus, said: argparse.Namespace, kept: Path, scratch: Path) -> dict[str, Any]:
    """All figures at one size."""
    folder = kept / f"tantivy-{FORMAT}-{corpus.documents}"
    result: dict[str, Any] = {"tantivy": built(corpus.documents, folder, said.texts)}
    engines: dict[str, Engine] = {"tantivy": Embedded(folder)}
    opened = engines["tantivy"]
    assert isinstance(opened, Embedded)
    result["tantivy"]["segments"] = opened.index._searcher().searcher.num_segments  # noqa: SLF001 - told nowhere else
    if corpus.documents <= said.fts5:
        wall, cpu = time.perf_counter(), time.process_time()
        engines["fts5"] = other = Fts5(scratch / f"fts5-{corpus.documents}")
        other.build(corpus)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        result["fts5"] = {
            "build_docs_per_s": round(corpus.documents / wall),
            "build_docs_per_cpu_s": round(corpus.documents / cpu),
            "bytes_per_doc": size(scratch / f"fts5-{corpus.documents}") // corpus.documents,
        }
    url = os.environ.get("LUUTRU_SEARCH__ELASTICSEARCH__URL", "")
    if url and corpus.documents <= said.elasticsearch:
        wall = time.perf_counter()
        engines["elasticsearch"] = Served(url, corpus)
        result["elasticsearch"] = {"build_docs_per_s": round(corpus.documents / (time.perf_counter() - wall))}
    for name, told in put(corpus, engines, said.queries).items():
        if name in engines:
            result[name]["classes"] = told
        else:
            result[name] = told
    result["missed_p95_p99_cpu_ms"] = missed(result["tantivy"]["classes"])
    return result


def sized(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--sizes", type=sized, default=[10_000, 100_000], help="numbers of documents, by commas")
    arguments.add_argument("--queries", type=int, default=40, help="of each of the fourteen classes")
    arguments.add_argument("--folder", type=Path, help="where indexes are kept and used again; default: nowhere")
    arguments.add_argument("--texts", type=Path, help="folder of real texts (.txt, pages parted by form feeds)")
    arguments.add_argument("--fts5", type=int, default=10_000, help="up to how many documents FTS5 is measured too")
    arguments.add_argument("--elasticsearch", type=int, default=100_000, help="the same of Elasticsearch")
    arguments.add_argument("--build", type=int, help=argparse.SUPPRESS)
    arguments.add_argument("--come-in", type=int, help=argparse.SUPPRESS)
    said = arguments.parse_args()
    texts = texts_of(said.texts)
    if said.build:
        print(json.dumps(build(Corpus(said.build, texts), said.folder)))
        return
    if said.come_in:
        come_in(said.come_in, said.folder)
        return
    result: dict[str, Any] = {"bench": "search", "load_before": round(os.getloadavg()[0], 1), "real_texts": len(texts)}
    with tempfile.TemporaryDirectory() as scratch:
        kept = said.folder or Path(scratch)
        sizes = {}
        for documents in said.sizes:
            sizes[documents] = one_size(Corpus(documents, texts), said, kept, Path(scratch))
        largest = Corpus(max(said.sizes), texts)
        result["while_100_documents_a_second_come_in"] = busy(
            largest, kept / f"tantivy-{FORMAT}-{largest.documents}", max(1, said.queries // 2)
        )
    classes = {documents: told["tantivy"]["classes"] for documents, told in sizes.items()}
    result |= {"sizes": sizes, "slopes_p95_cpu": slopes(classes)}
    result["peak_rss_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    result["load_after"] = round(os.getloadavg()[0], 1)
    print(json.dumps(result, ensure_ascii=False))
    sys.exit(1 if any(told["queries_with_other_totals"] for told in sizes.values()) else 0)


if __name__ == "__main__":
    main()
