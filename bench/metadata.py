"""Reading and judging metadata at growing sizes: one JSON line a section and size, then one with the slope.

`python bench/metadata.py [--section sheet]... [--sizes 1000,10000,100000]`

A section is a module `bench/metadata_NAME.py`, named in `SECTIONS`, with

    SIZES: tuple[int, ...]                                    # smallest first
    TARGETS: dict[str, float]                                 # of the largest size, figure by figure; at most that
    def prepare(size: int, folder: Path) -> None: ...         # makes what is measured; not measured itself
    def measure(size: int, folder: Path) -> dict[str, float]: ...   # `seconds` and what else it wants to tell

`measure` runs in a process of its own: `mib` is what that process needed at
most, `workers_mib` the largest of its workers. The slope is how `seconds` and
`mib` grow from the first to the last size, as an exponent: 1.0 is linear; `kib_each`
is what `mib` grows by for one more.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

# This file has the name of the package that it measures: its folder must not come first.
ROOT = Path(__file__).parents[1]
sys.path[:] = [str(ROOT), *(path for path in sys.path if Path(path) != Path(__file__).parent)]

SECTIONS = ("sheet", "package", "container", "bridge", "edxml", "leaving", "lists", "book")
GROWING = ("seconds", "cpu_seconds", "mib")


def _measured(section: str, size: int, folder: Path) -> dict[str, float]:
    """In this process: figures of one section at one size."""
    figures: dict[str, float] = import_module(f"bench.metadata_{section}").measure(size, folder)
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    figures["cpu_seconds"] = round(sum(usage.ru_utime + usage.ru_stime for usage in used), 2)
    figures["mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    figures.setdefault("workers_mib", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
    return figures


def _alone(section: str, size: int) -> dict[str, Any]:
    """The same in a process that has done nothing else."""
    with tempfile.TemporaryDirectory(prefix=f"luutru-bench-{section}-") as scratch:
        import_module(f"bench.metadata_{section}").prepare(size, Path(scratch))
        command = [sys.executable, "-P", __file__, "--one", section, str(size), scratch]
        done = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, check=False)
    if done.returncode:
        sys.exit(done.stderr.decode(errors="replace"))
    figures = json.loads(done.stdout.splitlines()[-1])
    return {"bench": "metadata", "section": section, "size": size, **figures}


def _slopes(lines: list[dict[str, Any]]) -> dict[str, float]:
    first, last = lines[0], lines[-1]
    if first["size"] == last["size"]:
        return {}
    growth = math.log(last["size"] / first["size"])
    slopes = {name: round(math.log(max(last[name], 1e-3) / max(first[name], 1e-3)) / growth, 2) for name in GROWING}
    return {**slopes, "kib_each": round((last["mib"] - first["mib"]) * 1024 / (last["size"] - first["size"]), 2)}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--section", action="append", choices=SECTIONS)
    arguments.add_argument("--sizes", type=lambda text: tuple(int(part) for part in text.split(",")))
    arguments.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    asked = arguments.parse_args()
    if asked.one:
        section, size, folder = asked.one
        print(json.dumps(_measured(section, int(size), Path(folder))))
        return
    missed = False
    for section in asked.section or SECTIONS:
        module = import_module(f"bench.metadata_{section}")
        lines = []
        for size in asked.sizes or module.SIZES:
            lines.append(_alone(section, size))
            print(json.dumps(lines[-1]), flush=True)
        judged = [line for line in lines if line["size"] == module.SIZES[-1]]
        at_most = module.TARGETS if judged else {}
        over = {name: line[name] for line in judged for name, most in at_most.items() if line[name] > most}
        missed |= bool(over)
        summary = {"slope": _slopes(lines), "targets": at_most, "missed": over}
        print(json.dumps({"bench": "metadata", "section": section, **summary}), flush=True)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
