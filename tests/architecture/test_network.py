"""Who may speak to the network, and that nothing else learns how."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("archive", "ingest", "search", "storage", "metadata")
SPEAKING = {"http.client", "urllib.request", "urllib3", "requests", "httpx", "httpx2", "aiohttp", "ftplib", "smtplib"}
HOME = "archive/preservation/fetching.py"


@cache
def _imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_one_module_asks_the_network_for_evidence() -> None:
    """Storage on S3 speaks through boto3, the malware scanner over its own socket; nobody else asks anything."""
    guilty = {
        path.relative_to(ROOT).as_posix()
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if _imported(path) & SPEAKING
    }
    assert guilty == {HOME}


def test_whoever_asks_an_address_of_a_certificate_asks_the_allow_list_first() -> None:
    users = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "archive").rglob("*.py")
        if "archive.preservation.fetching.Question" in _imported(path)
    }
    # The provider of sign-in is asked at the address of its settings (`tests/integration/test_sign_in_by_provider.py`).
    assert users - {"archive/composition/providers.py"} == {
        "archive/preservation/timestamps/client.py",
        "archive/preservation/trust/broker.py",
    }
