"""`luutru init`: make or upgrade the home."""

from __future__ import annotations

from archive.cli.command import command
from archive.cli.speech import Speaker
from archive.composition import Archive


@command("init")
def init(speak: Speaker) -> int:
    """See the message `init.help`."""
    home, new = Archive.make()
    speak.line({"home": str(home), "new": new}, speak.text("init.made" if new else "init.kept", home=home))
    return 0
