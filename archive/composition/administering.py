"""Lists of the administration, wired: people, labels, jobs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from archive.catalogue.job_board import JobBoard
from archive.catalogue.label_lists import LabelLists
from archive.catalogue.roster import Roster
from metadata.time import rfc3339

if TYPE_CHECKING:
    from archive.composition.installation import Installation

SILENCE = timedelta(hours=1)
"""A job of which nothing was heard for so long is told as stuck."""


def roster(archive: Installation) -> Roster:
    """Who has an account."""
    return Roster(archive.database)


def label_lists(archive: Installation) -> LabelLists:
    """Labels that people set."""
    return LabelLists(archive.database)


def job_board(archive: Installation) -> JobBoard:
    """Jobs by state."""
    return JobBoard(archive.database)


def silent_since(archive: Installation) -> str:
    """What was not heard since then is stuck; RFC 3339."""
    return rfc3339(archive.clock.now() - SILENCE)
