"""Checks of the roster file, and the operator's of what both databases hold: rosters, log, drills, records.

- No entry waits longer than 10 seconds for its index, and the sequencer ran within the last 30 seconds.
- The newest checkpoint covers all entries that were sequenced when the check began, and enough witnesses
  cosigned it within ten minutes.
- Every witness of the settings confirms the log, and the settings name every witness of the roster.
- The roster file is the version that the database has adopted, or a newer one.
- Every custodian of the current quorum has passed a drill within 90 days.
- No custodian who lost a place in a quorum has shares left to hand over (custody.handover.acts).
- No step of an erasure is five minutes late, and sampled records have their shred keys.
- Disowned accounts that no platform decided in time are a remark: only their platforms can decide.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from idvault.core.check import AilmentError
from idvault.core.config import ConfigError, Settings
from idvault.core.db.database import Database
from idvault.core.db.deadline import PlatformDeadlines
from idvault.custody.drill import acts as drill_acts
from idvault.custody.drill import store as drill_store
from idvault.custody.drill.rules import DrillStanding
from idvault.custody.handover import acts as handover_acts
from idvault.erasure import store as erasure_store
from idvault.key.acts.remnants import KeyRewriting
from idvault.log.acts import stored_log, witness
from idvault.log.acts.witness import LONGEST_IDLE, Compared, cosigned_at
from idvault.people import store as people_store
from idvault.processes.backup import acts as backup_acts
from idvault.processes.bootstrap import connection_failure
from idvault.processes.bootstrap.base import ENTROPY, Deployment
from idvault.processes.bootstrap.roster import check_purpose, count_records
from idvault.processes.bootstrap.witness import check_asked, demand_of, witness_keys
from idvault.processes.witness.client import HttpWitness
from idvault.session.disavowal import store as disavowal_store
from idvault_verify import token
from idvault_verify.attest.people import roster as rosters
from idvault_verify.attest.people import roster_chain
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.reading import RosterError
from idvault_verify.error import IdvaultError
from idvault_verify.transparency import checkpoint, note
from idvault_verify.transparency.note import parse_key
from idvault_verify.transparency.tree import LogError

LONGEST_WAIT = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(seconds=30)
_LATE = timedelta(minutes=5)
# The records whose keys a run looks up: a second of a core. The worker looks up all of them, bit by bit.
_SAMPLE = 100_000
# A checkpoint is signed about once a second.
_LOOKS, _PAUSE = 25, 0.2


def check_in_force(settings: Settings) -> None:
    """Raise AilmentError unless the roster file may be in force, and the settings name enough witnesses."""
    try:
        newest = roster_chain.load(settings.roster)
        origin = settings.log_origin or settings.trust_domain
        check_purpose(newest, development=settings.development, origin=origin, keys=())
        if settings.witnesses:
            check_asked(newest, tuple(parse_key(key) for _, key in settings.witness_list))
    except (RosterError, ConfigError, LogError) as error:
        raise AilmentError(f"cannot be in force: {error}") from error


async def check_roster(deployment: Deployment) -> None:
    """Raise AilmentError unless the roster file verifies, and is the version that was adopted, or newer."""
    try:
        found = await asyncio.to_thread(roster_chain.load, deployment.settings.roster)
    except (RosterError, OSError) as error:
        raise AilmentError(f"the roster does not verify ({error}): restore the signed file") from error
    adopted = await deployment.main.one("roster.newest", people_store.NEWEST)
    check_adopted(version=found.version, digest=found.digest(), adopted=adopted)


async def roster_versions(deployment: Deployment) -> tuple[Roster, ...]:
    """Return every version in the roster file; raises AilmentError."""
    try:
        return await asyncio.to_thread(roster_chain.load_all, deployment.settings.roster)
    except (RosterError, OSError) as error:
        raise AilmentError("the roster does not verify: restore the signed file first") from error


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


async def check_log(deployment: Deployment) -> None:
    """Raise AilmentError unless the log is sequenced."""
    waiting, head = await stored_log.unsequenced(deployment.main), await stored_log.head(deployment.main)
    now = deployment.real_now()
    check_sequenced(oldest=waiting.oldest, sequenced_at=head.sequenced_at, now=now)


def check_sequenced(*, oldest: datetime | None, sequenced_at: datetime, now: datetime) -> None:
    """Raise AilmentError if an entry has waited too long for its index, or no sequencer has run recently.

    oldest: when the first entry that waits was written.
    """
    if oldest is not None and now - oldest > LONGEST_WAIT:
        seconds = round((now - oldest).total_seconds())
        raise AilmentError(
            f"an entry has waited {seconds} s for its place in the log, and after 60 s all changes are "
            "refused: start `idvault work`, or see its logs"
        )
    if now - sequenced_at > LONGEST_PAUSE:
        raise AilmentError("no process sequences the log: start `idvault work`")


async def check_checkpoint(deployment: Deployment) -> None:
    """Raise AilmentError unless the newest checkpoint covers the log, and enough witnesses cosigned it."""
    main, shred = deployment.main, deployment.shred
    sequenced = (await stored_log.head(main)).size
    newest = await stored_log.latest_note(shred)
    for _ in range(_LOOKS):
        if _size(newest) >= sequenced:
            break
        await asyncio.sleep(_PAUSE)
        newest = await stored_log.latest_note(shred)
    signed = _size(newest)
    check_covered(sequenced=sequenced, signed=signed, later=(await stored_log.head(main)).size)
    try:
        demand = demand_of((await roster_versions(deployment))[-1])
    except AilmentError:
        return  # the check of the roster says so
    if newest is not None and demand.quorum and signed:
        check_cosigned(at=cosigned_at(newest, demand), now=deployment.real_now())


def _size(newest: bytes | None) -> int:
    if newest is None:
        return 0
    try:
        return checkpoint.parse(note.parse(newest).text).size
    except LogError as error:
        raise AilmentError(
            "the stored checkpoint is damaged: restore the shred database from its backup"
        ) from error


def check_covered(*, sequenced: int, signed: int, later: int) -> None:
    """Raise AilmentError if the newest checkpoint is smaller than the log, or larger than the main database.

    sequenced, later: entries of the log when it was read before the checkpoint, and after it, since it grows.
    """
    if signed < sequenced:
        raise AilmentError(
            f"the newest checkpoint covers {signed} of {sequenced} entries: see the logs of `idvault work`, "
            "and check that the witness answers"
        )
    if signed > later:
        raise AilmentError(
            f"the main database is older than the shred database: it has {later} entries, and {signed} "
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


async def check_witnesses(deployment: Deployment) -> None:
    """Raise AilmentError unless every witness confirms the log and is in the settings."""
    settings, roster = deployment.settings, (await roster_versions(deployment))[-1]
    try:
        witnesses = {
            parse_key(key): HttpWitness(
                url=url, key=parse_key(key), clock=deployment.real_now, development=settings.development
            )
            for url, key in settings.witness_list
        }
    except (LogError, ValueError) as error:
        raise AilmentError(f"a witness cannot be used ({error}): check IDVAULT_WITNESSES") from error
    pair = {"main": deployment.main, "shred": deployment.shred}
    try:
        check_confirmed(
            {
                key.name: await _refusal(Compared(**pair, witnesses={key: each}, quorum=1))
                for key, each in witnesses.items()
            },
            missing=[key.name for key in witness_keys(roster) if key not in witnesses],
        )
    finally:
        for each in witnesses.values():
            await each.close()


async def _refusal(compared: Compared) -> str:
    """Return why a witness does not confirm the log, "" if it does."""
    try:
        await witness.check(compared)
    except IdvaultError as error:
        found = connection_failure.named(error)
        return f"{error} ({found})" if found else str(error)
    return ""


def check_confirmed(refusals: Mapping[str, str], *, missing: Sequence[str]) -> None:
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
            f"the roster also names the witness {', '.join(missing)}: add it to IDVAULT_WITNESSES"
        )


async def check_drills(deployment: Deployment) -> None:
    """Raise AilmentError if a custodian's drill is overdue or there is no drill record."""
    versions = await roster_versions(deployment)
    history = await deployment.main.read("drill.history", drill_store.history)
    quorum = versions[-1].quorums[0]
    check_passed(
        standings=drill_acts.standings(versions=versions, history=history),
        custodians=len(quorum.custodians),
        threshold=quorum.threshold,
        now=deployment.clock().business,
    )


