"""What stands on the first page before every figure: what is broken now, the worst first.

- What `idvault doctor` found last: one note for each advice, because one outage fails several checks.
- The newest checkpoint, verified on this machine; so an edge that does not answer is seen, too.
- Entries that wait for the log or for its witnesses, and claims that wait for the registry.
- What is overdue, by kind and platform, and which platforms missed something this month.
- Backups that are not there, and platforms that have used most of a daily limit, or all of it.
- Certificates of callers that end soon.

What the doctor found and what was missed since the last visit is marked as new.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from idvault_people.console.operator import advice, deadlines, log, platforms, storage
from idvault_people.console.operator.checks import check_names
from idvault_people.console.operator.figures import number
from idvault_people.console.operator.findings import by_text
from idvault_people.console.operator.keys import RegisteredName
from idvault_people.console.operator.parts import AMBER, RED, OperatorNote
from idvault_people.console.operator.session import OperatorSession
from idvault_people.console.operator.vault_commands import VaultState
from idvault_people.console.visit import Visit

_LOG_REFUSES = timedelta(seconds=60)
"""How long an entry waits for its place before the vault refuses every change."""
_QUEUE_LONG = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class UrgentNotes:
    """The notes for one visit."""

    session: OperatorSession
    state: VaultState
    visit: Visit

    def all(self, names: Sequence[RegisteredName]) -> Iterator[OperatorNote]:
        """Yield every note. names: the registered ones, with their certificates."""
        head = log.verified_lately(self.session, self.visit)
        if isinstance(head, OperatorNote):
            yield head
        yield from self._process()
        yield from self._log()
        yield from self._found()
        yield from self._queue()
        yield from self._overdue()
        yield from self._backups()
        yield from self._limits()
        for each in names:
            for note in platforms.certificate_notes(each, self.session, self.state, self.visit):
                label = self.visit.say("open_name", name=each.name)
                yield replace(note, link=f"/platforms/{each.name}", label=label)

    def _process(self) -> Iterator[OperatorNote]:
        found = self.state.table("process")
        if not found or (found["answers"] and not found["not_ready"]):
            return
        link: dict[str, Any] = {"link": "/storage", "label": self.visit.say("storage_title")}
        if found["answers"]:
            text, said = self.visit.say("process_not_ready"), "; ".join(found["not_ready"])
            yield OperatorNote(text=text, technical=said, colour=RED, **link)
        else:
            text = self.visit.say("process_silent", address=found["address"])
            yield OperatorNote(text=text, colour=RED, **link)

    def _log(self) -> Iterator[OperatorNote]:
        found, now = self.state.table("log"), self.session.now()
        if _older(found.get("waiting_since"), now, _LOG_REFUSES):
            yield self._late("log_refuses", str(found["waiting_since"]), "/log", "log_title")
        since = log.uncovered_since(found, now)
        if since is not None:
            yield self._late("witness_behind", since.isoformat(), "/log", "log_title")

    def _found(self) -> Iterator[OperatorNote]:
        result = self.session.doctor.last
        if result is None:
            return
        link: dict[str, Any] = {"link": "/doctor", "label": self.visit.say("doctor_title")}
        if result.problem:
            text = self.visit.say("doctor_problem")
            yield OperatorNote(text=text, technical=result.problem, colour=AMBER, **link)
        for said, checks in by_text(result.failed).items():
            text = self.visit.say("check_fails", checks=check_names(checks, self.visit))
            is_new = any(self.session.last_visit.is_new(check, passed=False) for check in checks)
            yield advice.note(text, said, self.visit, colour=RED, is_new=is_new, **link)

    def _queue(self) -> Iterator[OperatorNote]:
        since = self.state.table("queue").get("oldest_time")
        if _older(since, self.session.now(), _QUEUE_LONG):
            yield self._late("queue_late", str(since), "/queue", "queue_title")

    def _overdue(self) -> Iterator[OperatorNote]:
        found, say = self.state.table("deadlines"), self.visit.say
        link: dict[str, Any] = {"link": "/deadlines", "label": say("deadlines_title")}
        for kind, count in found.get("overdue", {}).items():
            if count:
                of_kind = [each for each in deadlines.found(self.state) if each.kind == kind]
                late = {each.platform: each.overdue for each in of_kind}
                # A vault of another version may not tell where they wait.
                where = self._counted(late) or number(count, self.visit)
                told = say("overdue_note", kind=deadlines.kind_name(kind, self.visit), platforms=where)
                yield OperatorNote(text=told, colour=RED, **link)
        missed: Mapping[str, Mapping[str, int]] = found.get("missed", {})
        if missed:
            counts = {name: sum(figures.values()) for name, figures in sorted(missed.items())}
            told = say("missed_note", platforms=self._counted(counts))
            new = self.session.last_visit.new_misses()
            if new:
                told = say("missed_since", text=told, platforms=self._counted(new))
            yield OperatorNote(text=told, is_new=bool(new), **link)

    def _counted(self, counts: Mapping[str, int]) -> str:
        """Return platforms with their counts, without those of 0."""
        say = self.visit.say
        return say("and_more").join(
            say("name_count", name=name or say("not_named"), count=count)
            for name, count in counts.items()
            if count
        )

    def _limits(self) -> Iterator[OperatorNote]:
        for name in self.state.table("credentials"):
            used = platforms.used_today(name, self.state, self.visit)
            spent = 0 if used is None else used.spent or 0
            if used is not None and spent >= platforms.MUCH:
                is_reached = spent >= platforms.ALL
                label = self.visit.say("open_name", name=name)
                key = "limit_reached" if is_reached else "limit_near"
                text, colour = self.visit.say(key, name=name, used=used.text), RED if is_reached else AMBER
                yield OperatorNote(text=text, colour=colour, link=f"/platforms/{name}", label=label)

    def _backups(self) -> Iterator[OperatorNote]:
        """Yield a note for the databases without a backup, and one for those whose newest is too old."""
        if self.state.problem("backups"):
            return
        found, say, now = self.state.table("backups"), self.visit.say, self.session.now()
        words = {name: storage.backup_state(found.get(name), now)[0] for name in storage.DATABASES}
        for word in ("backup_none", "backup_old"):
            names = [say(f"database.{name}") for name in storage.DATABASES if words[name] == word]
            if names:
                told = say(f"{word}_note", databases=say("and_more").join(names))
                yield OperatorNote(text=told, colour=RED, link="/storage", label=say("storage_title"))

    def _late(self, key: str, since: str, link: str, label: str) -> OperatorNote:
        text = self.visit.say(key, time=self.session.time(since, self.visit, self.state))
        return OperatorNote(text=text, colour=RED, link=link, label=self.visit.say(label))


def _older(text: str | None, now: datetime, longest: timedelta) -> bool:
    return bool(text) and now - datetime.fromisoformat(str(text)) > longest
