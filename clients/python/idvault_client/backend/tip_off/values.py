"""Reports of rumours as a backend sees them."""

from dataclasses import dataclass, field
from datetime import datetime

from idvault.tip_off.rules import ReporterStanding
from idvault.verify.sanction import Degree, SanctionCategory, Scope, StatementOfReasons
from idvault.verify.tip_off import (
    Dismissal,
    Reminder,
    TipOffChannel,
    TipOffOutcome,
    TipOffState,
    TipOffTarget,
)


@dataclass(frozen=True, slots=True)
class TipOffReport:
    """A report without its texts; a value that this client does not know is None.

    reference: the 12 digits that the reporter has. moderator_id: who works on it or decided, "" for nobody.
    due_time: when reply and solution are due. reporter_id: "" for an anonymous report. operation_id: "" if it
    belongs to none. flooded: whether it came by a form while that was flooded.
    """

    tip_off_id: str
    reference: str
    channel: TipOffChannel | None
    target: TipOffTarget
    category: SanctionCategory | None
    state: TipOffState | None
    file_time: datetime
    due_time: datetime
    moderator_id: str = ""
    answer_time: datetime | None = None
    resolve_time: datetime | None = None
    outcome: TipOffOutcome | None = None
    dismissal: Dismissal | None = None
    merged_into_id: str = ""
    sanction_id: str = ""
    reminder: Reminder | None = None
    reporter_id: str = field(default="", repr=False)
    trusted: bool = False
    delete_time: datetime | None = None
    evidence: tuple[bytes, ...] = field(default=(), repr=False)
    operation_id: str = ""
    flooded: bool = False


@dataclass(frozen=True, slots=True)
class FiledTipOff:
    """A filed report, and the secret to give to its reporter: it cannot be fetched again."""

    tip_off: TipOffReport
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FollowedTipOff:
    """What a reporter may read."""

    reference: str
    state: TipOffState | None
    file_time: datetime
    due_time: datetime
    answer_time: datetime | None
    resolve_time: datetime | None
    outcome: TipOffOutcome | None
    dismissal: Dismissal | None
    reply: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TipOffNote:
    """A moderator's note."""

    moderator_id: str
    write_time: datetime
    note: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TipOffCase:
    """A report with its texts, which are empty once they are deleted."""

    tip_off: TipOffReport
    text: str = field(repr=False)
    contact: str = field(repr=False)
    content: bytes = field(repr=False)
    reply: str = field(repr=False)
    notes: tuple[TipOffNote, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class TipOffPage:
    """A page of reports in the order of the queue; it may be short: the list ends with an empty token."""

    tip_offs: tuple[TipOffReport, ...]
    next_page_token: str


@dataclass(frozen=True, slots=True)
class UpheldSanction:
    """The sanction of an upheld report. statement: its tip_off is the report's reference.

    measure: your code for how publishing is limited, for LIMIT only. operation_id: "" for the report's
    operation, if it has one and that is open. The other fields are those of
    `sanctions.impose`; a reported public account is named by public_account_id, with its owner's token.
    """

    account_token: str
    degree: Degree
    statement: StatementOfReasons
    measure: str = ""
    scope: Scope = Scope.ACCOUNT
    operation_id: str = ""
    public_account_id: str = ""


@dataclass(frozen=True, slots=True)
class TipOffReporter:
    """A reporter as a platform knows them: an id, a standing, and how often they were right."""

    reporter_id: str
    standing: ReporterStanding | None
    limit_end_time: datetime | None
    filed: int
    upheld: int
    dismissed: int
    abusive: int

    @property
    def accuracy(self) -> float | None:
        """The share of decided reports that were upheld; None before the first decision."""
        decided = self.upheld + self.dismissed + self.abusive
        return self.upheld / decided if decided else None


@dataclass(frozen=True, slots=True)
class ReporterPage:
    """A page of reporters, by id; next_page_token is empty at the end."""

    reporters: tuple[TipOffReporter, ...]
    next_page_token: str