def check_passed(
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


async def check_handed_over(deployment: Deployment) -> None:
    """Raise AilmentError if a custodian has yet to hand over; an invalid roster is left to another check."""
    main = deployment.main
    try:
        versions = await asyncio.to_thread(roster_chain.load_all, deployment.settings.roster)
        newer = partial(people_store.after, version=len(versions))
        for row in await main.read("roster.after", newer):
            following = roster_chain.verified((rosters.parse(row.file),), previous=versions[-1])
            versions = (*versions, *following)
    except (RosterError, OSError):
        return
    handover_acts.check_handed_over(await count_records(main, lambda: versions))


async def check_erasures(deployment: Deployment) -> str | None:
    """Raise AilmentError if a step is late; remark that PostgreSQL keeps the bytes of deleted keys."""
    main, shred, now = deployment.main, deployment.shred, deployment.clock().business
    levels = await main.read("erasure.levels", lambda one: erasure_store.levels(one, now=now))
    if levels.first_due_at is not None and now - levels.first_due_at > _LATE:
        raise AilmentError(await _cause(main, shred))
    if shred.is_file:
        return None
    unmet = await KeyRewriting(shred=shred).unmet()
    if not unmet:
        return None
    return (
        "receipts of erasures promise nothing about files, because PostgreSQL keeps the bytes of deleted "
        f"keys: the shred database lacks {', '.join(unmet)}"
    )


async def check_disavowals(deployment: Deployment) -> str | None:
    """Remark how many disowned accounts wait at which platform for a decision that was due."""
    now = deployment.clock().business
    found = await deployment.main.read(
        "disavowal.deadlines", lambda one: disavowal_store.deadlines(one, now=now)
    )
    return describe_overdue(found)


def describe_overdue(found: Sequence[PlatformDeadlines]) -> str | None:
    """Return at which platforms something is overdue, and what to do; None if nothing is."""
    overdue = [f"{each.relying_party} ({each.overdue})" for each in found if each.overdue]
    if not overdue:
        return None
    platforms = ", ".join(overdue)
    return (
        f"disowned accounts are overdue at {platforms}: ask the platform's moderators to decide, "
        "`idvault-people moderator disavowal list --overdue` names them"
    )


async def _cause(main: Database, shred: Database) -> str:
    kept = [name for name, each in (("shred", shred), ("main", main)) if not await each.empty_log()]
    if kept:
        return (
            f"destructions wait, because somebody reads an old state of the {' and the '.join(kept)} "
            "database: end the backup or the shell that has the file open"
        )
    if not shred.is_file:
        return (
            "steps of erasures are late: is `idvault work` running? Destructions also wait while a session, "
            "such as a dump, locks record_keys or shred_keys, and while a replication slot or the archive "
            "keeps write-ahead log"
        )
    return "steps of erasures are late: start `idvault work`, or see its logs"


async def check_records(deployment: Deployment) -> None:
    """Raise AilmentError if a sampled record has no shred key."""
    walk = partial(backup_acts.walk_records, deployment.main, deployment.shred)
    # From anywhere on, and round to the beginning: each run of the doctor sees other ones of a large number.
    steps = [await walk(after=token.make(ENTROPY.random(16)), most=_SAMPLE)]
    if steps[0].looked < _SAMPLE:
        steps.append(await walk(most=_SAMPLE - steps[0].looked))
    unkeyed = {account for step in steps for account in step.unkeyed}
    if unkeyed:
        raise AilmentError(
            f"{len(unkeyed)} records have no shred key, of at most {_SAMPLE} looked up, and nobody can open "
            "them: the shred database is older than the main one; `idvault restore --check --list FILE` "
            "looks up all records and names the accounts"
        )
