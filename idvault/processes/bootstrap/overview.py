"""What the operator's console shows of a vault, each part read by the function of a command, check or task.

A part that cannot be read says so under "problem", with its kind under "reason", and the others are there:
the console is looked at when something is wrong. Nothing is changed, and nothing is of a person.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib.metadata import version
from typing import Any, Protocol

from idvault.claim import store as claim_store
from idvault.claim.job import store as job_store
from idvault.core.act import Vault
from idvault.core.check import AilmentError
from idvault.core.config import Settings
from idvault.core.db.deadline import PlatformDeadlines
from idvault.core.platform import Platform
from idvault.custody.drill import acts as drill_acts
from idvault.custody.drill import store as drill_store
from idvault.erasure import acts as erasure_acts
from idvault.key.acts import version as version_acts
from idvault.log.acts import stored_log
from idvault.log.acts.witness import cosignatures
from idvault.platform import acts as platform_acts
from idvault.platform import store as platform_store
from idvault.platform.usage import acts as usage_acts
from idvault.processes.bootstrap import answering, connection_failure
from idvault.processes.bootstrap.base import Clock, Deployment, urls
from idvault.processes.bootstrap.checks import asked, contents
from idvault.processes.bootstrap.key.rewrap import VersionState
from idvault.processes.bootstrap.report import sources_of
from idvault.processes.bootstrap.usage import this_month
from idvault.processes.bootstrap.vault import vault_of
from idvault.processes.bootstrap.vitals import newest_backups
from idvault.processes.bootstrap.witness import demand_of
from idvault.processes.migrations import pending
from idvault.processes.migrations.branch import SchemaError
from idvault.registry import store as registry_store
from idvault.report.acts import platforms as report_platforms
from idvault.sanction.appeal.acts import APPEALS
from idvault.sanction.content_measure import acts as content_measures
from idvault.sanction.narrowing import acts as narrowings
from idvault.sanction.order import acts as orders
from idvault.sealing import key_version as key_rules
from idvault.session.contest.acts import CONTESTS
from idvault.session.disavowal import acts as disavowals
from idvault.session.reinstatement.acts import REINSTATEMENTS
from idvault.status.credential import acts as credential_acts
from idvault.tip_off.acts import reporter as reporter_acts
from idvault_verify.attest import expiry
from idvault_verify.attest.people.roster import Roster
from idvault_verify.clock import ClockReading
from idvault_verify.error import IdvaultError, UnavailableError
from idvault_verify.period import month_of
from idvault_verify.transparency import entry as entries
from idvault_verify.transparency.tree import LogError

Document = dict[str, Any]
LIMITS = (
    *("registry_calls_per_second", "accounts_per_person", "verification_days", "credentials_per_day"),
    *("tip_offs_per_day", "disclosures_per_day", "public_accounts_per_individual"),
    *("public_accounts_per_organization", "processes"),
)
"""The settings that limit platforms and people."""


class UnreadReason(StrEnum):
    """Why a part was not read: a console has a sentence for each in its language.

    NOT_CONFIGURED: the settings do not name it, which is no failure. UNAVAILABLE: a database or server does
    not answer. SCHEMA: a database is of another version of the program. UNREADABLE: a file cannot be read.
    INVALID: what was read fails its check.
    """

    NOT_CONFIGURED = "NOT_CONFIGURED"
    UNAVAILABLE = "UNAVAILABLE"
    SCHEMA = "SCHEMA"
    UNREADABLE = "UNREADABLE"
    INVALID = "INVALID"


class NotConfiguredError(Exception):
    """The settings do not name what a part is read from; the text names the setting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at a deployment. now: of the look."""

    deployment: Deployment
    vault: Vault
    now: ClockReading

    @property
    def settings(self) -> Settings:
        """The settings of the process whose are used."""
        return self.deployment.settings


async def overview(settings: Settings, *, clock: Clock) -> Document:
    """Return the parts by their name."""
    async with asked.opened(settings, clock) as deployment:
        look = Look(deployment=deployment, vault=vault_of(deployment.main), now=clock())
        return {"vault": _vault(look), **{name: await _part(run, look) for name, run in _PARTS.items()}}


async def _part(run: Callable[[Look], Awaitable[Any]], look: Look) -> Any:
    try:
        return await run(look)
    except (IdvaultError, AilmentError, SchemaError, LogError, NotConfiguredError, OSError) as error:
        # A roster's file that is not there is no failure of a connection.
        named = connection_failure.named(error) if isinstance(error, UnavailableError) else ""
        return {"problem": f"{error}: {named}" if named else str(error), "reason": _reason(error)}


def _reason(error: Exception) -> UnreadReason:
    kinds: Mapping[UnreadReason, type[Exception]] = {
        UnreadReason.NOT_CONFIGURED: NotConfiguredError,
        UnreadReason.UNAVAILABLE: UnavailableError,
        UnreadReason.SCHEMA: SchemaError,
    }
    for reason, kind in kinds.items():
        if isinstance(error, kind):
            return reason
    # A check that could not read its file has the reason among the causes of its error.
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__
    return UnreadReason.INVALID if cause is None else UnreadReason.UNREADABLE


def _vault(look: Look) -> Document:
    settings = look.settings
    return {
        "name": settings.log_origin or settings.trust_domain,
        "trust_domain": settings.trust_domain,
        "version": version("idvault"),
        "time": _iso(look.now.real),
        "time_zone": settings.time_zone,
        "month": this_month(settings, look.now.real),
        "development": settings.development,
    }


async def _process(look: Look) -> Mapping[str, Any]:
    """Return how the process of these settings is, as it tells at its metrics port."""
    return await asyncio.to_thread(answering.ask, look.settings.metrics_listen)


async def _databases(look: Look) -> list[Document]:
    return [described_state(each) for each in await pending.states(*urls(look.settings))]


def described_state(state: pending.State) -> Document:
    """Return a database's schema as commands show it."""
    return {
        "database": state.name,
        "version": state.found,
        "needed": state.needed,
        "usable": not state.problem,
        "to_contract": [each.version for each in state.waiting],
    }


