"""What a deployment is examined for, and what to do where something is not as it should be.

- A certificate ends in 30 days at the earliest.
- The clock is within 5 seconds of the registry's, which refuses calls beyond that.
- No entry waits longer than 10 seconds for its place in the log, and the sequencer worked within the last 30.
- The newest checkpoint covers what had its place when it was looked at.
- The roster file is not older than the version that the database has adopted, nor another one.
- Every custodian of the quorum in force has passed a drill within 90 days.
- No custodian who lost the place in a quorum has shares left to hand over (flows.custody.quorum_count).
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from idvault.domain.drill import DrillStanding
from idvault.domain.error import IdvaultError

CERTIFICATE_DAYS = 30
CLOCK_DIFFERENCE = timedelta(seconds=5)
LONGEST_WAIT = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(seconds=30)
# An HTTP date is told in whole seconds.
_ROUNDING = timedelta(seconds=1)


class AilmentError(Exception):
    """Something is not as it should be; the text says what to do, and holds no address and no secret."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at. run: raises AilmentError, or a domain error, where it is not well."""

    name: str
    run: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Finding:
    """How one thing is; advice: what to do, None where nothing is."""

    name: str
    advice: str | None


async def examine(checks: Iterable[Check]) -> list[Finding]:
    """Return what each check found, in their order; one that fails does not end the others."""
    findings = []
    for check in checks:
        advice = None
        try:
            await check.run()
        except AilmentError as error:
            advice = str(error)
        except IdvaultError as error:
            advice = f"{error}: look at this process's logs"
        findings.append(Finding(check.name, advice))
    return findings


def check_certificate(*, ends: datetime, setting: str, now: datetime) -> None:
    """Raise AilmentError for a certificate that has ended or ends soon."""
    if ends <= now:
        raise AilmentError(f"the certificate in {setting} has expired: put a new one there and restart")
    if ends - now < timedelta(days=CERTIFICATE_DAYS):
        days = (ends - now).days
        raise AilmentError(f"the certificate in {setting} ends in {days} days: order a new one")


def check_clock(*, theirs: datetime | None, now: datetime) -> None:
    """Raise AilmentError for a clock that differs from the registry's, or cannot be compared with it."""
    if theirs is None:
        raise AilmentError("the registry tells no time to compare with: look at NTP on this machine yourself")
    if abs(now - theirs) > CLOCK_DIFFERENCE + _ROUNDING:
        seconds = round((now - theirs).total_seconds())
        raise AilmentError(
            f"this machine's clock differs from the registry's by {seconds} s, and at 5 s it refuses calls: "
            "run NTP"
        )


def check_waiting(*, oldest: datetime | None, now: datetime) -> None:
    """Raise AilmentError while an entry waits too long for its place. oldest: since when one waits."""
    if oldest is not None and now - oldest > LONGEST_WAIT:
        seconds = round((now - oldest).total_seconds())
        raise AilmentError(
            f"an entry has waited for {seconds} s for its place in the log, and from 60 s nothing is changed "
            "any more: start `idvault work`, or look at its logs"
        )


def check_sequencer(*, sequenced_at: datetime, now: datetime) -> None:
    """Raise AilmentError if nobody has looked after the log lately."""
    if now - sequenced_at > LONGEST_PAUSE:
        raise AilmentError("nobody sequences the log: start `idvault work`")


def check_covered(*, sequenced: int, signed: int) -> None:
    """Raise AilmentError while the newest checkpoint is smaller than the log was when one looked."""
    if signed < sequenced:
        raise AilmentError(
            f"the newest checkpoint covers {signed} of {sequenced} entries: look at the logs of "
            "`idvault work`, and whether the witness answers"
        )


def check_adopted(*, version: int, digest: str, adopted: tuple[int, str] | None) -> None:
    """Raise AilmentError unless the roster file is the version that the database has adopted, or newer."""
    if adopted is None:
        raise AilmentError("no roster was adopted yet: start `idvault serve` or `idvault work`")
    if version < adopted[0]:
        raise AilmentError(
            f"the file in IDVAULT_ROSTER is version {version}, and {adopted[0]} was adopted: publish that one"
        )
    if (version, digest) != adopted and version == adopted[0]:
        raise AilmentError(
            f"the file in IDVAULT_ROSTER is another version {version} than was adopted: put that one back"
        )


def check_drills(
    *, standings: Sequence[DrillStanding], custodians: int, threshold: int, now: datetime
) -> None:
    """Raise AilmentError while a custodian is overdue with a drill, or there is none to pass.

    standings: of those of the quorum in force who have had a drill record; custodians: how many it has.
    """
    if len(standings) < custodians:
        raise AilmentError("there is no drill record for the quorum in force yet: start `idvault work`")
    overdue = [each.custodian for each in standings if each.is_overdue(now)]
    if not overdue:
        return
    names, left = ", ".join(overdue), custodians - len(overdue)
    shown = f"{left} of {custodians} custodians have shown within 90 days that their keys open"
    if left < threshold:
        shown += f", and {threshold} are needed to open a record"
    raise AilmentError(
        f"no drill of {names} for 90 days; {shown}: have them run `idvault custodian drill`, and replace "
        "whoever cannot while the others still can"
    )
