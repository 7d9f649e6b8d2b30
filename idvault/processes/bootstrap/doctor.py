"""Builds the checks of `idvault doctor` from a service's settings: databases, host, erasures."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from idvault.core.ailment import AilmentError
from idvault.core.config import Settings
from idvault.core.db import url as address
from idvault.core.db.database import Database, SqlServerClock
from idvault.core.db.postgresql_connection import Servers
from idvault.custody.drill import acts as drill_acts
from idvault.custody.drill import store as drill_store
from idvault.erasure import store as erasure_store
from idvault.key.acts.remnants import KeyRewriting
from idvault.log.acts import stored_log, witness
from idvault.log.acts.witness import Compared, cosigned_at
from idvault.people import store as people_store
from idvault.processes import doctor, migrations, readiness
from idvault.processes.backup import acts as backup_acts
from idvault.processes.bootstrap import connection_failure
from idvault.processes.bootstrap.base import ENTROPY, Clock, load_keys, urls
from idvault.processes.bootstrap.roster import check_handed_over
from idvault.processes.bootstrap.vitals import certificate_files, places
from idvault.processes.bootstrap.witness import demand_of, witness_keys
from idvault.processes.deployment import acts as deployment
from idvault.processes.doctor import Check, Finding
from idvault.processes.witness.client import HttpWitness
from idvault.registry import probe
from idvault.registry.probe import UnreachedError
from idvault.sealing.key_provider import KeyFileError
from idvault_verify import token
from idvault_verify.attest import expiry
from idvault_verify.attest.certificate import CertificateError
from idvault_verify.attest.people import roster_chain
from idvault_verify.attest.reading import RosterError
from idvault_verify.error import IdvaultError, UnavailableError
from idvault_verify.transparency import checkpoint, note
from idvault_verify.transparency.note import parse_key
from idvault_verify.transparency.tree import LogError

_LATE = timedelta(minutes=5)


def erasure_check(*, main: Database, shred: Database, clock: Clock, needs: str) -> Check:
    """Return the check."""
    return Check("erasures", partial(_check, main, shred, clock), needs=needs)


async def _check(main: Database, shred: Database, clock: Clock) -> str | None:
    now = clock().business
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
            "such as a dump, locks shred_keys, and while a replication slot or the archive keeps write-ahead "
            "log"
        )
    return "steps of erasures are late: start `idvault work`, or see its logs"


DATABASES = "databases"
"""The check without which those that read a database say nothing."""

_LEAST_FREE = 1 << 30
# The records whose keys a run looks up: a second of a core. The worker looks up all of them, bit by bit.
_SAMPLE = 100_000
_SETTINGS = {
    "main": "IDVAULT_DATABASE_URL",
    "shred": "IDVAULT_SHRED_DATABASE_URL",
    "public": "IDVAULT_PUBLIC_DIR",
    "backup": "IDVAULT_BACKUP_DIR",
}
_WORKERS = ", or remove the setting unless these are the worker's settings: only the worker writes there"
_SECRETS = ("keys", "key_passphrase_file", "tls_key", "web_tls_key", "registry_secret_key_file")


def host_checks(settings: Settings, *, main: Database, shred: Database, clock: Clock) -> list[Check]:
    """Return the checks of this host for what these settings name."""
    checks = [
        Check("records", partial(_check_records, main, shred), needs=DATABASES),
        Check("disk", partial(asyncio.to_thread, _check_disks, settings)),
        Check("files", partial(asyncio.to_thread, check_owners, settings)),
    ]
    if settings.keys.name and settings.key_passphrase_file.name:
        checks.append(Check("keys", partial(_check_keys, settings)))
    if not all(address.is_sqlite(address.parse(url)) for url in urls(settings)):
        run = partial(_check_clocks, settings, main, shred, clock)
        checks.append(Check("database-clock", run, needs=DATABASES))
    return checks


async def _check_records(main: Database, shred: Database) -> None:
    # From anywhere on, and round to the beginning: each run of the doctor sees other ones of a large number.
    start = token.make(ENTROPY.random(16))
    steps = [await backup_acts.walk_records(main, shred, after=start, most=_SAMPLE)]
    if steps[0].looked < _SAMPLE:
        steps.append(await backup_acts.walk_records(main, shred, most=_SAMPLE - steps[0].looked))
    unkeyed = {account for step in steps for account in step.unkeyed}
    if unkeyed:
        raise AilmentError(
            f"{len(unkeyed)} records have no shred key, of at most {_SAMPLE} looked up, and nobody can open "
            "them: the shred database is older than the main one; `idvault restore --check --list FILE` "
            "looks up all records and names the accounts"
        )


def _check_disks(settings: Settings) -> None:
    for name, path in places(settings).items():
        try:
            free = shutil.disk_usage(path).free
        except OSError as error:
            raise AilmentError(f"the folder of {_SETTINGS[name]} cannot be read: create it") from error
        if free < _LEAST_FREE:
            raise AilmentError(
                f"the disk of {_SETTINGS[name]} has {free // 1_000_000} MB left, and acts are refused once "
                "it is full: free some space"
            )


def check_owners(settings: Settings) -> None:
    """Raise AilmentError unless the owner of the key file can use every file of the process.

    Somebody else may run the doctor, such as root, who can read everything.
    """
    check_secrets(settings, of="keys")
    if not settings.keys.name or not settings.keys.exists():
        return
    user = settings.keys.stat().st_uid
    for name, path in places(settings).items():
        # The backup's folder belongs to whoever makes backups.
        if name != "backup" and path.exists() and _is_closed(path, user):
            raise _others(f"the folder of {_SETTINGS[name]}", "keys", _WORKERS if name == "public" else "")
    for name, url in zip(("main", "shred"), urls(settings), strict=True):
        file = address.parse(url).file
        if file is not None and file.exists() and _is_closed(file, user):
            raise _others(f"the file of {_SETTINGS[name]}", "keys")


def check_secrets(settings: Settings, *, of: str) -> None:
    """Raise AilmentError unless all files with secrets have one owner. of: the setting that tells whose."""
    first: Path = getattr(settings, of)
    if not first.name or not first.exists():
        return
    for name in _SECRETS:
        path: Path = getattr(settings, name)
        if path.name and path.exists() and path.stat().st_uid != first.stat().st_uid:
            raise _others(f"the file in IDVAULT_{name.upper()}", of)


def _is_closed(path: Path, user: int) -> bool:
    found = path.stat()
    # A group or everybody who may write is the operator's choice.
    return found.st_uid != user and not found.st_mode & 0o022


def _others(what: str, of: str, otherwise: str = "") -> AilmentError:
    first = f"IDVAULT_{of.upper()}"
    return AilmentError(
        f"{what} belongs to another user than the file in {first}: chown it to that user{otherwise}"
    )


async def _check_keys(settings: Settings) -> None:
    try:
        await asyncio.to_thread(load_keys, settings)
    except KeyFileError as error:
        raise AilmentError(f"{error.why}: check IDVAULT_KEYS and IDVAULT_KEY_PASSPHRASE_FILE") from error
    except OSError as error:
        raise AilmentError("the file in IDVAULT_KEY_PASSPHRASE_FILE cannot be read") from error


async def _check_clocks(settings: Settings, main: Database, shred: Database, clock: Clock) -> None:
    for database, url in zip((main, shred), urls(settings), strict=True):
        try:
            theirs = await SqlServerClock(database=database, url=url).read()
        except UnavailableError:
            continue  # the check of the databases says so
        readiness.check_clock(whose="database server", theirs=theirs, now=clock().real)


# A checkpoint is signed about once a second.
_LOOKS, _PAUSE = 25, 0.2
_SERVERS = {"servers": "IDVAULT_DATABASE_URL", "shred-servers": "IDVAULT_SHRED_DATABASE_URL"}


async def examine(settings: Settings, *, clock: Clock) -> list[Finding]:
    """Check everything that these settings name; return the findings in the order of the checks."""
    if is_of_pages(settings):
        return await doctor.examine(_pages_checks(settings, clock))
    async with _databases(settings) as (main, shred):
        return await doctor.examine(checks(settings, main=main, shred=shred, clock=clock))


def checks(settings: Settings, *, main: Database, shred: Database, clock: Clock) -> list[Check]:
    """Return the checks; what these settings do not name is left to another process's doctor."""
    found = [
        Check(DATABASES, partial(check_databases, settings, main, shred)),
        Check("roster", partial(_check_roster, settings, main), needs=DATABASES),
        Check("log", partial(_check_log, main, clock), needs=DATABASES),
        Check("checkpoint", partial(_check_checkpoint, settings, main, shred, clock), needs=DATABASES),
        Check("drills", partial(_check_drills, settings, main, clock), needs=DATABASES),
        Check("hand-over", partial(check_handed_over, settings, main), needs=DATABASES),
        erasure_check(main=main, shred=shred, clock=clock, needs=DATABASES),
        *host_checks(settings, main=main, shred=shred, clock=clock),
    ]
    for (name, setting), url in zip(_SERVERS.items(), urls(settings), strict=True):
        if (servers := Servers.several(url)) is not None:
            found.append(Check(name, partial(_check_servers, servers, setting)))
    found += _certificate_checks(settings, clock)
    if settings.registry_check_url:
        found.append(Check("registry", partial(_check_registry, settings)))
        found.append(Check("clock", partial(_check_clock, settings, clock)))
    if settings.registry_enterprise_url:
        found.append(Check("registry-enterprise", partial(_check_enterprise, settings)))
    if settings.witnesses:
        run = partial(_check_witness, settings, main, shred, clock)
        found.append(Check("witness", run, needs=DATABASES))
    return found


