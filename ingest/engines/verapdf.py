"""veraPDF, the reference judge of PDF/A, as long-lived Java processes behind a line protocol.

Optional for users: without it what files claim stays "claimed, not confirmed". The
folder holds `verapdf-cli.jar` and `verapdf-lines.jar` (recipe: tests/servers/verapdf).
One request at a time a process; a process is replaced when it hangs, dies or has grown old.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Self

from ingest.facts import Tool
from ingest.ports import PdfaVerdict
from metadata.errors import ToolMissingError, ToolUnreadableError

JARS = ("verapdf-cli.jar", "verapdf-lines.jar")
CURE = "apt install openjdk-17-jre-headless; mvn -q -B package in tests/servers/verapdf; set the folder of both jars"
HEAP_MIB = 1024
ADDRESS_SPACE_MIB = HEAP_MIB + 3072
"""A Java machine reserves far more than it uses: with less than heap + 3 GiB it does not start."""

TEMPORARY_MIB = 2048
FILES_PER_PROCESS = 500
START_SECONDS = 60.0
GRACE_SECONDS = 15.0
"""What a request may take above its limit before the process is given up."""

_STATUS = {
    "valid": "valid",
    "invalid": "invalid",
    "no_claim": "no_claim",
    "encrypted": "unreadable",
    "not_pdf": "unreadable",
    # The library gave up on the file, or the file on the limits: twice the same, but no verdict.
    "error": "unsure",
    "timeout": "unsure",
    "memory": "unsure",
    "died": "unsure",
}
_OPTIONS = (
    *("-Xms64m", "-Xss4m", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-XX:TieredStopAtLevel=1"),
    *("-XX:MaxMetaspaceSize=192m", "-XX:ReservedCodeCacheSize=96m", "-XX:CompressedClassSpaceSize=128m"),
    "-Djava.awt.headless=true",
)


class _Process:
    """One Java process with its reader thread and its own temporary folder."""

    def __init__(self, home: Path, java: str, timeout_seconds: float) -> None:
        self.files = 0
        self._scratch = tempfile.mkdtemp(prefix="luutru-verapdf-")
        self._answers: queue.Queue[dict[str, Any] | None] = queue.Queue()
        kept = {key: value for key, value in os.environ.items() if key in {"PATH", "JAVA_HOME"}}
        try:
            self._process = subprocess.Popen(
                [
                    java,
                    f"-Xmx{HEAP_MIB}m",
                    *_OPTIONS,
                    f"-Djava.io.tmpdir={self._scratch}",
                    f"-Dlines.timeout={timeout_seconds}",
                    "-jar",
                    str(home / JARS[1]),
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                # Java 17 cannot open "Quyết định.pdf" in the C locale.
                env=kept | {"LC_ALL": "C.UTF-8"},
            )
        except FileNotFoundError as error:
            shutil.rmtree(self._scratch, ignore_errors=True)
            raise ToolMissingError("Java", CURE) from error
        self._limit()
        assert self._process.stdout is not None  # noqa: S101 - asked for above
        threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True).start()
        ready = self._next(START_SECONDS)
        if not ready or not ready.get("ready"):
            self.stop()
            raise ToolUnreadableError("veraPDF", f"did not start from {home}: {ready}")
        self.version = str(ready["verapdf"])

    def _limit(self) -> None:
        for kind, mebibytes in ((resource.RLIMIT_AS, ADDRESS_SPACE_MIB), (resource.RLIMIT_FSIZE, TEMPORARY_MIB)):
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(self._process.pid, kind, (mebibytes << 20, mebibytes << 20))

    def _read(self, lines: IO[bytes]) -> None:
        try:
            for line in lines:
                self._answers.put(json.loads(line))
        except ValueError:
            # Either not JSON (no verdict may come of it), or the pipe was closed by `stop`.
            self._answers.put({"status": "garbled", "exiting": True})
        self._answers.put(None)

    def _next(self, seconds: float) -> dict[str, Any] | None:
        try:
            return self._answers.get(timeout=seconds)
        except queue.Empty:
            return {"status": "timeout", "exiting": True}

    def ask(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        self.files += 1
        assert self._process.stdin is not None  # noqa: S101 - asked for above
        try:
            self._process.stdin.write((json.dumps(request) + "\n").encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            return {"status": "died", "exiting": True}
        return self._next(seconds) or {"status": "died", "exiting": True}

    def stop(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        shutil.rmtree(self._scratch, ignore_errors=True)


class VeraPdfJudge:
    """`PdfaJudge` over one or two Java processes; safe to call from several threads.

    Starts nothing before the first question (1 s). `close` ends the processes; they
    also end by themselves when this process dies, for their standard input closes.
    """

    def __init__(self, home: Path, *, java: str = "java", processes: int = 1, timeout_seconds: float = 60.0) -> None:
        self._home, self._java, self._timeout = home, java, timeout_seconds
        self._idle: queue.LifoQueue[_Process | None] = queue.LifoQueue()
        for _ in range(processes):
            self._idle.put(None)
        self._version: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def tool(self) -> Tool:
        """See PdfaJudge.tool. Starts a process when none has run yet."""
        if self._version is None:
            with self._borrowed():
                pass
        return Tool(name="veraPDF", version=self._version or "")

    def check(self, path: Path, flavour: str | None) -> PdfaVerdict:
        """See PdfaJudge.check. A limit that the file breaks is `unsure`, never `invalid`."""
        request = {
            "path": str(path.absolute()),
            "flavour": flavour or "claim",
            "timeout_s": self._timeout,
            "details": 1,
        }
        with self._borrowed() as lent:
            answer = lent[0].ask(request, self._timeout + GRACE_SECONDS)
            if answer.get("exiting") or lent[0].files >= FILES_PER_PROCESS:
                lent[0].stop()
                lent.clear()
        return _verdict(answer, path)

    def close(self) -> None:
        """End the processes; the judge may be used again and starts new ones."""
        slots = []
        with contextlib.suppress(queue.Empty):
            while True:
                slots.append(self._idle.get_nowait())
        for process in slots:
            if process is not None:
                process.stop()
            self._idle.put(None)

    @contextlib.contextmanager
    def _borrowed(self) -> Iterator[list[_Process]]:
        process = self._idle.get()
        lent: list[_Process] = []
        try:
            if process is None:
                process = self._started()
            lent.append(process)
            yield lent
        finally:
            self._idle.put(lent[0] if lent else None)

    def _started(self) -> _Process:
        missing = [jar for jar in JARS if not (self._home / jar).exists()]
        if missing or shutil.which(self._java) is None:
            raise ToolMissingError("veraPDF" if missing else "Java", CURE)
        process = _Process(self._home, self._java, self._timeout)
        self._version = process.version
        return process


def _verdict(answer: Mapping[str, Any], path: Path) -> PdfaVerdict:
    status = str(answer.get("status"))
    if status == "no_file":
        raise ToolUnreadableError("veraPDF", f"cannot open {path.name}")
    if status not in _STATUS:
        raise ToolUnreadableError("veraPDF", json.dumps(dict(answer))[:300])
    failed = answer.get("failed") or []
    return PdfaVerdict(
        status=_STATUS[status],
        flavour=answer.get("flavour"),
        rules=tuple(str(row["rule"]) for row in failed),
        detail="; ".join(str(row.get("what", "")) for row in failed)[:300]
        or str(answer.get("why", ""))[:300]
        or status,
    )
