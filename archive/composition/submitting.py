"""The way in, wired: submissions, and answers to messages of the national document exchange."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from archive.catalogue.exchanged import places_of
from archive.composition import stages
from archive.services.statuses import Statuses
from archive.services.submissions import Submissions
from ingest.readers.containers import only_container

if TYPE_CHECKING:
    from archive.composition.installation import Installation


def statuses(archive: Installation) -> Statuses:
    """Answers to messages of the exchange."""
    return Statuses(
        archive.home.receipts / "exchanged",
        partial(places_of, archive.database),
        archive.journal,
        archive.trail,
        archive.settings.archive.name,
    )


def submissions(archive: Installation) -> Submissions:
    """The way in."""
    return Submissions(
        readers=partial(stages.make_readers, archive.workers),
        explainer=partial(stages.make_explainer, archive.workers),
        pipeline=archive.pipeline,
        sheet_checks=stages.sheet_checks(archive.settings, archive.authorities),
        holds_secret=stages.holds_secret(archive.settings),
        runner=archive.runner,
        journal=archive.journal,
        trail=archive.trail,
        receipts=archive.receipts,
        catalogue=archive.catalogue,
        statuses=archive.statuses,
        default_agency=archive.settings.agency,
    )


def is_packed(delivery: Path) -> bool:
    """Whether a delivery is a folder that holds nothing but a container."""
    return only_container(delivery) is not None
