"""Access tokens: what a document carries in the search index, and what a search must have one of.

A token is an agency with a label. Where an agency stands in the tree is not in it, so that moving one asks for no
new index: a search names the agencies below those of its scope.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from archive.auth.people import EVERYWHERE, Label
from archive.auth.policy import Scope

EVERYTHING = "all"
"""What every document carries."""


def document_tokens(agency: str, label: Label) -> tuple[str, ...]:
    """What a document of `agency` with `label` carries."""
    return (EVERYTHING, f"{EVERYWHERE}:{label.rank}", f"{agency}:{label.rank}")


def search_tokens(scope: Scope, agencies: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """What a search within `scope` must find one of; none where nothing may be found.

    Args:
        scope: Of the person who searches.
        agencies: Codes of each agency of the scope and of those below it; `EVERYWHERE` needs none.
    """
    if scope.everything:
        return (EVERYTHING,)
    found: dict[str, None] = {}
    for area in scope.areas:
        if area.submitter:
            continue
        codes = (EVERYWHERE,) if area.agency == EVERYWHERE else agencies.get(area.agency, ())
        for code in codes:
            found |= {f"{code}:{label.rank}": None for label in Label if label.rank <= area.up_to.rank}
    return tuple(found)