async def _platforms(look: Look) -> list[Document]:
    return [described(each) for each in await platform_acts.keys(look.vault)]


def described(each: Platform) -> Document:
    """Return a registered key as commands show it."""
    return {
        "name": each.name,
        "role": each.role,
        "actor_id": each.actor_id,
        "spki": each.spki,
        "register_time": each.registered_at.isoformat(),
        "revoke_time": each.revoked_at.isoformat() if each.revoked_at else None,
        "platform": each.relying_party or None,
        "proofs": sorted(each.proofs) if each.role == platform_store.PLATFORM else None,
    }


async def _pages(look: Look) -> Document:
    """Return how the hosted pages present each platform."""
    found = {}
    for name in await platform_acts.names(look.vault):
        pages = await platform_acts.pages(look.vault, name)
        origins = list(pages.origins)
        found[name] = {"title": pages.title, "return_origins": origins, "colour": pages.colour}
    return found


async def _usage(look: Look) -> Document:
    found = await usage_acts.of_month(look.vault, this_month(look.settings, look.now.real))
    return {each.relying_party: dict(each.figures) for each in found}


async def _credentials(look: Look) -> Document:
    """Return how many status credentials each platform got today, of those that the settings allow."""
    return await credential_acts.issued_today(look.vault, now=look.now, zone=look.settings.zone)


async def _limits(look: Look) -> Document:
    return {name: getattr(look.settings, name) for name in LIMITS}


async def _certificates(look: Look) -> list[Document]:
    """Return when each certificate of the settings ends; one that cannot be read has no time."""
    files, now = look.settings.certificates, look.now.real
    left = expiry.seconds_left(files, now=now)
    return [
        {
            "setting": f"IDVAULT_{name.upper()}",
            "end_time": _iso(now + timedelta(seconds=left[name])) if name in left else None,
        }
        for name in files
    ]


async def _drills(look: Look) -> list[Document]:
    """Return the last and the next drill of each custodian of the quorum in force."""
    versions = await contents.roster_versions(look.deployment)
    history = await look.deployment.main.read("drill.history", drill_store.history)
    found = {each.custodian: each for each in drill_acts.standings(versions=versions, history=history)}
    return [
        {
            "custodian": name,
            "pass_time": _iso(known.passed_at) if (known := found.get(name)) else None,
            "due_time": _iso(known.due_at) if known else None,
            "overdue": known is not None and known.is_overdue(look.now.business),
        }
        for name in (each.name for each in versions[-1].quorums[0].custodians)
    ]


async def _log(look: Look) -> Document:
    main, shred = look.deployment.main, look.deployment.shred
    head, waiting = await stored_log.head(main), await stored_log.unsequenced(main)
    newest = await stored_log.latest_note(shred)
    signed = stored_log.size_of(newest)
    uncovered = await stored_log.read_leaves(main, start=signed, limit=1) if signed < head.size else []
    return {
        "entries": head.size,
        "sequence_time": _iso(head.sequenced_at) if head.size else None,
        "waiting": waiting.count,
        "waiting_since": _iso(waiting.oldest),
        "checkpoint_entries": signed,
        # To the minute, as the log has it.
        "uncovered_since": _iso(entries.decode_leaf(uncovered[0]).occurred_at) if uncovered else None,
        **_witnesses(newest, (await contents.roster_versions(look.deployment))[-1]),
    }


