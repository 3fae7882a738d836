"""`luutru init`: make or upgrade the home, and its first administrator."""

from __future__ import annotations

from archive.cli.command import command
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.operators import operator_name


@command("init")
def init(speak: Speaker) -> int:
    """See the message `init.help`."""
    home, new = Archive.make()
    with Archive.opened() as archive:
        made = archive.desk.first(by=operator_name())
        if made is not None:
            archive.seal()
    speak.line({"home": str(home), "new": new}, speak.text("init.made" if new else "init.kept", home=home))
    if made is not None:
        speak.say("init.first", login=made.account.login, password=made.password)
    return 0
