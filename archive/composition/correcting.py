"""Corrections of texts, wired."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from archive.catalogue.text_changes import TextChanges
from archive.services.page_pictures import PagePictures
from archive.services.text_announcements import TextAnnouncements
from archive.services.text_corrections import TextCorrections
from metadata.errors import ArchiveError

_log = logging.getLogger(__name__)

if TYPE_CHECKING:
    from archive.composition.installation import Installation


def text_changes(archive: Installation) -> TextChanges:
    """What waits for a person."""
    return TextChanges(archive.database, archive.clock)


def text_corrections(archive: Installation) -> TextCorrections:
    """The use cases of the text review."""
    return TextCorrections(
        stored=archive.stored,
        catalogue=archive.catalogue,
        changes=text_changes(archive),
        ledger=archive.ledger,
        trail=archive.trail,
        index=lambda: archive.index,
        announcements=TextAnnouncements(archive.home.run / "texts"),
        scratch=archive.home.scratch,
        clock=archive.clock,
    )


def settle_texts(archive: Installation) -> int:
    """Enter what a process stored and died before it entered it; how many acts. What cannot be is tried again later."""
    try:
        return text_corrections(archive).settle_left()
    except ArchiveError as error:
        _log.warning("texts_not_settled", extra={"code": error.code})
        return 0


def page_pictures(archive: Installation) -> PagePictures:
    """Pictures of single pages."""
    return PagePictures(archive.picture_pool, archive.home.work / "pictures")
