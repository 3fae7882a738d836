#!/usr/bin/env python3
"""The judge of OCFL roots: ocfl-py 2.1.0 in a place of its own.

    judge.py install PLACE     install the locked packages of ocfl.lock into PLACE (uv beside this Python)
    judge.py validate ROOT     with PYTHONPATH=PLACE: one line of JSON about the storage root ROOT

It must not share the product's environment: it wants s3fs, which holds botocore back.
"""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

LOCK = pathlib.Path(__file__).parent / "ocfl.lock"


def install(place: str) -> None:
    uv = pathlib.Path(sys.executable).parent / "uv"
    command = [str(uv), "pip", "install", "-q", "--python", sys.executable, "--require-hashes", "-r", str(LOCK)]
    subprocess.run([*command, "--target", place], check=True, stdin=subprocess.DEVNULL)


def validate(root: str) -> dict[str, object]:
    import ocfl

    storage = ocfl.StorageRoot(root=root)
    # The root's own answer is only about the hierarchy: it is True with bad objects too (seen in 2.1.0).
    ok = storage.validate(log_warnings=True) and storage.good_objects == storage.num_objects
    messages = {}
    for folder, _ in ocfl.StorageRoot(root=root).list_objects():
        passed, validator = ocfl.Object().validate(f"{root}/{folder}")
        told = str(validator).strip()
        if told or not passed:
            messages[folder] = told
    return {
        "ok": ok,
        "objects": storage.num_objects,
        "good": storage.good_objects,
        "errors": storage.errors,
        "root": str(storage.log).strip(),
        "messages": messages,
    }


if __name__ == "__main__":
    if sys.argv[1] == "install":
        install(sys.argv[2])
    else:
        print(json.dumps(validate(sys.argv[2])))
