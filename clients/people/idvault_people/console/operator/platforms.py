"""The pages of registered names: all of them by the last day of their certificate, and each with its keys."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from idvault_people.console import shown
from idvault_people.console.operator import deadlines, keys
from idvault_people.console.operator.deadlines import DeadlinePages
from idvault_people.console.operator.figures import figure, number
from idvault_people.console.operator.keys import RegisteredKey, RegisteredName
from idvault_people.console.operator.parts import (
    AMBER,
    RED,
    OperatorCell,
    OperatorNote,
    OperatorSection,
    OperatorTable,
)
from idvault_people.console.operator.session import OperatorSession, unless_unread, unread
from idvault_people.console.operator.vault_commands import VaultState
from idvault_people.console.visit import Answer, ConsolePage, GoTo, NoPageError, Route, Visit
from idvault_verify.attest import certificate
from idvault_verify.attest.certificate import CertificateError
from idvault_verify.attest.people import roster_member

_SOONEST = 5
"""How many names the first page lists."""
MUCH = 80
"""How much of a daily limit may be used before it stands out, in per cent."""
ALL = 100
_QUOTA = "credentials_per_day"
"""The limit of each platform alone; the others are of persons, of members, or of all platforms together."""
PATH_OF_NAME = "/platforms/{name:[a-z0-9-]{1,63}}"
_CHARGED, _ACCOUNTS, _RECORDS, _SUCCEEDED = (
    "registry/charged",
    "stored/accounts",
    "stored/records",
    "claims/SUCCEEDED",
)


def last_day(ends: datetime, visit: Visit, zone: tzinfo) -> str:
    """Return the day on which a certificate ends, in the vault's zone like every other time."""
    return shown.day(ends.astimezone(zone).date(), language=visit.language)


def left(ends: datetime, now: datetime, visit: Visit, zone: tzinfo) -> str:
    """Return how long a certificate lasts, in days of the calendar."""
    days = keys.days_left(ends, now, zone)
    if days < 0:
        return visit.say("has_ended")
    return visit.say({0: "ends_today", 1: "ends_tomorrow"}.get(days, "ends_in"), days=days)


def no_certificate(pem: bytes, visit: Visit) -> str:
    """Return what a file is in place of a certificate."""
    if not pem:
        return visit.say("choose_file")
    return visit.say("private_key" if b"PRIVATE KEY-----" in pem else "no_certificate")


