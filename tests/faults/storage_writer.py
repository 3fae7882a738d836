"""Writes packages made of the files in a work folder, for tests that end it in the middle."""

from __future__ import annotations

import sys
from pathlib import Path
from uuid import UUID

from archive.clock import SystemClock
from metadata.digests import digests_of_file
from storage.backends.filesystem import FilesystemStore
from storage.errors import StorageFaultError
from storage.holdings import Content
from storage.ledger import Ledger, line_of
from storage.packages import PackageStore

root, work = Path(sys.argv[1]), Path(sys.argv[2])
store = FilesystemStore(root)
packages, ledger = PackageStore(store, SystemClock()), Ledger(store)
packages.init()
for number in range(int(sys.argv[3])):
    files = [
        Content(f"data/Tài liệu {path.name}", path, digests_of_file(path))
        for path in sorted((work / str(number)).iterdir())
    ]
    package_id = str(UUID(int=number, version=4))
    try:
        stored = packages.write(package_id, files, message="Nộp lưu", agent="luutru")
    except StorageFaultError as fault:
        print("fault", fault.reason)
        sys.exit(4)
    ledger.record([line_of(stored)])
    print(package_id, stored.inventory_sha512, flush=True)
