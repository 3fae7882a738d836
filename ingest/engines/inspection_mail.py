"""A first look into e-mail: whether it can be read, whether it says to be secret, and how many files came with it."""

from __future__ import annotations

from pathlib import Path

from ingest.engines.inspection import DAMAGED, Look, ProblemError
from ingest.engines.mail_message import SIGNATURES, UnreadableMailError, read_mail
from metadata.validation_secrets import secret_extra

GRADED = "MAIL-017"
ENCRYPTED = "MAIL-014"


def look(path: Path, found: Look) -> None:
    """Count attachments.

    Raises:
        ProblemError: it is no mail, damaged, only a key opens it, or a header of it bears a grade of state secrets.
    """
    try:
        mail = read_mail(path)
    except UnreadableMailError as error:
        raise ProblemError(DAMAGED, str(error)) from error
    # Messages that a list names, and those inside others, are seen by no reader of deliveries.
    for name, value in mail.more:
        if secret_extra(name, value):
            raise ProblemError(GRADED, name)
    if mail.protection == "encrypted":
        # As a file under a password: what nobody can read cannot be kept readable.
        raise ProblemError(ENCRYPTED, "encrypted")
    files = (one for one in mail.attachments if not one.inline and one.mime not in SIGNATURES)
    found.embedded = sum(1 for _ in files)
