"""clamd: a malware scanner in its own process, asked over its INSTREAM protocol. Fails closed.

The client is our own: the one on PyPI loses clamd's answer when a stream is
over the size limit (docs/decisions/0052). This process reads the file and
sends its bytes; clamd needs no access to the folder, and parses alone.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from ingest.facts import Tool
from metadata.digests import chunks_of
from metadata.errors import ArchiveError, ToolUnreadableError, UsageError

_LONGEST_REPLY = 1 << 16
_CLEAN = "stream: OK"
_FOUND_PREFIX, _FOUND_SUFFIX = "stream: ", " FOUND"


class ScannerUnreachableError(ArchiveError):
    """clamd cannot be asked. Never to be read as clean."""

    code: ClassVar[str] = "clamd.unreachable"

    def __init__(self, address: str, reason: str) -> None:
        self.address = address
        self.reason = reason
        super().__init__(f"clamd at {address} cannot be asked: {reason}; cure: systemctl start clamav-daemon")


class ScannerRefusedError(ArchiveError):
    """clamd was asked and could not say (over its stream limit, engine error). Never to be read as clean."""

    code: ClassVar[str] = "clamd.refused"

    def __init__(self, path: str, answer: str) -> None:
        self.path = path
        self.answer = answer
        super().__init__(
            f"clamd could not scan {path!r}: {answer}; cure: raise StreamMaxLength, MaxFileSize and MaxScanSize"
        )


@dataclass(frozen=True, slots=True)
class ClamdScanner:
    """See `ingest.ports.MalwareScanner`. Thread-safe: a connection a question.

    Args:
        address: Path of a Unix socket, or `host:port`.
        timeout: Longest silence of clamd; its own limits end a scan earlier.

    Raises:
        UsageError: `address` is neither.
    """

    address: str
    timeout: timedelta = timedelta(minutes=5)

    def __post_init__(self) -> None:
        host, _, port = self.address.rpartition(":")
        if not self.address.startswith("/") and not (host and port.isdigit()):
            msg = f"{self.address!r} is neither the path of a socket nor host:port"
            raise UsageError(msg)

    def scan(self, path: Path) -> str | None:
        """See `MalwareScanner.scan`.

        Raises:
            ScannerUnreachableError, ScannerRefusedError, ToolUnreadableError: never to be read as clean.
            OSError: the file cannot be read.
        """
        with path.open("rb") as stream:
            reply = self._ask(b"INSTREAM", chunks_of(stream))
        if reply == _CLEAN:
            return None
        if reply.startswith(_FOUND_PREFIX) and reply.endswith(_FOUND_SUFFIX):
            return reply[len(_FOUND_PREFIX) : -len(_FOUND_SUFFIX)]
        if reply.endswith("ERROR"):
            raise ScannerRefusedError(path.name, reply)
        raise ToolUnreadableError("clamd", reply)

    def tool(self) -> Tool:
        """See `MalwareScanner.tool`; the version holds those of engine and signatures, and the signatures' date."""
        reply = self._ask(b"VERSION")
        if not reply.startswith("ClamAV "):
            raise ToolUnreadableError("clamd", reply)
        return Tool(name="clamd", version=reply.removeprefix("ClamAV "))

    def _ask(self, command: bytes, chunks: Iterable[bytes] | None = None) -> str:
        try:
            with self._connected() as line:
                line.sendall(b"z" + command + b"\0")
                # Over its stream limit clamd answers and hangs up while we still send: the answer is there to be read.
                with suppress(BrokenPipeError, ConnectionResetError):
                    for piece in _framed(chunks) if chunks is not None else ():
                        line.sendall(piece)
                return _reply(line)
        except OSError as error:
            raise ScannerUnreachableError(self.address, str(error)) from error

    def _connected(self) -> socket.socket:
        seconds = self.timeout.total_seconds()
        if self.address.startswith("/"):
            line = socket.socket(socket.AF_UNIX)
            line.settimeout(seconds)
            try:
                line.connect(self.address)
            except OSError:
                line.close()
                raise
            return line
        host, _, port = self.address.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), timeout=seconds)


def _framed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Each chunk behind its length; a length of 0 ends the stream, so no chunk may be empty."""
    for chunk in chunks:
        if chunk:
            yield struct.pack(">I", len(chunk)) + chunk
    yield struct.pack(">I", 0)


def _reply(line: socket.socket) -> str:
    """What clamd said before it hung up.

    Hanging up with our bytes unread makes the kernel report a reset once,
    before it gives what clamd had written: the answer stands behind it.
    """
    reply = bytearray()
    resets = 0
    while len(reply) < _LONGEST_REPLY:
        try:
            part = line.recv(4096)
        except ConnectionResetError:
            resets += 1
            if resets > 1:
                raise
            continue
        if not part:
            break
        reply += part
    text = reply.rstrip(b"\0\n").decode("utf-8", "replace")
    if not text:
        raise ConnectionError("it hung up without an answer")
    return text
