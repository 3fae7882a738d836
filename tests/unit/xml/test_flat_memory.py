"""Large packages do not need large memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
MANY = 10_000
ALLOWED_MIB = 25

PROGRAM = """
import io, resource, sys
from metadata.xml.mets import FileEntry, Mets, MetsAgent, ROOT_PROFILE, write_mets
from metadata.xml.premis import PREMIS, PremisObject, write_premis
from metadata.xml.reading import elements
from metadata.xml.schemas import premis_schema
from uuid import UUID

def objects(count):
    for number in range(count):
        yield PremisObject(f"d/{number}", f"Tên {number}", "ab" * 32, "cd" * 64, 5, "PDF", "1.7", "fmt/18")

class Entries:
    def __init__(self, count):
        self.count = count
    def __iter__(self):
        return (FileEntry(f"d/{number}", "ab" * 32, 5, "application/pdf") for number in range(self.count))

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

def run(count, path):
    with open(path, "wb") as stream:
        write_premis(stream, "urn:x", objects(count), [], [])
    with open(path, "rb") as stream:
        found = sum(1 for _ in elements(stream, {f"{{{PREMIS}}}object"}, premis_schema())) - 1
    mets = Mets("urn:x", ROOT_PROFILE, "2026-11-28T10:00:00+07:00", (), groups=(("Data", Entries(count)),))
    with open(path, "wb") as stream:
        write_mets(stream, mets, UUID(int=1))
    return found

assert run(100, sys.argv[1]) == 100
before = peak()
assert run(int(sys.argv[2]), sys.argv[1]) == int(sys.argv[2])
print(peak() - before)
"""


def test_memory_does_not_grow_with_the_number_of_files(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "x.xml"), str(MANY)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < ALLOWED_MIB
