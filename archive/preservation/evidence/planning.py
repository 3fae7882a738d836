"""What must be renewed, when and why (`evidence plan`), and what is due now. Decisions on values; nothing is done here.

A stamp that nothing covers proves something only as long as its authority's
certificate is valid and not revoked and its digest is good. So it is covered
in time: by a renewal before the certificate ends, by a hash-tree renewal
before the digest does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum, unique

from archive.preservation.evidence.history import Cover, History, Lines, Stamp, StampKind

DAY = timedelta(days=1)
ASSUMED_LIFE = timedelta(days=5 * 365)

Sunset = Callable[[str], datetime | None]
"""From when on a digest algorithm proves nothing, by the policy; None: no end is set."""


@unique
class Why(StrEnum):
    """Why something has to be renewed. Stable words."""

    CERTIFICATE_ENDS = "certificate-ends"
    SIGNATURE_ENDS = "signature-algorithm-ends"
    """The authority signed under a digest that ends; a newer token of it will not."""

    ALGORITHM_ENDS = "algorithm-ends"
    AUTHORITY_REVOKED = "authority-revoked"
    ONE_AUTHORITY = "one-authority"
    """Only one authority stands behind it: if its key were stolen tomorrow, nothing would be left."""

    ALGORITHM_BROKEN = "algorithm-broken"


@dataclass(frozen=True, slots=True)
class Terms:
    """How early things are done."""

    margin: timedelta = 180 * DAY
    """A stamp is renewed so long before its authority's certificate ends."""

    pause: timedelta = 30 * DAY
    """A young stamp is not renewed again before: an authority whose own certificate ends soon cannot do better."""

    last: timedelta = 7 * DAY
    """But so long before the end it is tried all the same."""

    alarm: timedelta = 90 * DAY
    """What is not renewed so long before the end is an alarm."""

    algorithm_margin: timedelta = 2 * 365 * DAY
    """Everything stored is read again so long before a digest ends."""

    cross: timedelta | None = None
    """How long a stamp may stand behind one authority alone; None: for ever, there is no second one."""


@dataclass(frozen=True, slots=True)
class Due:
    """Something to do, or planned."""

    action: StampKind
    why: Why
    stamps: tuple[str, ...]
    """What is covered."""

    algorithm: str
    """Of the new stamp's tree."""

    begin: datetime
    """When it should be done."""

    end: datetime
    """When it is too late."""

    read_bytes: int = 0
    """What has to be read from storage for it."""

    tokens: int = 1
    assumed: bool = False
    """It depends on time-stamps that have not been made yet."""

    lost: tuple[str, ...] = ()
    """Batches whose proof does not survive it: it begins anew."""

    def missed(self, now: datetime, terms: Terms) -> bool:
        """Whether it should have been done long ago."""
        early = terms.alarm if self.action is StampKind.RENEWAL else terms.algorithm_margin / 2
        return now >= self.end - early


@dataclass(frozen=True, slots=True)
class Holding:
    """What planning looks at."""

    history: History
    bytes: dict[str, int]
    """Size of everything in each batch."""

    terms: Terms
    sunset: Sunset
    successor: str = "sha512"
    """The digest that takes the place of one that ends."""


def due(holding: Holding, now: datetime) -> tuple[Due, ...]:
    """What has to be done by now, the most urgent first. Revoked authorities are found by judging, not here."""
    found = [entry for entry in _needs(holding, now) if entry.begin <= now]
    return tuple(sorted(found, key=lambda entry: (entry.end, entry.action.value)))


def plan(holding: Holding, now: datetime, until: datetime) -> Iterator[Due]:
    """What has to be done from now to `until`, in order of time, one step after the other, however many.

    What follows from renewals that are themselves only planned is marked
    `assumed`: their certificates are taken to live as long as the best known.
    """
    life = max((s.expires - s.time for s in holding.history.stamps.values()), default=ASSUMED_LIFE)
    life = max(life, 2 * holding.terms.margin)
    world, made = holding, dict[str, tuple[StampKind, Why, datetime]]()
    while True:
        needs = sorted(_needs(world, now), key=lambda entry: (entry.begin, entry.action.value))
        within = (entry for entry in needs if entry.begin <= until)
        # Where a digest ends that has no better successor, or a second authority is asked for at once, the same
        # need stands again as soon as it is met: once planned for that moment, it is left.
        following = next((e for e in within if not any(made.get(name) == _moment(e, now) for name in e.stamps)), None)
        if following is None:
            return
        yield replace(following, assumed=bool(made))
        number = len(made)
        world = _after(world, following, max(following.begin, now), life, number)
        made[f"planned-{number}"] = _moment(following, now)


