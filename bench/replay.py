"""How fast verdicts are given again, and proofs checked: `PYTHONPATH=. python -P bench/replay.py`, one JSON line.

One process, warm: verdicts a second of CPU by level, from the kept evidence
alone (every object digested and parsed as it would be for another document).
Beside it the same checks in `luutru-verify.pyz` on a bare Python, a new process
each, and a proof's check inside this process.
"""

from __future__ import annotations

import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from archive.demo.pki import new_pki
from archive.preservation.proofs.verification import Auditor, check
from archive.preservation.signatures.kept_verdicts import KeptVerdicts
from archive.preservation.signatures.replay_task import RoomMaterial
from archive.preservation.signatures.replaying import replay
from scripts.build_verifier import build
from tests.fixtures.pki import LONG, SIGNED, TODAY, Corpus
from tests.generators.proofs import VERDICT, ProofParts, signed_proof

SECONDS = 3.0
PROCESSES = 8


def laid_out(parts: ProofParts, room: Path) -> KeptVerdicts:
    """The material of one file as the task finds it."""
    (room / "objects").mkdir(parents=True)
    (original,) = parts.originals
    (room / f"original{Path(original).suffix}").write_bytes(parts.files[original])
    for name, data in parts.objects.items():
        (room / "objects" / name).write_bytes(data)
    return KeptVerdicts.of_json(json.loads(parts.files[VERDICT]))


def rate(call: Callable[[], int]) -> float:
    """Things a second of CPU; `call` says how many it did."""
    call()
    done, start = 0, time.process_time()
    while time.process_time() - start < SECONDS:
        done += call()
    return done / (time.process_time() - start)


def replays(parts: ProofParts, room: Path) -> float:
    kept = laid_out(parts, room)

    def once() -> int:
        assert replay(kept, RoomMaterial(room)).same
        return len(kept.verdicts)

    return rate(once)


def checks(data: bytes, root: bytes) -> float:
    def once() -> int:
        assert check(io.BytesIO(data), Auditor((root,), TODAY + timedelta(days=2))).ok
        return 1

    return rate(once)


def seconds_of_verifier(data: bytes, root: bytes, folder: Path) -> float:
    """Median CPU seconds of a whole process."""
    (folder / "anchors").mkdir()
    (folder / "anchors" / "root.der").write_bytes(root)
    (folder / "verify.pyz").write_bytes(build())
    (folder / "proof.zip").write_bytes(data)
    command = [sys.executable, "-I", "-S", "verify.pyz", "proof.zip", "--trust", "anchors", "--json"]
    spent = []
    for _ in range(PROCESSES):
        before = os.times()
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        after = os.times()
        assert b'"step": "replay", "ok": true' in done.stdout, done.stdout
        spent.append(after.children_user + after.children_system - before.children_user - before.children_system)
    return statistics.median(spent)


def main() -> None:
    pki = new_pki(SIGNED - timedelta(days=730), SIGNED + LONG)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus = Corpus(folder, pki)
        files = {"B-B": corpus.signed(), "B-T": corpus.stamped(), "B-LT": corpus.blt, "B-LTA": corpus.blta}
        line: dict[str, object] = {"bench": "replay", "load_before": os.getloadavg()[0]}
        for level, data in files.items():
            parts = signed_proof(
                pki,
                data,
                corpus.trust,
                folder,
                judged_at=TODAY,
                stamped_at=TODAY + timedelta(days=1),
                revocation=pki.lists(SIGNED),
            )
            line[f"verdicts_per_second_{level}"] = round(replays(parts, folder / level), 1)
        proof = parts.zip()
        line["proofs_per_second_in_process"] = round(checks(proof, pki.root.der), 1)
        line["verifier_cpu_seconds"] = round(seconds_of_verifier(proof, pki.root.der, folder), 3)
        line["proof_bytes"] = len(proof)
        line["load_after"] = os.getloadavg()[0]
    print(json.dumps(line))


if __name__ == "__main__":
    main()
