"""`luutru search`: find documents, best first."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from archive.cli.command import command, option
from archive.cli.exit_codes import ExitCode
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.operators import operator_name
from archive.services.lines import hit_line
from metadata.messages import text
from search.ports import Hit, SearchRequest


@command("search")
@click.argument("query")
@option("--field", "fields", key="search.field", multiple=True, metavar="NAME=VALUE")
@option("--from", "start", key="search.from", type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]))
@option("--to", "end", key="search.to", type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]))
@option("--limit", key="search.limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@option("--offset", key="search.offset", type=click.IntRange(0), default=0)
@option("--sort", key="search.sort", default="relevance", show_default=True)
@option("--export", "target", key="search.export", type=click.Path(path_type=Path), metavar="FILE")
def search(  # noqa: PLR0913, PLR0917 - one parameter an option of the contract
    speak: Speaker,
    query: str,
    fields: tuple[str, ...],
    start: datetime | None,
    end: datetime | None,
    limit: int,
    offset: int,
    sort: str,
    target: Path | None,
) -> int:
    """See the message `search.help`."""
    if target is not None:
        days = {"issued_from": start.date() if start else None, "issued_to": end.date() if end else None}
        return _listed(speak, {"query": query, "fields": _fields(fields), "sort": sort, **days}, target)
    request = SearchRequest(
        query=query,
        fields=_fields(fields),
        issued_from=start.date() if start else None,
        issued_to=end.date() if end else None,
        limit=limit,
        offset=offset,
        sort=sort,
    )
    with Archive.opened() as archive:
        answer = archive.indexing.search(request)
    for note in answer.notes:
        speak.err.write(text(note, speak.language) + "\n")
    for hit in answer.hits:
        speak.line(hit_line(hit), _words(hit, speak.text("show.no_file")))
    if not speak.as_json:
        speak.say("search.total", total=answer.total)
    return int(ExitCode.OK)


def _listed(speak: Speaker, said: dict[str, Any], target: Path) -> int:
    """All that the search finds, as a list of its own."""
    from archive.cli.progress import JobsProgress  # noqa: PLC0415 - starting is measured
    from archive.composition.exporting import found_lists  # noqa: PLC0415
    from archive.services.asked_searches import AskedSearch  # noqa: PLC0415

    asked = AskedSearch.asked(said)
    with Archive.opened() as archive, JobsProgress(speak) as progress:
        lists = found_lists(archive)

        def told(rows: int) -> bool:
            progress.count(target.name, rows, 0)
            return True

        made = lists.write(asked, target, operator=operator_name(), told=told)
        archive.seal()
    speak.line(made.as_json(), speak.text("search.exported", path=made.path, documents=made.more["documents"]))
    if replaced := made.more.get("replaced"):
        speak.say("report.replaced", count=replaced)
    return int(ExitCode.OK)


def _fields(pairs: tuple[str, ...]) -> dict[str, str]:
    fields = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator:
            raise click.BadParameter(pair, param_hint="--field")
        fields[name] = value
    return fields


def _words(hit: Hit, no_file: str) -> str:
    page = f" (tr. {hit.page})" if hit.page else f" · {no_file}" if hit.no_file else ""
    return f"{hit.package_id}/{hit.ordinal}  {hit.number}  {hit.issued}  {hit.title}{page}\n    {hit.snippet}"
