"""What the desks of uploads stand on in tests: folders of jobs, and a client that sends whole files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from archive.jobs.workfolder import WorkFolder
from archive.services.uploads import Uploads


@dataclass(frozen=True)
class Folders:
    """Work folders below one folder: the one thing that uploads ask of a runner."""

    root: Path

    def folder(self, job_id: str) -> WorkFolder:
        return WorkFolder(self.root / job_id)


def put(uploads: Uploads, upload_id: str, path: str, data: bytes) -> None:
    """Send one file whole."""
    with uploads.receive(upload_id, path, None) as incoming:
        incoming.write(data)
        digest = incoming.finish()
    uploads.complete(upload_id, path, digest)