def _moment(entry: Due, now: datetime) -> tuple[StampKind, Why, datetime]:
    return (entry.action, entry.why, max(entry.begin, now))


@dataclass(frozen=True, slots=True)
class Supposition:
    """A question "what if": one of the three names, and from when on."""

    broken: str = ""
    """A digest algorithm that is not trusted any more."""

    revoked: str = ""
    """A part of the name of authorities whose certificates are revoked; now, whatever `since` says."""

    ends: str = ""
    """A part of the name of authorities whose certificates end."""

    since: datetime | None = None
    """None: now."""


def suppose(holding: Holding, what: Supposition, now: datetime, until: datetime) -> Iterator[Due]:
    """What would have to be done; by the rules of `plan`, on a holding in which only what is supposed differs.

    What happens now asks for everything at once; what happens on a day is planned towards that day.
    """
    if what.revoked:
        return iter(if_revoked(holding, what.revoked, now))
    if what.broken and what.since is None:
        return iter(if_broken(holding, what.broken, now))
    return plan(_supposed(holding, what, what.since or now), now, until)


def _supposed(holding: Holding, what: Supposition, since: datetime) -> Holding:
    if what.broken:

        def sunset(algorithm: str) -> datetime | None:
            known = holding.sunset(algorithm)
            if algorithm != what.broken:
                return known
            return since if known is None else min(since, known)

        return replace(holding, sunset=sunset)
    wanted = what.ends.casefold()
    stamps = holding.history.stamps.values()
    return replace(
        holding,
        history=History.of(
            replace(stamp, expires=min(stamp.expires, since)) if wanted in stamp.signer.casefold() else stamp
            for stamp in stamps
        ),
    )


def if_broken(holding: Holding, algorithm: str, now: datetime) -> tuple[Due, ...]:
    """What would have to be done at once if a digest were broken: under trees, or under signatures of time-stamps."""
    found = list(_rehash(holding, algorithm, Why.ALGORITHM_BROKEN, now, now))
    covered = {name for entry in found for name in entry.stamps}
    signed = [h for h in holding.history.heads() if algorithm in h.digests and h.name not in covered]
    for tree in dict.fromkeys(head.algorithm for head in signed):
        names = tuple(head.name for head in signed if head.algorithm == tree)
        found.append(Due(StampKind.RENEWAL, Why.ALGORITHM_BROKEN, names, tree, now, now))
    return tuple(found)


def if_revoked(holding: Holding, name: str, now: datetime) -> tuple[Due, ...]:
    """What would have to be done at once if the certificates of the authorities called `name` were revoked.

    Args:
        holding: What there is.
        name: A part of the authority's name, in any case.
        now: The present.
    """
    wanted = name.casefold()
    struck = {s.name for s in holding.history.stamps.values() if wanted in s.signer.casefold()}
    heads = [head for head in holding.history.heads() if head.name in struck]
    if not heads:
        return ()
    lines = Lines(holding.history)
    lost = []
    for batch in _batches(holding.history):
        links = lines.of(batch.name)
        above = [link.stamped_by for link in links]
        while above:
            has_ended = len(above) < len(links) and end_of(holding, above[-1])[0] <= now
            if above[-1].name not in struck and not has_ended:
                break
            above.pop()
        # What stood under another authority's stamp that is still good when the news came stays proven.
        if links and not above:
            lost.append(batch.name)
    names = tuple(head.name for head in heads)
    algorithm = heads[0].algorithm
    action = StampKind.RESTAMP if lost else StampKind.RENEWAL
    tokens = len({head.algorithm for head in heads}) + (1 if lost and len(lost) < len(_batches(holding.history)) else 0)
    return (Due(action, Why.AUTHORITY_REVOKED, names, algorithm, now, now, tokens=tokens, lost=tuple(lost)),)


def _batches(history: History) -> list[Stamp]:
    return [stamp for stamp in history.stamps.values() if stamp.kind is StampKind.BATCH]


