"""The pages of what the vault's host has: databases, backups and certificates, and the versions of keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from idvault_people.console.operator import keys, platforms
from idvault_people.console.operator.figures import number
from idvault_people.console.operator.parts import (
    AMBER,
    GREEN,
    PLAIN,
    RED,
    OperatorCell,
    OperatorNote,
    OperatorSection,
    OperatorTable,
)
from idvault_people.console.operator.session import OperatorSession, is_not_configured, unless_unread, unread
from idvault_people.console.operator.texts import OPERATOR
from idvault_people.console.operator.vault_commands import CommandRefusedError, VaultState
from idvault_people.console.visit import Answer, Route, Visit

BACKUP_OLD = timedelta(hours=3)
"""The age of a backup from which on it stands out, as the alert IdvaultBackupOld has it."""
DATABASES = ("main", "shred")
_IN_USE, _ANNOUNCED = "in use", "announced"
_STATES = {_IN_USE: "in_use", _ANNOUNCED: "announced", "former": "former", "over": "over"}


@dataclass(kw_only=True, eq=False)
class StoragePages:
    """The pages of the host."""

    session: OperatorSession

    def routes(self) -> tuple[Route, ...]:
        """Return the pages."""
        return (Route("GET", "/storage", self.storage), Route("GET", "/keys", self.keys))

    def storage(self, visit: Visit) -> Answer:
        """Show the schema of both databases, the age of backups, and when the vault's certificates end."""
        state = self.session.state(visit)
        sections = [
            self._process(state, visit),
            self._databases(state, visit),
            self._backups(state, visit),
            self._certificates(state, visit),
        ]
        return self.session.page(visit, visit.say("storage_title"), sections, state=state)

    def _process(self, state: VaultState, visit: Visit) -> OperatorSection:
        """Return what the process of these settings tells of itself: no other one can be asked from there."""
        found, notes = state.table("process"), unread(state, visit, "process")
        if not found:
            return OperatorSection(title=visit.say("process_title"), notes=notes)
        word = "is_silent" if not found["answers"] else "is_not_ready" if found["not_ready"] else "is_ready"
        rows = [
            (visit.say("process_address"), str(found["address"])),
            (visit.say("process_state"), visit.say(word)),
        ]
        if found["answers"]:
            rows += [
                (visit.say("process_since"), self.session.time(found["start_time"], visit, state)),
                (visit.say("process_version"), str(found["version"] or visit.say("not_known_short"))),
                (visit.say("command_version"), str(state.table("vault").get("version", ""))),
            ]
        return OperatorSection(
            title=visit.say("process_title"), notes=notes, texts=[visit.say("process_text")], rows=rows
        )

    @staticmethod
    def _databases(state: VaultState, visit: Visit) -> OperatorSection:
        lines = []
        for each in state.list("databases"):
            word, colour = ("schema_usable", GREEN) if each["usable"] else ("schema_unusable", RED)
            if each["usable"] and each["to_contract"]:
                word, colour = "schema_waits", AMBER
            lines.append(
                (
                    OperatorCell(text=visit.say(f"database.{each['database']}")),
                    OperatorCell(text=str(each["version"] or visit.say("none_set"))),
                    OperatorCell(text=str(each["needed"]), badge=visit.say(word), colour=colour),
                )
            )
        head = [visit.say(key) for key in ("database", "schema_version", "schema_needed")]
        table = OperatorTable(head=head, lines=lines, empty="")
        return OperatorSection(
            title=visit.say("databases"), notes=unread(state, visit, "databases"), table=table
        )

    def _backups(self, state: VaultState, visit: Visit) -> OperatorSection:
        found, lines = state.table("backups"), []
        if state.problem("backups"):
            word = "backups_unset" if is_not_configured(state, "backups") else "backups_unknown"
            notes = unread(state, visit, "backups")
            return OperatorSection(title=visit.say("backups"), notes=notes, texts=[visit.say(word)])
        for name in DATABASES:
            at = found.get(name)
            word, colour = backup_state(at, self.session.now())
            lines.append(
                (
                    OperatorCell(text=visit.say(f"database.{name}")),
                    OperatorCell(
                        text=self.session.time(at, visit, state) if at else "",
                        badge=visit.say(word),
                        colour=colour,
                    ),
                )
            )
        head = [visit.say("database"), visit.say("backup_at")]
        table = OperatorTable(head=head, lines=lines, empty="")
        return OperatorSection(title=visit.say("backups"), table=table)

    def _certificates(self, state: VaultState, visit: Visit) -> OperatorSection:
        lines, now, zone = [], self.session.now(), self.session.zone(state)
        for each in state.list("certificates"):
            last = OperatorCell(badge=visit.say("unreadable"), colour=RED)
            if each["end_time"]:
                ends = datetime.fromisoformat(each["end_time"])
                left = platforms.left(ends, now, visit, zone)
                last = OperatorCell(
                    text=platforms.last_day(ends, visit, zone), badge=left, colour=keys.colour(ends, now)
                )
            lines.append((OperatorCell(text=str(each["setting"])), last))
        head = [visit.say("setting"), visit.say("last_day")]
        table = OperatorTable(head=head, lines=lines, empty=visit.say("no_certificates"))
        return OperatorSection(
            title=visit.say("own_certificates"),
            notes=unread(state, visit, "certificates"),
            table=unless_unread(state, "certificates", table),
        )

    def keys(self, visit: Visit) -> Answer:
        """Show the announced versions of every purpose, then those in the key file of the settings."""
        state = self.session.state(visit)
        head = [visit.say(key) for key in ("purpose_of_key", "version", "announced_at")]
        lines = [self._version(each, state, visit) for each in state.list("keys")]
        table = OperatorTable(head=head, lines=lines, empty=visit.say("no_announced_keys"))
        announced = OperatorSection(
            title=visit.say("announced_keys"),
            notes=unread(state, visit, "keys"),
            texts=[visit.say("announced_text")],
            table=unless_unread(state, "keys", table),
        )
        return self.session.page(visit, visit.say("keys_title"), [announced, self._file(visit)], state=state)

    def _version(self, each: Mapping[str, object], state: VaultState, visit: Visit) -> Sequence[OperatorCell]:
        word = str(each["state"])
        colour = {_IN_USE: GREEN, _ANNOUNCED: AMBER}.get(word, PLAIN)
        at = each["announce_time"]
        return (
            OperatorCell(text=purpose_name(str(each["purpose"]), visit)),
            OperatorCell(
                text=str(each["version"]), badge=visit.say(f"key_state.{_STATES[word]}"), colour=colour
            ),
            OperatorCell(text=self.session.time(str(at) if at else None, visit, state)),
        )

    def _file(self, visit: Visit) -> OperatorSection:
        title = visit.say("keys_in_file")
        try:
            found = self.session.commands.key_versions()
        except CommandRefusedError as error:
            return OperatorSection(
                title=title, notes=[OperatorNote(text=visit.say("keys_unread"), technical=str(error))]
            )
        lines = [
            (
                OperatorCell(text=purpose_name(str(each["purpose"]), visit)),
                OperatorCell(text=str(each["version"])),
                OperatorCell(text=str(each["check"]), is_code=True),
                OperatorCell(text=_stored(each.get("stored"), visit)),
            )
            for each in found
        ]
        head = [visit.say(key) for key in ("purpose_of_key", "version", "check_value", "stored_under")]
        return OperatorSection(
            title=title,
            texts=[visit.say("keys_in_file_text")],
            table=OperatorTable(head=head, lines=lines, empty=visit.say("no_keys")),
            links=[("/keys/rotate", visit.say("rotate_title"))],
        )


def purpose_name(purpose: str, visit: Visit) -> str:
    """Return what a key is for, with the name that commands and the log have for it."""
    name = visit.say(f"purpose.{purpose}") if f"purpose.{purpose}" in OPERATOR else ""
    return visit.say("name_and_code", name=name, code=purpose) if name else purpose


def backup_state(at: str | None, now: datetime) -> tuple[str, str]:
    """Return the key of the word for the age of the newest backup, and its colour. at: None without one."""
    if at is None:
        return "backup_none", RED
    if now - datetime.fromisoformat(at) > BACKUP_OLD:
        return "backup_old", RED
    return "backup_new", GREEN


def _stored(count: object, visit: Visit) -> str:
    return number(count, visit) if isinstance(count, int) else visit.say("not_counted")
