"""Use cases of rights: who has which role where, the tree of agencies, labels, and the second person.

A change is in force at once and alarms until somebody else confirms it. Labels and the tree are kept like the
tables of authorities: the words of a person as a document by its digest, the change in the trail, so that a
rebuild from storage alone has them again. Grants belong to accounts, which storage does not hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import orjson

from archive.auth.people import EVERYWHERE, READS_AT_MOST, READS_UP_TO, Grant, Label, Person, Role
from archive.auth.policy import Action, Target, decide
from archive.catalogue.database import Transaction
from archive.catalogue.entering import redescribe
from archive.catalogue.grants import GrantRows
from archive.catalogue.labels import Labelled, label_set_on, of_dossiers, set_label, settle, under
from archive.catalogue.recorded import RecordedTrail
from archive.catalogue.rights import RightsChange, RightsRows
from archive.catalogue.sights import Sights
from archive.catalogue.trail import AuditTrail
from archive.services.authorities import Keeper
from archive.services.permits import Permits
from metadata.errors import NotFoundError, UsageError
from metadata.events import EventType
from metadata.time import Clock, rfc3339

_PAGE = 500
_MOST_NAME = 400
_MOST_CODE = 64
_MOST_REASON = 2000


@dataclass(frozen=True, slots=True)
class Rights:
    """Rights of one installation. `by` is always the login of who does it."""

    rows: RightsRows
    grants: GrantRows
    permits: Permits
    keeper: Keeper
    trail: AuditTrail
    recorded: RecordedTrail
    clock: Clock
    unlabelled: Label

    @property
    def sights(self) -> Sights:
        """Reads targets."""
        return self.permits.sights

    # ------------------------------------------------------------ grants

    def grant(self, login: str, role: Role, agency: str, up_to: Label | None = None, *, by: str) -> dict[str, Any]:
        """Give a role over an agency and all below it; the same again changes nothing.

        Args:
            login: Whose.
            role: What.
            agency: Code, or `EVERYWHERE`.
            up_to: Most closed label that may be read; None: what the role gives.
            by: Who gives it.

        Raises:
            NotFoundError: no such person or agency.
            UsageError: the role never reads so far.
        """
        person_id = self._person(login)
        self.require_agency(agency)
        label = up_to or READS_UP_TO[role]
        most = READS_AT_MOST.get(role, Label.CONFIDENTIAL)
        if label.rank > most.rank:
            msg = f"up_to: {role.value} {label.value} > {most.value}"
            raise UsageError(msg)
        grant = Grant(role, agency, label)
        line = {"login": login, "role": role.value, "agency": agency, "up_to": label.value}
        if grant in self.grants.of(person_id):
            return line | {"status": "already"}
        now = rfc3339(self.clock.now())
        with self.trail.transaction() as connection:
            before = self.grants.give(connection, person_id, grant, by=by, at=now)
            told = {"role": role.value, "agency": agency, "up_to": label.value}
            told |= {"before": before.value} if before is not None else {}
            change = self.rows.alarm(connection, "grant", f"person/{login}", told, by=by, at=now)
            self._record(connection, EventType.RIGHTS_CHANGE, change, {"kind": "grant", **told}, agency)
        return line | {"status": "granted", "change": change.id}

    def revoke(self, login: str, role: Role, agency: str, *, by: str) -> dict[str, Any]:
        """Take a role away.

        Raises:
            NotFoundError: no such person, or they have it not from here.
        """
        person_id = self.grants.person(login)
        now = rfc3339(self.clock.now())
        told = {"role": role.value, "agency": agency}
        with self.trail.transaction() as connection:
            # Who is not there is told like who does not have it: logins are not for everybody to try.
            if person_id is None or not self.grants.take(connection, person_id, role, agency):
                missing = f"{login} {role.value} {agency}"
                raise NotFoundError(missing)
            change = self.rows.alarm(connection, "revoke", f"person/{login}", told, by=by, at=now)
            self._record(connection, EventType.RIGHTS_CHANGE, change, {"kind": "revoke", **told}, agency)
        return {"login": login, **told, "status": "revoked", "change": change.id}

    def granted(self, login: str) -> list[dict[str, Any]]:
        """What was granted to a person here (groups of a provider give more), since when and by whom.

        Raises:
            NotFoundError: no such person.
        """
        person_id = self._person(login)
        return self.granted_each([person_id])[person_id]

    def granted_each(self, person_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        """The same of several people, by the identifiers of their accounts."""
        shown = ("role", "agency", "up_to", "at", "by")
        rows = self.grants.listed(person_ids)
        return {each: [{name: row[name] for name in shown} for row in rows[each]] for each in person_ids}

    def _person(self, login: str) -> str:
        found = self.grants.person(login)
        if found is None:
            raise NotFoundError(login)
        return found

    # ------------------------------------------------------------ agencies

    def require_agency(self, code: str) -> Target:
        """The target that an agency is; `EVERYWHERE` is the whole archive.

        Raises:
            NotFoundError: nobody knows it.
        """
        target = Target() if code == EVERYWHERE else self.sights.agency(code)
        if target is None:
            raise NotFoundError(code)
        return target

    def put_agency(self, code: str, name: str = "", parent: str | None = None, *, by: str) -> dict[str, Any]:
        """Make an agency known, rename it or move it with all below it to another place of the tree.

        Args:
            code: Up to 64 characters without signs that separate.
            name: Empty: as it is.
            parent: Code of the one above; empty: none, it is a root; None: as it is.
            by: Who does it.

        Raises:
            NotFoundError: no such parent.
            UsageError: the parent stands below it, or no code.
        """
        if not code or len(code) > _MOST_CODE or code == EVERYWHERE or not code.isprintable() or "/" in code:
            msg = f"agency: {code[:100]!r}"
            raise UsageError(msg)
        now = rfc3339(self.clock.now())
        with self.trail.transaction() as connection:
            known = self.rows.agency(connection, code)
            above = (parent or None) if parent is not None else (known["parent"] if known else None)
            self._can_stand(connection, code, above)
            called = (name or (known["name"] if known else code))[:_MOST_NAME]
            if known is not None and (known["name"], known["parent"]) == (called, above):
                return dict(known) | {"status": "already"}
            self.rows.put_agency(connection, code, called, above)
            told = {"parent": above or "", "name": called}
            moved = known is not None and known["parent"] != above
            if known is not None:
                told["before"] = known["parent"] or ""
            change = RightsChange(str(uuid4()), "agency", f"agency/{code}", now, by, told)
            if moved:
                self.rows.note(connection, change)
            detail = {"kind": "moved" if moved else "renamed" if known else "added", **told}
            self._record(connection, EventType.AGENCY_CHANGE, change, detail, code, alarms=moved)
        line = {"code": code, "name": called, "parent": above, "status": detail["kind"]}
        return line | ({"change": change.id} if moved else {})

    def _can_stand(self, connection: Transaction, code: str, parent: str | None) -> None:
        if parent is None:
            return
        if self.rows.agency(connection, parent) is None:
            raise NotFoundError(parent)
        if parent == code or parent in self.rows.below(connection, code):
            msg = f"agency: {parent} is {code} or below it"
            raise UsageError(msg)

    # ------------------------------------------------------------ labels

    def label(self, on: Labelled, label: Label, reason: str, *, by: str) -> dict[str, Any]:
        """Label a fonds, dossier or document; what lies under it has at least that label at once, searches too.

        Args:
            on: What.
            label: The label.
            reason: Why, in words; kept for ever.
            by: Who says so.

        Raises:
            NotFoundError: no such dossier, document or agency.
            UsageError: no reason.
        """
        reason = " ".join(reason.split())[:_MOST_REASON]
        if not reason:
            msg = "reason"
            raise UsageError(msg)
        target = self.target_of(on)
        now = rfc3339(self.clock.now())
        agency = target.agencies[-1] if target.agencies else ""
        kept = {"agency": agency, "at": now, "by": by, "label": label.value, "reason": reason, "subject": on.subject}
        # The document first: what trail and catalogue name is there already.
        sha256 = self.keeper.put(orjson.dumps(kept, option=orjson.OPT_SORT_KEYS))
        with self.trail.transaction() as connection:
            before = label_set_on(connection, on)
            set_label(connection, on, label, sha256=sha256, at=now, by=by)
            changed = settle(connection, under(on), unlabelled=self.unlabelled, since=now)
            after = self.target_of(on, connection)
            widened = after.label.rank < target.label.rank
            told = {"label": label.value, "from": target.label.value, "to": after.label.value, "sha256": sha256}
            told |= {"before": before.value} if before is not None else {}
            change = RightsChange(str(uuid4()), "label", on.subject, now, by, told)
            if widened:
                self.rows.note(connection, change)
            self._record(connection, EventType.LABEL_CHANGE, change, told, agency, alarms=widened)
        line: dict[str, Any] = {"subject": on.subject, "label": label.value, "effective": after.label.value}
        line |= {"dossiers": len(changed), "status": "labelled"}
        return line | ({"change": change.id} if widened else {})

    def target_of(self, on: Labelled, connection: Transaction | None = None) -> Target:
        """What is labelled, as it is labelled now.

        Raises:
            NotFoundError: there is no such thing.
        """
        if on.place is not None:
            found = self.sights.place(on.place, connection)
        else:
            agency, fonds = on.fonds
            found = self.sights.fonds(agency, fonds, self.unlabelled, connection)
        if found is None:
            raise NotFoundError(on.subject)
        return found

    # ------------------------------------------------------------ the second person

    def pending(self, limit: int = 100, after: str = "") -> list[RightsChange]:
        """Changes that wait for a second person, the oldest first."""
        return self.rows.pending(limit, after)

    def pending_for(self, person: Person, limit: int, after: str = "") -> list[tuple[RightsChange, Target]]:
        """The same of what `person` may look into, each as the policy sees it; `after` names one of these."""
        found: list[tuple[RightsChange, Target]] = []
        while len(found) < limit and (rows := self.pending(_PAGE, after)):
            after = f"{rows[-1].at}|{rows[-1].id}"
            seen = ((row, self.target_of_change(row, person)) for row in rows)
            found += [(row, target) for row, target in seen if decide(person, Action.RIGHTS_READ, target)]
        return found[:limit]

    def confirm(self, change_id: str, person: Person) -> RightsChange:
        """Confirm a change; a second time changes nothing.

        Raises:
            NotFoundError: there is none, or `person` must not know of it.
            RefusedError: `person` made the change, gains by it, or may not confirm.
        """
        change = self.rows.change(change_id)
        self.permits.require(person, Action.RIGHTS_CONFIRM, self.target_of_change(change, person), change_id)
        if change.confirmed_at:
            return change
        now = rfc3339(self.clock.now())
        with self.trail.transaction() as connection:
            if self.rows.confirm(connection, change_id, by=person.login, at=now):
                event = self.trail.event(
                    EventType.RIGHTS_CONFIRMATION,
                    change.subject,
                    agent=f"person:{person.login}",
                    detail={"change": change_id, "kind": change.kind},
                )
                self.trail.record(event, connection)
        return self.rows.change(change_id)

    def target_of_change(self, change: RightsChange, person: Person) -> Target:
        """A change as the policy sees it when `person` wants to confirm it."""
        target = self._about(change)
        gains = change.subject == f"person/{person.login}" if change.kind != "label" else False
        if change.kind == "label":
            old, new = (Target(target.agencies, Label(str(change.detail[side]))) for side in ("from", "to"))
            gains = not decide(person, Action.HOLDING_READ, old) and bool(decide(person, Action.HOLDING_READ, new))
        if change.kind == "agency":
            was = self.sights.path(str(change.detail.get("before") or "")) if change.detail.get("before") else ()
            held = {grant.agency for grant in person.grants}
            gains = bool(held & (set(target.agencies) - set(was) - {target.agencies[-1]}))
        myself, nobody = frozenset({person.login}), frozenset[str]()
        return Target(
            target.agencies,
            submitter=change.by,
            gainers=myself if gains else nobody,
            unconfirmed=nobody if decide(self._settled(person), Action.RIGHTS_CONFIRM, target) else myself,
        )

    def _settled(self, person: Person) -> Person:
        """The person with only what waits for nobody: or two who were just made could confirm each other."""
        subject = f"person/{person.login}"
        if self.rows.is_reset(subject):
            return replace(person, grants=())
        waiting = self.rows.unconfirmed([subject])[subject]
        return replace(
            person, grants=tuple(one for one in person.grants if (one.role.value, one.agency) not in waiting)
        )

    def _about(self, change: RightsChange) -> Target:
        if change.kind == "label":
            try:
                return self.target_of(Labelled(change.subject))
            except NotFoundError:
                return Target()
        agency = change.subject.removeprefix("agency/") if change.kind == "agency" else str(change.detail["agency"])
        return Target() if agency == EVERYWHERE else self.sights.agency(agency) or Target()

    # ------------------------------------------------------------ keeping

    def _record(
        self,
        connection: Transaction,
        kind: EventType,
        change: RightsChange,
        told: Mapping[str, str],
        agency: str,
        alarms: bool = True,
    ) -> None:
        detail = {"change": change.id, "alarms": str(int(alarms)), **told}
        agency = "" if agency == EVERYWHERE else agency
        event = self.trail.event(kind, change.subject, agency=agency, agent=f"person:{change.by}", detail=detail)
        self.trail.record(event, connection)

    def settle_all(self) -> int:
        """Label what has no label yet: the holding of before there were labels; how many dossiers. Safe to repeat."""
        changed = 0
        for batch in self.sights.unsettled(_PAGE):
            with self.trail.transaction() as connection:
                for dossier_id in batch:
                    redescribe(connection, dossier_id)
                now = rfc3339(self.clock.now())
                changed += len(settle(connection, of_dossiers(batch), unlabelled=self.unlabelled, since=now))
        return changed

    def restore(self) -> dict[str, str]:
        """Make tree and labels again from the trail, before dossiers are entered; what could not be read, and why."""
        lost: dict[str, str] = {}
        for event in self._events(EventType.AGENCY_CHANGE):
            code, told = str(event["subject"]).removeprefix("agency/"), event["detail"]
            with self.trail.transaction() as connection:
                parent = told.get("parent") or None
                if parent is not None and self.rows.agency(connection, parent) is None:
                    self.rows.put_agency(connection, parent, parent, None)
                self.rows.put_agency(connection, code, told.get("name") or code, parent)
                self._note_again(connection, event, "agency")
        for event in self._events(EventType.LABEL_CHANGE):
            told = event["detail"]
            on = Labelled(str(event["subject"]))
            by = str(event["agent"]).removeprefix("person:")
            with self.trail.transaction() as connection:
                label = Label(told["label"])
                set_label(connection, on, label, sha256=told.get("sha256", ""), at=str(event["at"]), by=by)
                self._note_again(connection, event, "label")
        for event in self._events(EventType.RIGHTS_CONFIRMATION):
            by = str(event["agent"]).removeprefix("person:")
            with self.trail.transaction() as connection:
                self.rows.confirm(connection, str(event["detail"].get("change", "")), by=by, at=str(event["at"]))
        return lost

    def _note_again(self, connection: Transaction, event: Mapping[str, Any], kind: str) -> None:
        told = dict(event["detail"])
        if told.pop("alarms", "0") == "1":
            by = str(event["agent"]).removeprefix("person:")
            change_id = str(told.pop("change"))
            self.rows.note(connection, RightsChange(change_id, kind, event["subject"], event["at"], by, told))

    def _events(self, kind: EventType) -> Iterator[Mapping[str, Any]]:
        after = 0
        while page := self.recorded.page(after=after, limit=_PAGE, kind=kind.value):
            yield from page
            after = int(page[-1]["seq"])


def told_of(change: RightsChange) -> dict[str, Any]:
    """The line of a change."""
    return {
        "id": change.id,
        "kind": change.kind,
        "subject": change.subject,
        "at": change.at,
        "by": change.by,
        **{name: value for name, value in change.detail.items() if name != "sha256"},
        "confirmed_at": change.confirmed_at or None,
        "confirmed_by": change.confirmed_by or None,
    }
