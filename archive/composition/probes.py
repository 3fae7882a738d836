"""Which outside tools are there, for `doctor`."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.engines.libreoffice import program
from ingest.engines.siegfried import SiegfriedIdentifier
from ingest.facts import Tool
from ingest.ports import Limits, Workers

_LIMITS = Limits(cpu_seconds=30, wall_seconds=60)


@dataclass(frozen=True, slots=True)
class Probes:
    """Asks the tools that the archive uses."""

    workers: Workers

    def tesseract(self) -> Tool:
        """The OCR engine with its model.

        Raises:
            ToolMissingError: library or model is missing; the cure is in it.
        """
        answer = self.workers.submit("ingest.engines.tesseract:tool", {}, limits=_LIMITS).result()
        return Tool.model_validate(answer.value["tool"])

    def siegfried(self) -> tuple[Tool, ...]:
        """The format identifier with its signatures, and libmagic.

        Raises:
            ToolMissingError: one of them is missing.
        """
        return SiegfriedIdentifier(self.workers).tools()

    def mediainfo(self) -> Tool:
        """What measures films and recordings.

        Raises:
            ToolMissingError: it is not installed; the cure is in it.
        """
        answer = self.workers.submit("ingest.engines.mediainfo:tool", {}, limits=_LIMITS).result()
        return Tool.model_validate(answer.value["tool"])

    def libreoffice(self) -> Tool:
        """The office suite.

        Raises:
            ToolMissingError: it is not installed; the cure is in it.
        """
        path, version = program()
        return Tool(name=path.name, version=version)
