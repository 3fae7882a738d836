"""The program's own name and version, as it signs events and packages."""

from __future__ import annotations

VERSION = "0.1.0"
"""Kept equal to pyproject.toml by a test; reading package metadata would cost 50 ms a start."""

AGENT = f"software:luutru/{VERSION}"

HOME_FORMAT = 13
"""Version of the home: number of the database's last migration. A home of a newer one is refused, an older one is
upgraded by `luutru init`."""