def _needs(holding: Holding, now: datetime) -> Iterator[Due]:
    """Everything that will have to be done, with its time."""
    heads = holding.history.heads()
    for algorithm in dict.fromkeys(head.algorithm for head in heads):
        of_it = [head for head in heads if head.algorithm == algorithm]
        yield from _renewals(holding, algorithm, of_it, now)
        sunset = holding.sunset(algorithm)
        if sunset is not None:
            begin = sunset - holding.terms.algorithm_margin
            yield from _rehash(holding, algorithm, Why.ALGORITHM_ENDS, begin, sunset)


def _renewals(holding: Holding, algorithm: str, heads: Sequence[Stamp], now: datetime) -> Iterator[Due]:
    terms = holding.terms
    needs = []
    for head in heads:
        end, why = end_of(holding, head)
        begin = min(max(end - terms.margin, head.time + terms.pause), end - terms.last)
        needs.append((begin, end, why))
    # One token covers all heads of an algorithm, so the first that ends brings all the others along.
    begin, _, why = min(needs)
    end = min(entry[1] for entry in needs)
    names = tuple(head.name for head in heads)
    yield Due(StampKind.RENEWAL, why, names, algorithm, begin, end)
    if terms.cross is None:
        return
    since = {head.name: _alone_since(holding.history, head, terms) for head in heads}
    for authority in dict.fromkeys(head.authority for head in heads):
        of_it = {head.name: since[head.name] for head in heads if head.authority == authority}
        begin = min(of_it.values())
        alone = tuple(name for name, when in of_it.items() if when <= max(begin, now))
        yield Due(StampKind.RENEWAL, Why.ONE_AUTHORITY, alone, algorithm, begin, end)


def end_of(holding: Holding, head: Stamp) -> tuple[datetime, Why]:
    """When a stamp's token proves nothing any more: its certificate ends, or a digest that it is signed under does."""
    sunsets = [when for name in head.digests if (when := holding.sunset(name)) is not None]
    first = min(sunsets, default=head.expires)
    if first < head.expires:
        return first, Why.SIGNATURE_ENDS
    return head.expires, Why.CERTIFICATE_ENDS


def _alone_since(history: History, head: Stamp, terms: Terms) -> datetime:
    """When a second authority has to stand behind what `head` proves.

    Below a renewal by one authority there is the stamp of another as long as its
    certificate is valid; then the renewal stands alone.
    """
    below = [history.stamps[cover.stamp] for cover in head.covers] if head.kind is StampKind.RENEWAL else []
    if not below or any(stamp.authority == head.authority for stamp in below):
        return head.time + (terms.cross or timedelta(0))
    return max(head.time, min(stamp.expires for stamp in below) - terms.margin)


def _rehash(holding: Holding, algorithm: str, why: Why, begin: datetime, end: datetime) -> Iterator[Due]:
    """One hash-tree renewal of every batch whose line ends in a chain of `algorithm`."""
    lines = Lines(holding.history)
    wanted, heads = [], []
    for batch in _batches(holding.history):
        links = lines.of(batch.name)
        chain = [link.stamp for link in links if link.stamp.kind is not StampKind.RENEWAL]
        if chain and chain[-1].algorithm == algorithm:
            wanted.append(batch.name)
            heads.append(links[-1].stamped_by.name)
    if wanted:
        size = sum(holding.bytes.get(name, 0) for name in wanted)
        covered = tuple(dict.fromkeys(heads))
        yield Due(StampKind.REHASH, why, covered, holding.successor, begin, end, read_bytes=size)


def _after(holding: Holding, done: Due, when: datetime, life: timedelta, number: int) -> Holding:
    """The holding when `done` has been done at `when`."""
    parts: tuple[tuple[str, bytes], ...] = ()
    if done.action is StampKind.REHASH:
        parts = tuple((batch.name, b"") for batch in _batches(holding.history))
    stamp = Stamp(
        name=f"planned-{number}",
        kind=done.action,
        algorithm=done.algorithm,
        time=when,
        signer=f"planned-{number}",
        expires=when + life,
        covers=tuple(Cover(name, b"") for name in done.stamps),
        parts=parts,
    )
    return Holding(holding.history.having(stamp), holding.bytes, holding.terms, holding.sunset, holding.successor)
