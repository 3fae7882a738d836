"""Dossiers are packed in threads: their first schemas are compiled at the same moment."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PROGRAM = """
import threading
from metadata.xml.schemas import ead_schema, mets_schema, premis_schema

start, failed = threading.Barrier(4), []
def compile_first(schema):
    start.wait()
    try:
        schema()
    except Exception as error:
        failed.append(error)

wanted = (mets_schema, mets_schema, premis_schema, lambda: ead_schema("EAD"))
threads = [threading.Thread(target=compile_first, args=(schema,)) for schema in wanted]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not failed, failed
assert mets_schema() is mets_schema()
"""


def test_schemas_compiled_by_several_threads_at_once_are_whole() -> None:
    for _ in range(4):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr[-2000:]
