"""The health checks of a deployment, and the advice if one fails.

- Every certificate is valid for at least 30 more days.
- The clock is within 5 seconds of the registry's, which refuses calls beyond that.
- No entry waits longer than 10 seconds for its index, and the sequencer ran within the last 30 seconds.
- The newest checkpoint covers all entries that were sequenced when the check began, and enough witnesses
  cosigned it within ten minutes.
- Every witness of the settings confirms the log, and the settings name every witness of the roster.
- The roster file is the version that the database has adopted, or a newer one.
- Every custodian of the current quorum has passed a drill within 90 days.
- No custodian who lost a place in a quorum has shares left to hand over (custody.handover.acts).

A check that needs another one, such as of the databases, is not made if that one has failed.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from idvault.core.ailment import AilmentError
from idvault.custody.drill.rules import DrillStanding
from idvault.log.acts.witness import LONGEST_IDLE
from idvault_verify.error import IdvaultError

CERTIFICATE_DAYS = 30
CLOCK_DIFFERENCE = timedelta(seconds=5)
LONGEST_WAIT = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(seconds=30)
# An HTTP date has whole seconds only.
_ROUNDING = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Check:
    """One check. run: raises AilmentError or a domain error if the check fails; may return a remark.

    needs: the name of a check before it that must have passed, or else this one is not made.
    """

    name: str
    run: Callable[[], Awaitable[str | None]]
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check.

    advice: what to do, None if the check passed. is_made: False if the check was not made, because one that
    it needs had failed. remark: what a check that passed has to say.
    """

    name: str
    advice: str | None
    is_made: bool = True
    remark: str | None = None


async def examine(checks: Iterable[Check]) -> list[Finding]:
    """Run all checks and return their findings, in order; a failure stops only those that need its check."""
    findings: list[Finding] = []
    failed: set[str] = set()
    for check in checks:
        if check.needs in failed:
            findings.append(Finding(check.name, f"not checked: mend {check.needs} first", is_made=False))
            continue
        found = await _found(check)
        if found.advice is not None:
            failed.add(check.name)
        findings.append(found)
    return findings


async def _found(check: Check) -> Finding:
    try:
        return Finding(check.name, None, remark=await check.run())
    except AilmentError as error:
        return Finding(check.name, str(error))
    except IdvaultError as error:
        return Finding(check.name, f"{error}: see this process's logs")


def check_certificate(*, ends: datetime, setting: str, now: datetime) -> None:
    """Raise AilmentError for a certificate that has expired or expires soon."""
    if ends <= now:
        raise AilmentError(f"the certificate in {setting} has expired: replace it")
    if ends - now < timedelta(days=CERTIFICATE_DAYS):
        days = (ends - now).days
        raise AilmentError(f"the certificate in {setting} expires in {days} days: get a new one")


def check_clock(*, theirs: datetime | None, now: datetime) -> None:
    """Raise AilmentError for a clock that differs from the registry's, or cannot be compared with it."""
    if theirs is None:
        raise AilmentError("the registry sent no time to compare with: check NTP on this host")
    if abs(now - theirs) > CLOCK_DIFFERENCE + _ROUNDING:
        seconds = round((now - theirs).total_seconds())
        raise AilmentError(
            f"this host's clock differs from the registry's by {seconds} s, and the registry refuses calls "
            "beyond 5 s: run NTP"
        )


def check_waiting(*, oldest: datetime | None, now: datetime) -> None:
    """Raise AilmentError if an entry has waited too long for its index. oldest: its time of writing."""
    if oldest is not None and now - oldest > LONGEST_WAIT:
        seconds = round((now - oldest).total_seconds())
        raise AilmentError(
            f"an entry has waited {seconds} s for its place in the log, and after 60 s all changes are "
            "refused: start `idvault work`, or see its logs"
        )


def check_sequencer(*, sequenced_at: datetime, now: datetime) -> None:
    """Raise AilmentError if no sequencer has run recently."""
    if now - sequenced_at > LONGEST_PAUSE:
        raise AilmentError("no process sequences the log: start `idvault work`")


def check_covered(*, sequenced: int, signed: int) -> None:
    """Raise AilmentError if the newest checkpoint is smaller than the log when it was read."""
    if signed < sequenced:
        raise AilmentError(
            f"the newest checkpoint covers {signed} of {sequenced} entries: see the logs of `idvault work`, "
            "and check that the witness answers"
        )


def check_ages(*, sequenced: int, signed: int) -> None:
    """Raise AilmentError if the shred database's checkpoint has more entries than the main database.

    sequenced: read after the checkpoint, since the log grows.
    """
    if signed > sequenced:
        raise AilmentError(
            f"the main database is older than the shred database: it has {sequenced} entries, and {signed} "
            "were signed. It was restored from a backup: `idvault restore --check` says what is lost"
        )


def check_cosigned(*, at: datetime | None, now: datetime) -> None:
    """Raise AilmentError if the log has been without cosignatures for too long. at: of the last of enough."""
    if at is None:
        raise AilmentError("the newest checkpoint is not cosigned by enough witnesses of the roster in force")
    if now - at > LONGEST_IDLE:
        minutes = round((now - at).total_seconds() / 60)
        raise AilmentError(
            f"the log has been without enough cosignatures for {minutes} minutes: people sign up, and "
            "openings and receipts wait until more witnesses can be reached"
        )


def check_witnesses(refusals: Mapping[str, str], *, missing: Sequence[str]) -> None:
    """Raise AilmentError unless every witness confirms the log and is in the settings.

    refusals: why a witness does not confirm it, "" if it does, by name. missing: the roster's witnesses that
    the settings do not name.
    """
    refused = [f"{name} ({why})" for name, why in refusals.items() if why]
    if refused:
        raise AilmentError(
            f"{len(refused)} of {len(refusals)} witnesses do not confirm the log: {', '.join(refused)}: "
            "check them, and whether the databases were restored from an old copy"
        )
    if missing:
        raise AilmentError(
            f"the roster also names the witness {', '.join(missing)}: add it to IDVAULT_WITNESS_URLS and "
            "IDVAULT_WITNESS_KEYS"
        )


def check_adopted(*, version: int, digest: str, adopted: tuple[int, str] | None) -> None:
    """Raise AilmentError unless the roster file is the version that the database has adopted, or newer."""
    if adopted is None:
        raise AilmentError("no roster has been adopted yet: start `idvault serve` or `idvault work`")
    if version < adopted[0]:
        raise AilmentError(
            f"the file in IDVAULT_ROSTER is version {version}, but {adopted[0]} was adopted: use that file"
        )
    if (version, digest) != adopted and version == adopted[0]:
        raise AilmentError(
            f"the file in IDVAULT_ROSTER is not the version {version} that was adopted: restore that file"
        )


def check_drills(
    *, standings: Sequence[DrillStanding], custodians: int, threshold: int, now: datetime
) -> None:
    """Raise AilmentError if a custodian's drill is overdue or there is no drill record.

    standings: of the current quorum's custodians who have had a drill record; custodians: how many it has.
    """
    if len(standings) < custodians:
        raise AilmentError("the current quorum has no drill record yet: start `idvault work`")
    overdue = [each.custodian for each in standings if each.is_overdue(now)]
    if not overdue:
        return
    names, left = ", ".join(overdue), custodians - len(overdue)
    shown = f"{left} of {custodians} custodians have passed a drill within 90 days"
    if left < threshold:
        shown += f", and {threshold} are needed to open a record"
    raise AilmentError(
        f"the drill of {names} is overdue; {shown}: have them run `idvault-people custodian drill`, "
        "and replace those who cannot while enough others still can"
    )