def _witnesses(newest: bytes | None, roster: Roster) -> Document:
    """Return how many witnesses are demanded, and when each cosigned the newest checkpoint."""
    demand = demand_of(roster)
    found = {} if newest is None else cosignatures(newest, demand.keys)
    times = {key.name: found[key].time for key in demand.keys if key in found}
    return {
        "demanded": demand.quorum,
        "witnesses": [
            {
                "name": key.name,
                "cosign_time": _iso(datetime.fromtimestamp(times[key.name], UTC))
                if key.name in times
                else None,
            }
            for key in demand.keys
        ],
    }


async def _queue(look: Look) -> Document:
    main = look.deployment.main
    slots = await main.read("budget.slots", registry_store.slots)
    ahead = {name: at for name, at in slots.items() if at > look.now.real}
    return {
        "waiting": await main.read("job.backlog", job_store.count),
        "oldest_time": _iso(await main.one("job.oldest", claim_store.OLDEST)),
        "held_until": {name: _iso(at) for name, at in sorted(ahead.items())},
        "registry": bool(look.settings.registry_check_url),
    }


async def _deadlines(look: Look) -> Document:
    """Return what is open and overdue of each kind at each platform, and who missed what this month."""
    now = look.now
    sources = sources_of(look.settings, look.deployment.main, look.deployment.shred)
    month = month_of(now.business.astimezone(look.settings.zone).date())
    return {
        "time": _iso(now.business),
        **await open_deadlines(look.vault, now=now),
        "month": month.name,
        "missed": await report_platforms.missed_by_platform(sources, month),
    }


async def open_deadlines(vault: Vault, *, now: ClockReading) -> Document:
    """Return what is open and overdue, by kind and by platform: counts and first deadlines."""
    found = {kind: await read(vault, now=now) for kind, read in _DEADLINES.items()}
    late = [each.first_due_at for each in found[_ERASURES] if each.overdue]
    return {
        # A step of an erasure waits for the worker alone, and for a moment each is late.
        "overdue": {kind: sum(each.overdue for each in found[kind]) for kind in found if kind != _ERASURES},
        "open": [
            {
                "platform": each.relying_party,
                "kind": kind,
                "open": each.open,
                "overdue": each.overdue,
                "first_due_time": _iso(each.first_due_at),
            }
            for kind, all_of in found.items()
            for each in all_of
        ],
        "erasures_due_since": _iso(min(late, default=None)),
    }


async def _keys(look: Look) -> list[Document]:
    """Return every announced version of the service's keys, by purpose, the newest first."""
    announced = await version_acts.announced(look.deployment.main)
    found = []
    for purpose in sorted({each.purpose for each in announced}):
        known = key_rules.of(announced, purpose)
        current = key_rules.in_use(known, now=look.now.real)
        for each in reversed(known):
            state = VersionState(each, -1 if current is None else current.version, None)
            found.append(
                {
                    "purpose": each.purpose,
                    "version": each.version,
                    "state": state.word,
                    "announce_time": _iso(each.announced_at),
                    "over_time": _iso(each.over_at),
                }
            )
    return found


async def _backups(look: Look) -> Mapping[str, Any]:
    folder = look.settings.backup_dir
    if not folder.name:
        raise NotConfiguredError("IDVAULT_BACKUP_DIR is not among these settings")
    return {name: _iso(at) for name, at in newest_backups(folder, now=look.now.real).items()}


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds")


class _ReadDeadlines(Protocol):
    """Counts what is open of one kind at each platform."""

    async def __call__(self, vault: Vault, *, now: ClockReading) -> Sequence[PlatformDeadlines]: ...


_ERASURES = "erasures"
_DEADLINES: Mapping[str, _ReadDeadlines] = {
    "reports": reporter_acts.deadlines,
    "appeals": APPEALS.deadlines,
    "content_appeals": content_measures.deadlines,
    "contests": CONTESTS.deadlines,
    "disavowals": disavowals.deadlines,
    "reinstatements": REINSTATEMENTS.deadlines,
    "narrowings": narrowings.deadlines,
    "orders": orders.deadlines,
    _ERASURES: erasure_acts.deadlines,
}
"""What has a deadline, by its kind: what platforms decide, and the worker's steps of erasures."""
_PARTS: Mapping[str, Callable[[Look], Awaitable[Any]]] = {
    "process": _process,
    "databases": _databases,
    "platforms": _platforms,
    "pages": _pages,
    "usage": _usage,
    "credentials": _credentials,
    "limits": _limits,
    "certificates": _certificates,
    "drills": _drills,
    "log": _log,
    "queue": _queue,
    "deadlines": _deadlines,
    "backups": _backups,
    "keys": _keys,
}
NAMES: Sequence[str] = ("vault", *_PARTS)
"""The names of the parts."""
