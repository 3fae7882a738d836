"""Workers for unit tests: tasks run in this process, one after the other, without limits."""

from __future__ import annotations

import importlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from ingest.ports import Answer, Limits


class InlineWorkers:
    """Runs a task at once; arguments and answers go through JSON as in the real pool."""

    size = 1

    def submit(
        self, task: str, arguments: Mapping[str, Any], *, limits: Limits, deposit: Path | None = None
    ) -> Future[Answer]:
        future: Future[Answer] = Future()
        module, _, function = task.partition(":")
        with tempfile.TemporaryDirectory() as scratch:
            try:
                call = getattr(importlib.import_module(module), function)
                value = json.loads(json.dumps(call(scratch=Path(scratch), **json.loads(json.dumps(dict(arguments))))))
                outputs: dict[str, Path] = {}
                for name, relative in (value.pop("outputs", None) or {}).items():
                    assert deposit is not None
                    deposit.mkdir(parents=True, exist_ok=True)
                    target = deposit / Path(relative).name
                    shutil.move(str(Path(scratch) / relative), target)
                    outputs[name] = target
                future.set_result(Answer(value=value, outputs=outputs))
            except Exception as error:  # noqa: BLE001 - the future carries it, as the pool's does
                future.set_exception(error)
        return future
