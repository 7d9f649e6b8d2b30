"""The rules of reporters as a platform knows them: a derived id, a standing, and how often they were right.

| standing | how it gets there | what it means |
|---|---|---|
| ORDINARY | first report; set by the platform | at most the limit of reports a day |
| TRUSTED | set by the platform | first in the queue, no limit |
| WARNED | an abusive report; set by the platform; the end of a limit | as ORDINARY |
| LIMITED | an abusive report by somebody who is warned or limited; set by the platform | one report a day |

- A reporter is an account whose owner the platform had signed in, or an e-mail address that was proved with a
  code (tip_off.contact). Nothing else proves who reports: any other contact, on any channel, and an account
  that a mail or a telephone call names, are what somebody says.
- A limit ends after 30 days, or when the platform says; then the reporter is WARNED.
- Whoever is not proved has no standing, shares no count and changes none.
- Days are the operator's.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from idvault_verify.error import ExhaustedError, FieldCode, InvalidError, Reason, Violation
from idvault_verify.tip_off import ReporterStanding, TipOffChannel, TipOffOutcome

LIMITED_FOR = timedelta(days=30)
_WHEN_LIMITED = 1
_SIGNED_IN = frozenset({TipOffChannel.APP, TipOffChannel.WEB})


@dataclass(frozen=True, slots=True)
class Reporter:
    """A reporter; reporter_id is 32 lower-case hex digits. filed_today: the reports of `day`."""

    reporter_id: str
    relying_party: str
    standing: ReporterStanding = ReporterStanding.ORDINARY
    limited_until: datetime | None = None
    day: date = date.min
    filed_today: int = 0
    filed: int = 0
    upheld: int = 0
    dismissed: int = 0
    abusive: int = 0


def proved(*, token: str | None, channel: TipOffChannel) -> str | None:
    """Return the account of a reporter whom the platform had signed in; None for anybody else."""
    return token if channel in _SIGNED_IN else None


def as_of(reporter: Reporter, *, now: datetime) -> Reporter:
    """Return the reporter as of now: WARNED if a limit has ended."""
    if reporter.limited_until is None or reporter.limited_until > now:
        return reporter
    return replace(reporter, standing=ReporterStanding.WARNED, limited_until=None)


def file(reporter: Reporter, *, limit: int, today: date, day_ends: datetime, now: datetime) -> Reporter:
    """Count a report; raises ExhaustedError (TIP_OFF_LIMIT_REACHED) at the limit of the day."""
    present = as_of(reporter, now=now)
    count = present.filed_today if present.day == today else 0
    most = _WHEN_LIMITED if present.standing is ReporterStanding.LIMITED else limit
    if present.standing is not ReporterStanding.TRUSTED and count >= most:
        raise ExhaustedError(Reason.TIP_OFF_LIMIT_REACHED, retry_after=day_ends - now)
    return replace(present, day=today, filed_today=count + 1, filed=present.filed + 1)


def judge(reporter: Reporter, *, outcome: TipOffOutcome, now: datetime) -> Reporter:
    """Return the reporter after a decision about one report; an abusive one has consequences."""
    present = as_of(reporter, now=now)
    if outcome is TipOffOutcome.REFERRED:  # whether it was right is for the authority to say
        return present
    if outcome is TipOffOutcome.UPHELD:
        return replace(present, upheld=present.upheld + 1)
    if outcome is not TipOffOutcome.ABUSIVE:
        return replace(present, dismissed=present.dismissed + 1)
    counted = replace(present, abusive=present.abusive + 1)
    if present.standing in (ReporterStanding.WARNED, ReporterStanding.LIMITED):
        return replace(counted, standing=ReporterStanding.LIMITED, limited_until=now + LIMITED_FOR)
    return replace(counted, standing=ReporterStanding.WARNED)


def set_standing(
    reporter: Reporter, *, standing: ReporterStanding, limited_until: datetime | None, now: datetime
) -> Reporter:
    """Return the reporter in a standing that the platform sets; raises InvalidError (limit_end_time)."""
    limits = standing is ReporterStanding.LIMITED
    code = None
    if limits and limited_until is None:
        code = FieldCode.REQUIRED
    elif limited_until is not None and not (limits and limited_until > now):
        code = FieldCode.LENGTH if limits else FieldCode.CHARACTER
    if code is not None:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("limit_end_time", code))
    return replace(reporter, standing=standing, limited_until=limited_until)
