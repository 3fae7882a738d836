"""`luutru catalogue rebuild` and `luutru index rebuild`: the copies made again from storage."""

from __future__ import annotations

from archive.cli.command import LazyGroup, command, words
from archive.cli.exit_codes import ExitCode
from archive.cli.progress import JobsProgress
from archive.cli.speech import Speaker
from archive.composition import Archive

index = LazyGroup("index", lazy={"rebuild": f"{__name__}:index_rebuild"}, help=words("index.help"))
catalogue = LazyGroup("catalogue", lazy={"rebuild": f"{__name__}:catalogue_rebuild"}, help=words("catalogue.help"))


@command("rebuild", group="index")
def index_rebuild(speak: Speaker) -> int:
    """See the message `index_rebuild.help`."""
    with Archive.opened() as archive, JobsProgress(speak) as progress:
        count = archive.indexing.rebuild(lambda done, total: progress.count(speak.text("stage.index"), done, total))
        archive.seal()
    speak.line({"documents": count}, speak.text("index_rebuild.done", documents=count))
    return int(ExitCode.OK)


@command("rebuild", group="catalogue")
def catalogue_rebuild(speak: Speaker) -> int:
    """See the message `catalogue_rebuild.help`."""
    with Archive.opened(make=True) as archive, JobsProgress(speak) as progress:
        answer = archive.rebuilding.rebuild(
            lambda done, total: progress.count(speak.text("catalogue_rebuild.reading"), done, total)
        )
        archive.seal()
    line = {
        "dossiers": answer.dossiers,
        "packages": answer.packages,
        "documents": answer.documents,
        "events": answer.events,
        "not_in_ledger": answer.not_in_ledger,
        "lost": answer.lost,
        "unreadable": answer.unreadable,
        "damaged_segments": answer.damaged_segments,
    }
    speak.line(line, speak.text("catalogue_rebuild.done", **line))
    for package_id in answer.lost:
        speak.say("catalogue_rebuild.lost", package_id=package_id)
    for package_id, why in answer.unreadable.items():
        speak.say("failed", what=package_id, why=why)
    for segment, why in answer.damaged_segments.items():
        speak.say("catalogue_rebuild.damaged_segment", segment=segment, why=why)
    if answer.damaged_segments:
        return int(ExitCode.FAULT)
    return int(ExitCode.REJECTED if answer.lost or answer.unreadable else ExitCode.OK)
