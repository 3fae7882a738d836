"""From the groups of a provider to roles and agencies."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from archive.auth.people import READS_UP_TO, Grant
from archive.auth.settings import GroupRule

_MARK = "{agency}"
_MOST_CODE = 64


def grants_of(values: Collection[str], rules: Sequence[GroupRule]) -> tuple[Grant, ...]:
    """What the groups give, by rules; nothing where no rule fits.

    Args:
        values: Groups and roles as the provider says them.
        rules: Each gives its role once for every agency that it finds.
    """
    found = (
        Grant(rule.role, code, rule.up_to or READS_UP_TO[rule.role]) for rule in rules for code in _codes(values, rule)
    )
    return tuple(sorted(set(found), key=lambda grant: (grant.role, grant.agency, grant.up_to.rank)))


def _codes(values: Collection[str], rule: GroupRule) -> Iterator[str]:
    marked = [wanted for wanted in rule.has if _MARK in wanted]
    if any(wanted not in values for wanted in rule.has if _MARK not in wanted):
        return
    if not marked:
        yield rule.agency
        return
    before, after = marked[0].split(_MARK)
    pattern = re.compile(f"{re.escape(before)}([^/*\\s]{{1,{_MOST_CODE}}}){re.escape(after)}")
    for value in values:
        match = pattern.fullmatch(value)
        if match is not None:
            yield rule.agency.replace(_MARK, match[1])
