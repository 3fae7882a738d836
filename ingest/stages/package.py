"""Stage `package`: the legal package (AIP) of a dossier, judged before it is given."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from ingest.facts import (
    Fact,
    Formats,
    Judged,
    Keepsake,
    Packaged,
    PackagedPart,
    Received,
    Renditions,
    Texts,
    Tool,
    Validated,
)
from ingest.packaging.folder import PartFolder
from ingest.packaging.parts import Part, Plan
from ingest.packaging.provenance import ArchiveBody
from ingest.packaging.writing import Maker, PartWriter
from ingest.work import WorkItem
from metadata.errors import ArchiveError
from metadata.findings import Finding
from metadata.package import PackageBrokenError
from metadata.package_check import check_package
from metadata.time import Clock, rfc3339


class PackageNotWrittenError(ArchiveError):
    """The work folder could not be read or written: disk full, a received file gone."""

    code: ClassVar[str] = "package.not_written"

    def __init__(self, error: OSError) -> None:
        self.errno = error.errno
        self.path = str(error.filename or "")
        super().__init__(f"the package could not be written: {error.strerror or error} {self.path}".strip())


@dataclass(frozen=True, slots=True)
class Package:
    """Makes the package; originals are not copied, only metadata are written.

    The same facts, clock and identifiers give the same bytes. What it made is
    judged by every PKG rule, bytes included, before it is handed on: a package
    that breaks one is a defect of the program, so a fault, never a rejection.
    """

    name: ClassVar[str] = "package"
    needs: ClassVar[tuple[type[Fact], ...]] = (Received, Formats, Validated, Judged, Texts, Renditions)
    gives: ClassVar[type[Fact]] = Packaged

    clock: Clock
    program: Tool
    """This program, as PREMIS and METS name it."""

    archive: ArchiveBody
    agency_name: Callable[[str], str]
    """Name of the agency with a code; empty where it is not known."""

    def run(self, item: WorkItem) -> Packaged:
        """See `Stage.run`.

        Raises:
            PackageBrokenError: what was made breaks a PKG rule.
            PackageNotWrittenError: the disk is full, or the like.
            ToolMissingError: the published schemas were not fetched.
        """
        try:
            # A run that was interrupted leaves half a package: it is made anew.
            shutil.rmtree(item.room(self.name))
            return self._made(item)
        except OSError as error:
            raise PackageNotWrittenError(error) from error

    def _made(self, item: WorkItem) -> Packaged:
        maker = Maker(
            program=self.program,
            archive=self.archive,
            agency_name=self.agency_name(item.agency),
            created_at=rfc3339(self.clock.now()),
            time_source=self.clock.source,
        )
        plan = Plan(item)
        packaged: list[PackagedPart] = []
        held: list[Keepsake] = []
        placed, count = 0, plan.count
        for done, part in enumerate(plan.parts(), start=1):
            packaged.append(self._packaged(item, part, maker))
            held += _held(part)
            placed += sum(1 for _ in (*part.sources, *part.originals()))
            item.tell(done, count)
        self._count(item, placed)
        return Packaged(parts=tuple(packaged), keepsakes=(*item.fact(Judged).keepsakes, *held))

    def _packaged(self, item: WorkItem, part: Part, maker: Maker) -> PackagedPart:
        folder = PartFolder(item.folder, item.room(self.name) / f"part-{part.number}")
        PartWriter(item, part, maker, folder).write()
        folder.settle()
        files = folder.files()
        broken = check_package(folder.open, [file.path for file in files], part.package_id)
        if broken:
            raise PackageBrokenError(broken)
        return PackagedPart(package_id=part.package_id, files=files)

    @staticmethod
    def _count(item: WorkItem, placed: int) -> None:
        received = item.fact(Received).files
        if placed != len(received):
            values = {"expected": str(len(received)), "found": str(placed)}
            raise PackageBrokenError((Finding(rule="PKG-006", subject=item.dossier.file_code, values=values),))


def _held(part: Part) -> Iterator[Keepsake]:
    for file in (file for file in part.sources if file.held):
        yield Keepsake(sha256=file.received.sha256, source=file.received.stored)
