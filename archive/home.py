"""Where one installation lives: its folders, and the version of their layout."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from archive.durable import write_durably
from archive.errors import NewerHomeError, NoHomeError
from archive.version import HOME_FORMAT, VERSION


@dataclass(frozen=True, slots=True)
class Home:
    """Paths below `LUUTRU_HOME`."""

    path: Path

    @property
    def database(self) -> Path:
        """Databases; hidden from worker processes."""
        return self.path / "database"

    @property
    def storage(self) -> Path:
        """Packages, where storage is the file system."""
        return self.path / "storage"

    @property
    def index(self) -> Path:
        """The embedded index."""
        return self.path / "index"

    @property
    def work(self) -> Path:
        """Quarantine and work folders of jobs."""
        return self.path / "work"

    @property
    def scratch(self) -> Path:
        """Scratch folders of worker processes, on the disk of the quarantine."""
        return self.path / "work" / "scratch"

    @property
    def uploads(self) -> Path:
        """Deliveries that came over HTTP."""
        return self.path / "work" / "uploads"

    @property
    def run(self) -> Path:
        """Locks of living processes."""
        return self.path / "run"

    @property
    def receipts(self) -> Path:
        """Receipts of submissions."""
        return self.path / "receipts"

    @property
    def trust(self) -> Path:
        """The trust store."""
        return self.path / "trust"

    @property
    def revocation(self) -> Path:
        """Revocation data that still holds; a cache, may be deleted."""
        return self.path / "revocation"

    @property
    def settings_file(self) -> Path:
        """Settings beside the environment's; may hold secrets, hidden from worker processes."""
        return self.path / "luutru.toml"

    def make(self) -> bool:
        """Make the folders and write the version; whether the home is new.

        Raises:
            NewerHomeError: a newer version made it.
            WorkFolderFaultError: the disk refused.
        """
        new = not self._version_file.exists()
        if not new:
            self.check()
        for folder in (self.database, self.work, self.scratch, self.uploads, self.run, self.receipts, self.trust):
            folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        said = {"format": HOME_FORMAT, "program": VERSION}
        write_durably(self._version_file, json.dumps(said).encode() + b"\n")
        return new

    def check(self) -> None:
        """Refuse what this version cannot use.

        Raises:
            NoHomeError: nothing is there.
            NewerHomeError: a newer version made it.
        """
        try:
            found = json.loads(self._version_file.read_text(encoding="utf-8"))["format"]
        except FileNotFoundError:
            raise NoHomeError(str(self.path)) from None
        if found > HOME_FORMAT:
            raise NewerHomeError(found=found, known=HOME_FORMAT, program=VERSION)

    @property
    def _version_file(self) -> Path:
        return self.path / "home.json"