def is_of_pages(settings: Settings) -> bool:
    """Return whether these are the settings of `idvault web`, which has neither databases nor keys."""
    return bool(settings.web_target) and not any(urls(settings))


def _pages_checks(settings: Settings, clock: Clock) -> list[Check]:
    files = partial(asyncio.to_thread, check_secrets, settings, of="tls_key")
    return [
        Check("edge", partial(_check_edge, settings)),
        Check("files", files),
        *_certificate_checks(settings, clock),
    ]


async def _check_edge(settings: Settings) -> None:
    from idvault.web import edge  # noqa: PLC0415 - the other processes' doctor needs no gRPC

    if fault := await edge.ask_edge(settings):
        raise AilmentError(f"{fault}: check IDVAULT_WEB_TARGET, IDVAULT_WEB_SERVER_NAME and the edge itself")


def _certificate_checks(settings: Settings, clock: Clock) -> list[Check]:
    return [
        Check(name.replace("_", "-"), partial(_check_certificate, path, f"IDVAULT_{name.upper()}", clock))
        for name, path in certificate_files(settings).items()
    ]


async def check_databases(settings: Settings, main: Database, shred: Database) -> None:
    """Raise AilmentError unless both answer, have this version's schema, and are of one deployment."""
    try:
        await migrations.check_current(*urls(settings))
        await deployment.check(main, shred)
    except IdvaultError as error:
        text = str(error)
        if text == error.reason.value:
            text = "; ".join([each async for each in _unreached(main, shred)]) or f"{text}: try again"
        raise AilmentError(text) from error


