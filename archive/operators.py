"""Who works with the command line, until people sign in."""

from __future__ import annotations

import getpass


def operator_name() -> str:
    """Name of the account that runs the command, for the audit trail."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
