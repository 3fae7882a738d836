"""Where one installation lives: its folders, and the version of their layout."""

from __future__ import annotations

import json
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from archive.durable import write_durably
from archive.errors import NewerHomeError, NoHomeError, OlderHomeError
from archive.version import HOME_FORMAT, VERSION

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


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
    def keys(self) -> Path:
        """Keys of sign-in; hidden from worker processes."""
        return self.path / "keys"

    @property
    def queries(self) -> Path:
        """Queries that were asked, where the setting keeps them."""
        return self.path / "queries"

    @property
    def settings_file(self) -> Path:
        """Settings beside the environment's; may hold secrets, hidden from worker processes."""
        return self.path / "luutru.toml"

    def make(self) -> bool:
        """Make the folders; whether the home is new. It is one once it is `settled`.

        Raises:
            NewerHomeError: a newer version made it.
            WorkFolderFaultError: the disk refused.
        """
        new = not self._version_file.exists()
        if not new:
            self._known()
        # Before anything lies in it: nobody else comes by.
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in (self.database, self.work, self.scratch, self.uploads, self.run, self.receipts, self.trust):
            folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        # Made at once: what a worker process does not see from its start on cannot be hidden from it.
        self.keys.mkdir(parents=True, exist_ok=True, mode=0o700)
        return new

    def settle(self) -> None:
        """Write the version, once the database has it: an upgrade that was broken off is begun again.

        From here on the home is one: before, an installation has its catalogue in memory.

        Raises:
            WorkFolderFaultError: the disk refused.
        """
        self.close()
        said = {"format": HOME_FORMAT, "program": VERSION}
        write_durably(self._version_file, json.dumps(said).encode() + b"\n")

    def close(self) -> None:
        """Let nobody but the account of the service into the home, nor to its secrets by another way.

        What belongs to another account stays as it is: `doctor` tells of it.
        """
        for path in self.open_to_others():
            with suppress(OSError):
                path.chmod(path.stat().st_mode & ~_OTHERS)

    def open_to_others(self) -> list[Path]:
        """What other accounts of the machine may get at and must not: the home, keys, settings, databases."""
        secret = [self.path, self.keys, self.settings_file, self.database]
        secret += [path for folder in (self.keys, self.database) if folder.is_dir() for path in folder.iterdir()]
        return [path for path in secret if path.exists() and path.stat().st_mode & _OTHERS]

    def check(self) -> None:
        """Refuse what this version cannot use.

        Raises:
            NoHomeError: nothing is there.
            NewerHomeError: a newer version made it.
            OlderHomeError: an older version made it, and `luutru init` has not upgraded it.
        """
        found = self._known()
        if found < HOME_FORMAT:
            raise OlderHomeError(found=found, known=HOME_FORMAT, program=VERSION)

    def _known(self) -> int:
        try:
            found = json.loads(self._version_file.read_text(encoding="utf-8"))["format"]
        except FileNotFoundError:
            raise NoHomeError(str(self.path)) from None
        if found > HOME_FORMAT:
            raise NewerHomeError(found=found, known=HOME_FORMAT, program=VERSION)
        return int(found)

    @property
    def _version_file(self) -> Path:
        return self.path / "home.json"