async def _unreached(main: Database, shred: Database) -> AsyncIterator[str]:
    for setting, database in (("IDVAULT_DATABASE_URL", main), ("IDVAULT_SHRED_DATABASE_URL", shred)):
        try:
            await deployment.check(database, database)
        except UnavailableError as error:
            yield f"the database of {setting} cannot be used: {connection_failure.why(error)}"
        except IdvaultError:
            continue  # it answers; what it lacks is said by the schema's check


async def _check_servers(servers: Servers, setting: str) -> None:
    missing = await servers.missing()
    if missing:
        named = ", ".join(f"{host} ({error})" for host, error in missing.items())
        raise AilmentError(
            f"{named} of {setting} cannot be used: start it or mend its certificate before it must take over"
        )


async def _check_roster(settings: Settings, main: Database) -> None:
    try:
        found = await asyncio.to_thread(roster_chain.load, settings.roster)
    except (RosterError, OSError) as error:
        raise AilmentError(f"the roster does not verify ({error}): restore the signed file") from error
    adopted = await main.one("roster.newest", people_store.NEWEST)
    doctor.check_adopted(version=found.version, digest=found.digest(), adopted=adopted)


async def _check_drills(settings: Settings, main: Database, clock: Clock) -> None:
    try:
        versions = await asyncio.to_thread(roster_chain.load_all, settings.roster)
    except (RosterError, OSError) as error:
        raise AilmentError("the roster does not verify: restore the signed file first") from error
    quorum = versions[-1].quorums[0]
    doctor.check_drills(
        standings=drill_acts.standings(
            versions=versions, history=await main.read("drill.history", drill_store.history)
        ),
        custodians=len(quorum.custodians),
        threshold=quorum.threshold,
        now=clock().business,
    )