def used_today(name: str, state: VaultState, visit: Visit) -> OperatorCell | None:
    """Return how much a platform has used of its daily limit, with a bar; None if one of them is not read."""
    limit = state.table("limits").get(_QUOTA)
    if not limit or state.problem("credentials"):
        return None
    used = int(state.table("credentials").get(name, 0))
    text = visit.say("used_of", used=number(used, visit), limit=number(limit, visit))
    return OperatorCell(text=text, spent=min(used * 100 // limit, ALL))


def calls(usage: Mapping[str, int]) -> int:
    """Return how many calls were answered."""
    return sum(count for what, count in usage.items() if what.startswith("calls/"))


@dataclass(kw_only=True, eq=False)
class NamePages:
    """The pages of names."""

    session: OperatorSession
    deadlines: DeadlinePages

    def routes(self) -> tuple[Route, ...]:
        """Return the pages."""
        return (
            Route("GET", "/platforms", self.list),
            Route("GET", PATH_OF_NAME, self.show),
            # Where the links of a refused form lead.
            Route("GET", f"{PATH_OF_NAME}/certificate", self.show),
            Route("POST", f"{PATH_OF_NAME}/certificate", self.add),
        )

    def list(self, visit: Visit) -> Answer:
        """List all names, those first whose certificate ends first."""
        state = self.session.state(visit)
        wanted = visit.query.get("q", "").strip().lower()
        found = [each for each in self.names(state) if _fits(each, wanted)]
        head = [visit.say(key) for key in ("name", "kind", "valid_keys", "last_day", "calls", "waits_here")]
        table = OperatorTable(
            head=head,
            lines=[self._line(each, state, visit) for each in found],
            empty=visit.say("none_found" if wanted else "no_names"),
        )
        sections = [
            OperatorSection(
                notes=unread(state, visit, "platforms", "usage", "queue"),
                table=unless_unread(state, "platforms", table),
                links=[
                    ("/register", visit.say("register_title")),
                    ("/moderator", visit.say("moderator_title")),
                ],
            ),
            self._limits(state, visit),
        ]
        return self.session.page(visit, visit.say("platforms"), sections, state=state, search=wanted)

    def names(self, state: VaultState) -> Sequence[RegisteredName]:
        """Return every name with the certificates that are known here."""
        return keys.names(state, self.session.certificates.by_key())

    def found(self, visit: Visit, state: VaultState) -> RegisteredName:
        """Return the name of the address; raises NoPageError."""
        wanted = visit.parts["name"]
        known = next((each for each in self.names(state) if each.name == wanted), None)
        if known is None:
            raise NoPageError
        return known

    def show(self, visit: Visit) -> Answer:
        """Show a name, its keys, what it used, and what limits it."""
        return self._one(visit, {})

    def _one(self, visit: Visit, errors: Mapping[str, str]) -> ConsolePage:
        state = self.session.state(visit)
        each = self.found(visit, state)
        sections = [
            OperatorSection(
                notes=self._notes(each, state, visit),
                rows=self._about(each, state, visit),
                codes=[(visit.say("actor_id"), each.actor_id)],
                links=_stated(each, visit),
            ),
            *self._waiting(each, state, visit),
            *self._used(each, state, visit),
            *(self._key(each, key, visit, state) for key in each.keys),
            *self._moderators(each, state, visit),
            self._limits(state, visit),
        ]
        return self.session.page(
            visit,
            each.name,
            sections,
            state=state,
            back="/platforms",
            template="operator_name.html",
            errors=errors,
            labels={"certificate": visit.say("certificate_file")},
            name=each.name,
        )

    def add(self, visit: Visit) -> Answer:
        """Keep a copy of a certificate of one of the name's keys, so that its last day is known here."""
        state = self.session.state(visit)
        each, pem = self.found(visit, state), visit.files.get("certificate")
        wrong = ""
        try:
            read = certificate.read(pem.content if pem else b"")
            if read.spki not in {key.spki for key in each.keys}:
                wrong = visit.say("other_key", name=each.name)
        except CertificateError:
            wrong = no_certificate(pem.content if pem else b"", visit)
        if wrong or pem is None:
            return self._one(visit, {"certificate": wrong})
        self.session.certificates.keep(pem.content)
        return GoTo(f"/platforms/{each.name}")

    def _line(self, each: RegisteredName, state: VaultState, visit: Visit) -> Sequence[OperatorCell]:
        usage: Mapping[str, int] = state.table("usage").get(each.name, {})
        waits = state.table("queue").get("waiting", {}).get(each.name, 0)
        return (
            OperatorCell(text=short_name(each), link=f"/platforms/{each.name}"),
            OperatorCell(text=_kind(each, visit)),
            OperatorCell(text=number(len(each.valid), visit)),
            self.last(each, state, visit),
            OperatorCell(text=figure(calls(usage), "usage", state, visit)),
            OperatorCell(text=figure(waits, "queue", state, visit)),
        )

    def last(self, each: RegisteredName, state: VaultState, visit: Visit) -> OperatorCell:
        """Return the last day of a name's certificate, with how long that is."""
        if not each.valid:
            return OperatorCell(text=visit.say("no_valid_key"))
        if each.ends is None:
            return OperatorCell(badge=visit.say("not_known"), colour=AMBER)
        now, zone = self.session.now(), self.session.zone(state)
        return OperatorCell(
            text=last_day(each.ends, visit, zone),
            badge=left(each.ends, now, visit, zone),
            colour=keys.colour(each.ends, now),
        )

    def _notes(self, each: RegisteredName, state: VaultState, visit: Visit) -> Sequence[OperatorNote]:
        if each.is_unknown():
            return (OperatorNote(text=visit.say("last_day_not_known")),)
        return tuple(certificate_notes(each, self.session, state, visit))

    def _about(self, each: RegisteredName, state: VaultState, visit: Visit) -> Sequence[tuple[str, str]]:
        pages = state.table("pages").get(each.name, {})
        rows = [(visit.say("kind"), visit.say(f"role.{each.role}"))]
        if each.platform:
            rows.append((visit.say("role.platform"), each.platform))
        if each.role == "platform":
            accepts = "\n".join(visit.say(f"proof.{proof}") for proof in each.proofs)
            origins = "\n".join(pages.get("return_origins", ()))
            unnamed = visit.say("not_read" if state.problem("pages") else "registered_name")
            none = visit.say("not_read" if state.problem("pages") else "none_set")
            rows += [
                (visit.say("title_of_pages"), pages.get("title") or unnamed),
                (visit.say("colour_of_pages"), pages.get("colour") or none),
                (visit.say("return_origins"), origins or none),
                (visit.say("accepts_proofs"), accepts),
            ]
        return rows

    def _key(
        self, each: RegisteredName, key: RegisteredKey, visit: Visit, state: VaultState
    ) -> OperatorSection:
        known = key.certificate
        rows = [(visit.say("registered_at"), self.session.time(key.registered, visit, state))]
        if key.revoked:
            rows.append((visit.say("revoked_at"), self.session.time(key.revoked, visit, state)))
        elif known is None:
            rows.append((visit.say("last_day"), visit.say("not_known")))
        else:
            now, zone = self.session.now(), self.session.zone(state)
            day = last_day(known.not_after, visit, zone)
            told = visit.say("in_brackets", text=day, more=left(known.not_after, now, visit, zone))
            rows.append((visit.say("last_day"), told))
        return OperatorSection(
            title=visit.say("key_revoked" if key.revoked else "key_valid"),
            rows=rows,
            compared=[(visit.say("fingerprint"), roster_member.grouped(key.spki))],
            codes=[(visit.say("key_hash"), key.spki)],
            links=[(f"/platforms/{each.name}/revoke/{key.spki}", visit.say("revoke_title"))]
            if key.is_valid
            else (),
        )

    def _waiting(self, each: RegisteredName, state: VaultState, visit: Visit) -> Sequence[OperatorSection]:
        """Return what the platform must decide or carry out, the earliest deadline first."""
        if each.role != "platform":
            return ()
        waiting = [one for one in deadlines.found(state) if one.platform == each.name]
        table = self.deadlines.table(waiting, state, visit, named=False)
        return (
            OperatorSection(
                title=visit.say("deadlines_title"),
                notes=deadlines.untold(state, visit),
                table=table,
                links=[("/deadlines", visit.say("all_deadlines"))],
            ),
        )

    def _used(self, each: RegisteredName, state: VaultState, visit: Visit) -> Sequence[OperatorSection]:
        if each.role != "platform":
            return ()
        usage: Mapping[str, int] = state.table("usage").get(each.name, {})
        month = state.table("vault").get("month", "")
        waits = state.table("queue").get("waiting", {}).get(each.name, 0)
        rows = [
            (visit.say(key), figure(count, "usage", state, visit))
            for key, count in (
                ("calls", calls(usage)),
                ("verified", usage.get(_SUCCEEDED, 0)),
                ("charged", usage.get(_CHARGED, 0)),
            )
        ]
        for key, count in (
            ("stored_accounts", usage.get(_ACCOUNTS)),
            ("stored_records", usage.get(_RECORDS)),
        ):
            told = visit.say("not_yet") if count is None else number(count, visit)
            rows.append((visit.say(key), visit.say("not_read") if state.problem("usage") else told))
        rows.append((visit.say("waits_here"), figure(waits, "queue", state, visit)))
        details = [(what, number(count, visit)) for what, count in usage.items()]
        today = used_today(each.name, state, visit)
        lines = [(OperatorCell(text=visit.say(f"limit.{_QUOTA}")), today)] if today else []
        head = [visit.say("limit"), visit.say("used_today")]
        return (
            OperatorSection(
                title=visit.say("usage_of", month=shown.month(month, language=visit.language)),
                notes=unread(state, visit, "usage", "credentials"),
                table=OperatorTable(head=head, lines=lines, empty="") if today else None,
                rows=rows,
                summary=visit.say("usage_details"),
                details=details,
            ),
        )

    def _moderators(self, each: RegisteredName, state: VaultState, visit: Visit) -> Sequence[OperatorSection]:
        """Return the desks of a platform's moderators, each named by its moderator's id."""
        if each.role != "platform":
            return ()
        found = [one for one in self.names(state) if one.is_of_moderator() and one.platform == each.name]
        lines = [
            (
                OperatorCell(text=short_name(one), link=f"/platforms/{one.name}"),
                self.last(one, state, visit),
            )
            for one in found
        ]
        head = [visit.say("moderator_id"), visit.say("last_day")]
        table = OperatorTable(head=head, lines=lines, empty=visit.say("no_desks"))
        links = [("/moderator", visit.say("moderator_title"))]
        return (OperatorSection(title=visit.say("desks"), table=table, links=links),)

    def soonest(self, state: VaultState, visit: Visit) -> OperatorTable:
        """Return the names whose certificates end first, as the list has them."""
        names = [each for each in self.names(state) if each.valid and each.ends is not None]
        head = [visit.say(key) for key in ("name", "kind", "last_day", "waits_here")]
        lines = []
        for each in names[:_SOONEST]:
            name, kind, _, last, _, waits = self._line(each, state, visit)
            lines.append((name, kind, last, waits))
        return OperatorTable(head=head, lines=lines, empty=visit.say("no_names"))

    @staticmethod
    def _limits(state: VaultState, visit: Visit) -> OperatorSection:
        found: Mapping[str, Any] = state.table("limits")
        rows = [(visit.say(f"limit.{name}"), number(value, visit)) for name, value in found.items()]
        return OperatorSection(
            notes=unread(state, visit, "limits"),
            summary=visit.say("limits"),
            details=[(visit.say("limits_are"), visit.say("limits_text")), *rows],
        )


def certificate_notes(
    each: RegisteredName, session: OperatorSession, state: VaultState, visit: Visit
) -> Iterator[OperatorNote]:
    """Yield what stands out of a name's certificates: the last one ends, or one that may be in use still."""
    now, zone = session.now(), session.zone(state)
    if each.ends is not None and each.is_urgent(now):
        key = "certificate_ended" if each.ends <= now else "certificate_ends"
        yield OperatorNote(
            text=visit.say(key, name=each.name, **_days(each.ends, now, visit, zone)),
            colour=RED,
            link="/register",
            label=visit.say("register_next"),
        )
    for old, ends in each.replaced(now):
        yield OperatorNote(
            text=visit.say(
                "certificate_replaced",
                name=each.name,
                start=old.spki[:8],
                **_days(ends, now, visit, zone),
            ),
            link=f"/platforms/{each.name}",
            label=visit.say("open_name", name=each.name),
        )


def _days(ends: datetime, now: datetime, visit: Visit, zone: tzinfo) -> Mapping[str, str]:
    return {"day": last_day(ends, visit, zone), "left": left(ends, now, visit, zone)}


def _kind(each: RegisteredName, visit: Visit) -> str:
    """Return what a name is; of a desk also of which platform."""
    if each.is_of_moderator() and each.platform:
        return visit.say("desk_of", platform=each.platform)
    return visit.say(f"role.{each.role}")


def short_name(each: RegisteredName) -> str:
    """Return a name for a list: a desk's is 32 digits, of which the first tell it from others."""
    return f"{each.name[:8]}…" if each.is_of_moderator() else each.name


def _stated(each: RegisteredName, visit: Visit) -> Sequence[tuple[str, str]]:
    """Return where what a platform states is replaced."""
    if each.role != "platform":
        return ()
    path = f"/platforms/{each.name}"
    return (
        (f"{path}/presentation", visit.say("present_title")),
        (f"{path}/proofs", visit.say("accept_title")),
    )


def _fits(each: RegisteredName, wanted: str) -> bool:
    pin = wanted.replace(" ", "")
    return wanted in each.name or (bool(pin) and any(key.spki.startswith(pin) for key in each.keys))
