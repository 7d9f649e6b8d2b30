"""Where a moderator works: the vault, the key that signs, the clock, and what was used last."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any
from uuid import uuid4

from idvault_client.backend.blocking.vault import Vault
from idvault_client.errors import NotFound
from idvault_client.pages import rendering
from idvault_client.sanctions import AccountSanction, ModeratorKey, OperationState, PlatformOperation
from idvault_client.tip_offs import FiledTipOff, UpheldSanction
from idvault_people.console.visit import ConsoleHead, Visit
from idvault_people.moderation import shown
from idvault_people.moderation.own_history import OwnHistory
from idvault_people.moderation.saved_view import SavedViews
from idvault_verify.attest.people.roster import Roster

_MOST_OPERATIONS = 50


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(kw_only=True, eq=False, repr=False)
class Workplace:
    """One moderator's session. zone: None for this machine's. habits: what the next form begins with.

    drafts: replies that were typed before a sanction, by report. excerpts: how the texts of open reports
    begin, by report. names: what cases are called, by address. history: what was done at this desk. roster:
    reads the published roster's versions, by which orders of authorities are checked; None if none was
    named. views: that the moderator keeps. ends: when the platform's certificate does; None if that is not
    known. slips: number and secret of reports that were taken down, while they are shown, by the form's
    request id; with the end of that.
    """

    vault: Vault
    key: ModeratorKey
    clock: Callable[[], datetime] = _now
    zone: tzinfo | None = None
    new_id: Callable[[], str] = lambda: str(uuid4())
    habits: dict[str, str] = field(default_factory=lambda: {"territory": "CN"})
    drafts: dict[str, str] = field(default_factory=dict)
    history: OwnHistory = field(default_factory=OwnHistory)
    excerpts: dict[str, str] = field(default_factory=dict, repr=False)
    names: dict[str, str] = field(default_factory=dict, repr=False)
    roster: Callable[[], Sequence[Roster]] | None = None
    views: SavedViews = field(default_factory=SavedViews)
    ends: datetime | None = None
    slips: dict[str, tuple[datetime, FiledTipOff | None]] = field(default_factory=dict, repr=False)

    @property
    def me(self) -> str:
        """The moderator."""
        return self.key.moderator_id

    def head(self) -> ConsoleHead:
        """Return who works here, for which platform, and until when its certificate lets the desk call."""
        return ConsoleHead(
            name=self.me[:8], whole=self.me, place=self.key.relying_party, until=self.ends, zone=self.zone
        )

    def left(self, due: datetime, visit: Visit) -> str:
        """Return how much time is left."""
        return rendering.time_left(due, now=self.clock(), say=visit.say)

    def due(self, due: datetime, visit: Visit) -> str:
        """Return when something is due, and how much time is left."""
        return str(visit.say("due_left", time=self.time(due, visit), left=self.left(due, visit)))

    def spent(self, begin: datetime, due: datetime) -> int:
        """Return how much of a time has passed, in per cent."""
        return rendering.time_spent(begin, due, now=self.clock())

    def time(self, value: datetime, visit: Visit) -> str:
        """Return a time in words, with its zone."""
        return shown.time(value, visit, zone=self.zone)

    def deadline(self, value: datetime, visit: Visit) -> str:
        """Return until when something lasts: of the end of a day that day, which still counts."""
        local = value.astimezone(self.zone)
        if (local.hour, local.minute) != (0, 0):
            return self.time(value, visit)
        return str(visit.say("whole_day", day=shown.last_day(local.date(), language=visit.language)))

    def rows(self, visit: Visit, **values: Any) -> list[shown.Row]:
        """Return rows of names and values without those that are None or "": times are shown in words."""
        return [
            (visit.say(name), self.time(value, visit) if isinstance(value, datetime) else str(value))
            for name, value in values.items()
            if value not in (None, "")
        ]

    def who(self, moderator_id: str, visit: Visit) -> str:
        """Return who a moderator is."""
        return shown.moderator(moderator_id, me=self.me, say=visit.say)

    def open_operations(self) -> tuple[PlatformOperation, ...]:
        """Return the operations that a sanction may name."""
        page = self.vault.sanctions.list_operations(state=OperationState.OPEN, page_size=_MOST_OPERATIONS)
        return tuple(page.operations)

    def operation(self, operation_id: str) -> str:
        """Return the title of an operation, its id if it is deleted, "" for none."""
        if not operation_id:
            return ""
        try:
            return str(self.vault.sanctions.get_operation(operation_id).title)
        except NotFound:
            return operation_id

    def impose(self, wanted: UpheldSanction, request_id: str) -> AccountSanction:
        """Sign and impose a sanction as it was shown; raises as `impose` and `get_operation` do."""
        named = wanted.operation_id
        made: AccountSanction = self.vault.sanctions.impose(
            wanted.account_token,
            wanted.degree,
            wanted.statement,
            key=self.key,
            measure=wanted.measure,
            scope=wanted.scope,
            # One that was closed meanwhile is for the vault to refuse: it must not fall away silently.
            operation=self.vault.sanctions.get_operation(named) if named else None,
            public_account_id=wanted.public_account_id,
            request_id=request_id,
        )
        return made