async def _check_log(main: Database, clock: Clock) -> None:
    waiting, head = await stored_log.unsequenced(main), await stored_log.head(main)
    now = clock().real
    doctor.check_waiting(oldest=waiting.oldest, now=now)
    doctor.check_sequencer(sequenced_at=head.sequenced_at, now=now)


async def _check_checkpoint(settings: Settings, main: Database, shred: Database, clock: Clock) -> None:
    sequenced = (await stored_log.head(main)).size
    for _ in range(_LOOKS):
        if _size(await stored_log.latest_note(shred)) >= sequenced:
            break
        await asyncio.sleep(_PAUSE)
    signed = _size(await stored_log.latest_note(shred))
    doctor.check_covered(sequenced=sequenced, signed=signed)
    doctor.check_ages(sequenced=(await stored_log.head(main)).size, signed=signed)
    await _check_cosigned(settings, await stored_log.latest_note(shred), clock)


async def _check_cosigned(settings: Settings, newest: bytes | None, clock: Clock) -> None:
    try:
        demand = demand_of(await asyncio.to_thread(roster_chain.load, settings.roster))
    except (RosterError, OSError):
        return  # the check of the roster says so
    if newest is not None and demand.quorum and _size(newest):
        doctor.check_cosigned(at=cosigned_at(newest, demand), now=clock().real)


def _size(newest: bytes | None) -> int:
    if newest is None:
        return 0
    try:
        return checkpoint.parse(note.parse(newest).text).size
    except LogError as error:
        raise AilmentError(
            "the stored checkpoint is damaged: restore the shred database from its backup"
        ) from error


async def _check_certificate(path: Path, setting: str, clock: Clock) -> None:
    try:
        ends = expiry.earliest_end(await asyncio.to_thread(path.read_bytes))
    except (CertificateError, OSError) as error:
        raise AilmentError(f"{setting} has no readable certificate: put one there") from error
    doctor.check_certificate(ends=ends, setting=setting, now=clock().real)


async def _ask_registry(settings: Settings) -> datetime | None:
    try:
        return await probe.ask(settings.registry_check_url)
    except UnreachedError as error:
        raise AilmentError(
            f"the registry does not answer ({connection_failure.why(error)}): check "
            "IDVAULT_REGISTRY_CHECK_URL, DNS and the firewall; sign-ups wait until it does"
        ) from error


async def _check_registry(settings: Settings) -> None:
    await _ask_registry(settings)


async def _check_enterprise(settings: Settings) -> None:
    try:
        await probe.ask(settings.registry_enterprise_url)
    except UnreachedError as error:
        raise AilmentError(
            f"the registry of organisations does not answer ({connection_failure.why(error)}): check "
            "IDVAULT_REGISTRY_ENTERPRISE_URL, DNS and the firewall; organisations wait until it does"
        ) from error


async def _check_clock(settings: Settings, clock: Clock) -> None:
    theirs = await _ask_registry(settings)
    doctor.check_clock(theirs=theirs, now=clock().real)


async def _check_witness(settings: Settings, main: Database, shred: Database, clock: Clock) -> None:
    try:
        roster = await asyncio.to_thread(roster_chain.load, settings.roster)
        witnesses = {
            parse_key(key): HttpWitness(
                url=url,
                key=parse_key(key),
                clock=lambda: clock().real,
                development=settings.development,
            )
            for url, key in settings.witnesses
        }
    except (LogError, ValueError, RosterError) as error:
        raise AilmentError(f"a witness cannot be used ({error}): check IDVAULT_WITNESS_KEYS") from error
    try:
        doctor.check_witnesses(
            {
                key.name: await _refusal(Compared(main=main, shred=shred, witnesses={key: each}, quorum=1))
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


@asynccontextmanager
async def _databases(settings: Settings) -> AsyncIterator[tuple[Database, Database]]:
    # No patience: each of five checks would wait in turn for a database that does not answer.
    main, shred = (Database(url=url, pool_size=1, patience=0) for url in urls(settings))
    try:
        yield main, shred
    finally:
        await main.close()
        await shred.close()
