"""The reader "container": a ZIP or TAR is opened, and the other readers are asked about what it holds."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.durable import sync
from ingest.ports import Reader
from ingest.readers.containers import DEEPEST, Containers, Opened, inner, is_container, only_container, writing
from ingest.readers.listing import shown
from metadata.corrections import NAME as CORRECTIONS
from metadata.descriptions import Delivery, ReceivedContainer
from metadata.findings import Finding


@dataclass(frozen=True, slots=True)
class ContainerReader:
    """Opens containers, through one folder in another and one container in another, for the readers of folders.

    Args:
        containers: Opens them.
        readers: Asked in order about what was inside; the last one answers where none knows it.
    """

    containers: Containers
    readers: Sequence[Reader]
    added: Path | None = None
    """See `Reading.added`."""

    name: str = "container"

    def recognises(self, path: Path) -> bool:
        """See `Reader.recognises`: a file called like a container, or a folder that holds nothing but one."""
        return is_container(path) or (path.is_dir() and only_container(path) is not None)

    def read(self, path: Path, room: Path) -> Delivery:
        """See `Reader.read`.

        A container that is refused gives a delivery without dossiers, and every reason.

        Raises:
            DeliveryUnreadableError: the container, or what it holds, may not be read.
            RoomUnwritableError: the room may not be written to.
        """
        opened: list[Opened] = []
        inside = path
        while (container := inside if is_container(inside) else only_container(inside)) is not None:
            if len(opened) == DEEPEST:
                return _refused(path, opened, Finding(rule="CON-010", subject=container.name))
            found = self.containers.opened(container, room / str(len(opened) + 1))
            opened.append(found)
            if found.refused:
                return _refused(path, opened)
            inside = inner(found.root)
        laid = lay_over(self.added, inside) if self.added is not None else ()
        delivery = self._reader(inside).read(inside, room / "inside")
        return delivery.model_copy(
            update={
                "containers": tuple(_kept(opened, Path(delivery.root))),
                "findings": (*_told(opened), *_added(path, laid), *delivery.findings),
            }
        )

    def _reader(self, folder: Path) -> Reader:
        return next((reader for reader in self.readers if reader.recognises(folder)), self.readers[-1])


def _kept(opened: Sequence[Opened], root: Path) -> Iterator[ReceivedContainer]:
    """What is kept of the containers; names as written are those of the delivery's own files, by their paths in it."""
    for found in opened:
        if found.container is None:
            continue
        written: dict[str, str] = {}
        for path, name in found.container.written.items():
            place = found.root / path
            if place.is_relative_to(root):
                written[place.relative_to(root).as_posix()] = name
        yield found.container.model_copy(update={"written": written})


def _told(opened: Sequence[Opened]) -> tuple[Finding, ...]:
    return tuple(finding for found in opened for finding in found.findings)


def lay_over(added: Path, inside: Path) -> tuple[str, ...]:
    """Copy the files below `added` over those of the same paths below `inside`; their paths. Durable on return.

    Raises:
        RoomUnwritableError: the room may not be written to.
    """
    laid = []
    with writing(inside):
        for source in sorted(path for path in added.rglob("*") if path.is_file()):
            relative = source.relative_to(added)
            target = inside / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            shutil.copyfile(source, target)
            sync(target)
            sync(target.parent)
            laid.append(relative.as_posix())
    return tuple(laid)


def _added(path: Path, laid: Sequence[str]) -> tuple[Finding, ...]:
    """That the delivery is not what the container alone holds."""
    files = [shown(name) for name in laid if name != CORRECTIONS]
    if not files:
        return ()
    values = {"count": str(len(files)), "examples": ", ".join(files[:5])}
    return (Finding(rule="CON-025", subject=path.name, values=values),)


def _refused(path: Path, opened: Sequence[Opened], *more: Finding) -> Delivery:
    return Delivery(
        reader="container",
        profile="05-2025",
        root=str(path.resolve().parent),
        findings=(*_told(opened), *more),
    )
