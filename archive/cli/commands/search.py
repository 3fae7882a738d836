"""`luutru search`: find documents, best first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from archive.cli.command import command, option
from archive.cli.exit_codes import ExitCode
from archive.cli.speech import Speaker
from archive.composition import Archive
from archive.composition.searching import query_log
from archive.operators import operator_name
from archive.services.lines import facet_lines, hit_line, why_line
from metadata.messages import text
from search.facets import grouped
from search.ports import Hit, SearchAnswer, SearchRequest


@command("search")
@click.argument("query")
@option("--field", "fields", key="search.field", multiple=True, metavar="NAME=VALUE")
@option("--from", "start", key="search.from", type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]))
@option("--to", "end", key="search.to", type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]))
@option("--limit", key="search.limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@option("--offset", key="search.offset", type=click.IntRange(0), default=0)
@option("--sort", key="search.sort", default="relevance", show_default=True)
@option("--facet", "facets", key="search_facets.facet", multiple=True, metavar="NAME")
@option("--chosen", "chosen", key="search_facets.chosen", multiple=True, metavar="NAME=VALUE")
@option("--after", key="search_facets.after", metavar="NEXT")
@option("--explain", key="search_facets.explain", is_flag=True)
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
    facets: tuple[str, ...],
    chosen: tuple[str, ...],
    after: str | None,
    explain: bool,
    target: Path | None,
) -> int:
    """See the message `search.help`."""
    asked: dict[str, Any] = {
        "query": query,
        "fields": dict(_pair("--field", pair) for pair in fields),
        "chosen": grouped(_pair("--chosen", pair) for pair in chosen),
        "issued_from": start.date() if start else None,
        "issued_to": end.date() if end else None,
        "sort": sort,
    }
    if target is not None:
        return _listed(speak, asked, target)
    first = not (after or offset)
    request = SearchRequest(
        **asked, limit=limit, offset=offset, facets=facets, after=after, explain=explain, correct=first
    )
    with Archive.opened() as archive:
        answer = archive.indexing.search(request)
        if first:
            query_log(archive).searched(query, answer.total)
    for note in answer.notes:
        speak.err.write(text(note, speak.language) + "\n")
    if answer.did_you_mean:
        speak.err.write(text("suggesting.did_you_mean", speak.language, query=answer.did_you_mean) + "\n")
    for hit in answer.hits:
        why = why_line(hit, speak.language) if explain else {}
        speak.line(hit_line(hit) | why, _words(hit, speak.text("show.no_file")) + _reasons(why))
    if facets or after is not None:
        _told_beside(speak, answer)
    if not speak.as_json:
        speak.say("search.total", total=answer.total)
    return int(ExitCode.OK)


def _told_beside(speak: Speaker, answer: SearchAnswer) -> None:
    """What is told of all that was found: a last line of its own, for who asked for it."""
    counted = facet_lines(answer, speak.language)
    words = [
        f"{facet['label']}\n" + "\n".join(f"  {value['documents']:>9}  {value['label']}" for value in facet["values"])
        for facet in counted
    ]
    words += [speak.text("search_facets.next", next=answer.next)] if answer.next else []
    speak.line({"total": answer.total, "facets": counted, "next": answer.next or None}, "\n".join(words))


def _reasons(why: Mapping[str, Any]) -> str:
    return "".join(f"\n    {reason['score']:>9.3f}  {reason['message']}" for reason in why.get("why", ()))


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


def _pair(hint: str, said: str) -> tuple[str, str]:
    name, separator, value = said.partition("=")
    if not separator:
        raise click.BadParameter(said, param_hint=hint)
    return name, value


def _words(hit: Hit, no_file: str) -> str:
    page = f" (tr. {hit.page})" if hit.page else f" · {no_file}" if hit.no_file else ""
    return f"{hit.package_id}/{hit.ordinal}  {hit.number}  {hit.issued}  {hit.title}{page}\n    {hit.snippet}"
