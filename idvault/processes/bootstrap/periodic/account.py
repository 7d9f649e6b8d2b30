"""Builds the worker's tasks of accounts and of what happens to them, except the settlement of claims."""

from datetime import timedelta

from idvault.campaign import acts
from idvault.campaign.invitation import acts as invitation_acts
from idvault.claim import store as claim_store
from idvault.claim.acts import backlog as claim_backlog
from idvault.claim.acts import representative as representatives
from idvault.claim.acts.registry_check import SettlementContext
from idvault.claim.job import store as job_store
from idvault.claim.review import acts as reviews
from idvault.core.act import Vault
from idvault.core.loop import Task
from idvault.core.policy import OperatorPolicy
from idvault.core.public_files import LocalPublicFiles
from idvault.core.telemetry.logs import log
from idvault.disclosure.acts import disclosure as disclosure_acts
from idvault.erasure import acts as erasure_acts
from idvault.erasure.acts import ErasureMemos, ErasureSweep
from idvault.erasure.former_version.acts import VersionSweep
from idvault.key.acts.remnants import Remnants
from idvault.key.acts.version import ShredKeys
from idvault.notice import acts as notices
from idvault.processes.bootstrap.base import Base, tip_off_policy
from idvault.processes.bootstrap.key.version import follow_status_keys, status_signer
from idvault.public_account.acts import public_account as public_account_acts
from idvault.sanction import acts as sanctions
from idvault.sanction.acts import StatementFiles
from idvault.sanction.appeal.acts import APPEALS
from idvault.sanction.content_measure import acts as content_measures
from idvault.sanction.narrowing import acts as narrowings
from idvault.sanction.operation import acts as operations
from idvault.sanction.order import acts as orders
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.session.acts import session as sessions
from idvault.session.contest.acts import CONTESTS
from idvault.session.disavowal import acts as disavowals
from idvault.session.disavowal.rules import DisavowalTerms
from idvault.session.inquiry import acts as inquiries
from idvault.session.reinstatement.acts import REINSTATEMENTS
from idvault.session.withdrawal import acts as withdrawals
from idvault.status import acts as status_acts
from idvault.status.credential.acts import StatusLists
from idvault.tip_off.acts import reporter as reporter_acts
from idvault.tip_off.acts.proposal import lock_report
from idvault_verify.attest import status_token
from idvault_verify.clock import ClockReading
from idvault_verify.tip_off import TipOffState

LIST_PERIOD = 1.0
"""Seconds between two runs of the public lists: a closed account is INVALID after one and the run itself."""
_BATCH = 500


def account_tasks(vault: Vault, *, policy: OperatorPolicy) -> list[Task]:
    """Return the worker's tasks for retention: verifications, abandoned accounts and old requests."""
    zone = policy.zone
    return [
        Task("expire_accounts", 5, lambda now: status_acts.expire_all(vault, now, zone=zone, limit=_BATCH)),
        Task(
            "remove_abandoned",
            60,
            lambda now: status_acts.remove_abandoned(vault, now, zone=zone, limit=_BATCH),
        ),
        Task("purge_requests", 600, lambda now: claim_backlog.purge_requests(vault, now)),
    ]


async def credential_tasks(
    base: Base, vault: Vault, *, keys: LocalKeyProvider, policy: OperatorPolicy
) -> list[Task]:
    """Return the worker's tasks: publish the status lists and the key set."""
    signer = status_signer(vault, keys, Purpose.STATUS_LIST)
    await signer.announce(now=base.real_now())
    lists = StatusLists(
        vault=vault,
        signer=signer,
        files=LocalPublicFiles(directory=base.settings.public_dir),
        issued_by=status_token.issuer(base.settings.log_origin),
        zone=policy.zone,
    )
    # The key set is published every second too, because verifiers need a new edge's key at once.
    return [
        Task("status_lists", LIST_PERIOD, lambda now: lists.run(now=now)),
        Task("status_keys", 1, lambda now: lists.publish_keys(now=now)),
        Task(
            "follow_status_keys",
            10,
            lambda now: follow_status_keys(signer, keys, Purpose.STATUS_LIST, now=now),
        ),
    ]


_CLAIM_GAUGES_PERIOD = 5.0


def claim_tasks(base: Base, vault: Vault, *, context: SettlementContext) -> list[Task]:
    """Return the worker's tasks for claims, except settlement (claim.acts.backlog)."""

    async def read_gauges(now: ClockReading) -> None:
        oldest = await vault.main.one("job.oldest", claim_store.OLDEST)
        age = (now.business - oldest).total_seconds() if oldest else 0.0
        waiting = sum((await vault.read("job.backlog", job_store.count)).values())
        base.metrics.claims_pending.set(waiting)
        base.metrics.claims_pending_oldest.set(max(age, 0.0))
        base.metrics.jobs_oldest.set(max(age, 0.0), "settle")

    return [
        Task(
            "time_out", 5, lambda now: claim_backlog.time_out_all(vault, now, limit=_BATCH, context=context)
        ),
        Task("gauges", _CLAIM_GAUGES_PERIOD, read_gauges),
    ]


_CAMPAIGN_GAUGES_PERIOD = 30.0


def campaign_tasks(base: Base, vault: Vault, *, policy: OperatorPolicy) -> list[Task]:
    """Return the worker's tasks for campaigns."""

    async def read_gauges(_now: ClockReading) -> None:
        people = await acts.people(vault)
        base.metrics.people.campaign_people.set_all(
            {(method.value, stage.value): count for (method, stage), count in people.items()}
        )

    return [
        Task("enforce", 60, lambda now: invitation_acts.enforce(vault, now, limit=_BATCH, zone=policy.zone)),
        Task("lift_limits", 60, lambda now: invitation_acts.lift_all(vault, now, limit=_BATCH)),
        Task("campaign_gauges", _CAMPAIGN_GAUGES_PERIOD, read_gauges),
    ]


def disclosure_tasks(base: Base, vault: Vault) -> list[Task]:
    """Return the worker's task for disclosures; the worker has no key that can decrypt anything of one.

    It goes on while the log takes no entries: shares are destroyed in time.
    """
    observe = base.metrics.people.disclosures.add
    return [
        Task("disclosures", 5, lambda now: disclosure_acts.sweep(vault, now, limit=_BATCH, observe=observe))
    ]


_ERASURE_GAUGES_PERIOD = 15.0
# Only a restore makes it necessary, and a start follows one.
_REPEAT_PERIOD = 3_600.0


def erasure_tasks(base: Base, vault: Vault) -> list[Task]:
    """Return the worker's tasks: erase and destroy what is due, release persons, and count."""
    sweep = ErasureSweep(
        vault=vault,
        shred_keys=ShredKeys(base.shred),
        remnants=Remnants(main=base.main, shred=base.shred),
        zone=base.settings.zone,
    )

    async def read_gauges(now: ClockReading) -> None:
        levels = await erasure_acts.levels(vault, now)
        late = now.business - (levels.first_due_at or now.business)
        base.metrics.moderation.erasures.set_all(
            {
                "waiting": levels.waiting,
                "undestroyed": levels.undestroyed,
                "kept": sweep.kept + versions.kept,
                "held": levels.held,
            }
        )
        base.metrics.moderation.erasure_due.set(late.total_seconds())

    async def repeat(now: ClockReading) -> None:
        memos, zone = ErasureMemos(base.shred), base.settings.zone
        if repeated := await erasure_acts.repeat_all(vault, memos, now, zone=zone):
            log().warning("erasures_repeated", count=len(repeated))

    versions = VersionSweep(
        vault=vault,
        shred_keys=ShredKeys(base.shred),
        remnants=Remnants(main=base.main, shred=base.shred),
    )
    return [
        Task("repeat_erasures", _REPEAT_PERIOD, repeat),
        Task("destroy_versions", 5, lambda now: versions.step(now=now, limit=_BATCH)),
        Task("erase_accounts", 1, lambda now: sweep.step(now=now, limit=_BATCH)),
        Task("release_erased", 5, lambda now: erasure_acts.release_all(vault, now, limit=_BATCH)),
        Task("erasure_gauges", _ERASURE_GAUGES_PERIOD, read_gauges),
    ]


_NOTICE_GAUGE_PERIOD = 15.0


def notice_tasks(base: Base, vault: Vault, *, policy: OperatorPolicy) -> list[Task]:
    """Return the worker's tasks: end the verifications on which a notice bears, and watch the feed.

    A vault that has the registry's keys expects notices: without a feed that was ever read to its end, it is
    behind since the worker's first look.
    """
    zone, begun_at = policy.zone, None

    async def read_gauge(now: ClockReading) -> None:
        nonlocal begun_at
        begun_at = begun_at or now.business
        since = await notices.caught_up_at(vault) or (begun_at if base.settings.notice_keys else None)
        if since is not None:
            base.metrics.notices_behind.set((now.business - since).total_seconds())

    return [
        Task("expire_noticed", 5, lambda now: notices.expire_all(vault, now, zone=zone, limit=_BATCH)),
        Task("fall_pairings", 60, lambda now: notices.fall_all(vault, now, limit=_BATCH)),
        Task("notice_gauge", _NOTICE_GAUGE_PERIOD, read_gauge),
    ]


def public_account_tasks(vault: Vault, *, policy: OperatorPolicy) -> list[Task]:
    """Return the worker's task: store what has come due of public accounts."""
    zone = policy.zone
    return [
        Task(
            "public_account_terms",
            1,
            lambda now: public_account_acts.fall_all(vault, now, zone=zone, limit=_BATCH),
        )
    ]


_SANCTION_GAUGES_PERIOD = 15.0
_PUBLICATION_PERIOD = 30.0


def appeal_tasks(base: Base, vault: Vault) -> list[Task]:
    """Return the worker's tasks: log what is overdue, delete texts, and count."""

    async def count(now: ClockReading) -> None:
        overdue = await APPEALS.overdue(vault, now=now) + await content_measures.overdue(vault, now=now)
        base.metrics.moderation.appeals_overdue.set(overdue)

    async def note_overdue(now: ClockReading) -> int:
        noted = await APPEALS.note_all_overdue(vault, now, limit=_BATCH)
        return noted + await content_measures.note_all_overdue(vault, now, limit=_BATCH)

    async def delete_texts(now: ClockReading) -> int:
        deleted = await APPEALS.delete_texts(vault, now, limit=_BATCH)
        return deleted + await content_measures.delete_texts(vault, now, limit=_BATCH)

    return [
        Task("overdue_appeals", 1, note_overdue),
        Task("delete_appeal_texts", 5, delete_texts),
        Task("appeal_gauge", 5, count),
    ]


def sanction_tasks(base: Base, vault: Vault) -> list[Task]:
    """Return the worker's tasks: ends of sanctions and of what follows them, missed deadlines, statements."""
    statements = StatementFiles(vault=vault, files=LocalPublicFiles(directory=base.settings.public_dir))

    async def lapse(now: ClockReading) -> int:
        return await sanctions.lapse_all(vault, now, limit=_BATCH, waiting=lock_report)

    async def read_gauges(now: ClockReading) -> None:
        levels = await sanctions.levels(vault, now=now)
        late = now.business - (levels.first_due_at or now.business)
        base.metrics.moderation.sanctions_proposed.set(levels.proposed)
        base.metrics.moderation.sanctions_due.set(late.total_seconds())
        base.metrics.moderation.orders_overdue.set(await orders.overdue(vault, now=now))
        base.metrics.moderation.narrowings_overdue.set(await narrowings.overdue(vault, now=now))

    return [
        Task("lapse_sanctions", 1, lapse),
        Task("release_followers", 1, lambda now: sanctions.release_all(vault, now, limit=_BATCH)),
        Task("publish_statements", _PUBLICATION_PERIOD, lambda now: statements.publish(now=now)),
        Task("overdue_narrowings", 1, lambda now: narrowings.note_all_overdue(vault, now, limit=_BATCH)),
        Task("end_operations", 60, lambda now: operations.end_all(vault, now, limit=_BATCH)),
        Task("miss_orders", 5, lambda now: orders.miss_all(vault, now, limit=_BATCH)),
        Task("sanction_gauges", _SANCTION_GAUGES_PERIOD, read_gauges),
    ]


def session_tasks(base: Base, vault: Vault) -> list[Task]:
    """Return the worker's tasks: delete old sessions; log overdue contests, delete their texts, and count.

    The same for appeals against withdrawals. And forget whose verifications were withdrawn; and the tasks of
    what people disown.
    """
    embargo = timedelta(days=base.settings.disclosure_embargo_days)

    async def count(now: ClockReading) -> None:
        base.metrics.moderation.contests_overdue.set(await CONTESTS.overdue(vault, now=now))
        overdue = await REINSTATEMENTS.overdue(vault, now=now)
        base.metrics.moderation.reinstatements_overdue.set(overdue)

    return [
        *_disavowal_tasks(base, vault),
        Task("forget_representatives", 60, lambda now: representatives.forget(vault, now)),
        Task("forget_reviews", 3_600, lambda now: reviews.forget(vault, now)),
        Task("purge_sessions", 600, lambda now: sessions.purge(vault, now)),
        Task("overdue_contests", 1, lambda now: CONTESTS.note_all_overdue(vault, now, limit=_BATCH)),
        Task(
            "overdue_reinstatements",
            1,
            lambda now: REINSTATEMENTS.note_all_overdue(vault, now, limit=_BATCH),
        ),
        Task(
            "delete_reinstatement_texts",
            5,
            lambda now: REINSTATEMENTS.delete_texts(vault, now, limit=_BATCH),
        ),
        Task(
            "forget_withdrawn",
            60,
            lambda now: withdrawals.forget_all(vault, now, embargo=embargo, limit=_BATCH),
        ),
        Task("delete_contest_texts", 5, lambda now: CONTESTS.delete_texts(vault, now, limit=_BATCH)),
        Task("contest_gauge", 5, count),
    ]


def _disavowal_tasks(base: Base, vault: Vault) -> list[Task]:
    """Return the worker's tasks: tell platforms of disavowals, let silence decide, purge, and count."""
    terms = DisavowalTerms(zone=base.settings.zone)

    async def count(now: ClockReading) -> None:
        levels = await disavowals.levels(vault, now)
        base.metrics.moderation.disavowals_overdue.set(levels.overdue)
        base.metrics.moderation.disavowals_unusual.set(levels.unusual)

    return [
        Task("tell_disavowals", 5, lambda now: disavowals.tell_all(vault, now, terms=terms, limit=_BATCH)),
        Task("fall_disavowals", 1, lambda now: disavowals.fall_all(vault, now, terms=terms, limit=_BATCH)),
        Task("purge_inquiries", 600, lambda now: inquiries.purge(vault, now)),
        Task("disavowal_gauges", 15, count),
    ]


_TIP_OFF_GAUGES_PERIOD = 10.0
_HOUR = 3_600.0


def tip_off_tasks(base: Base, vault: Vault) -> list[Task]:
    """Return the worker's tasks: reminders, deletion of texts, and gauges."""
    policy = tip_off_policy(base.settings)

    async def read_gauges(now: ClockReading) -> None:
        counts, overdue = await reporter_acts.levels(vault, now=now)
        known = [state for state in TipOffState if state is not TipOffState.RESOLVED]
        base.metrics.moderation.tip_offs_open.set_all({state.value: counts.get(state, 0) for state in known})
        base.metrics.moderation.tip_offs_overdue.set(overdue)

    return [
        Task("tip_off_reminders", 1, lambda now: reporter_acts.remind_all(vault, now, limit=_BATCH)),
        Task(
            "tip_off_texts",
            60,
            lambda now: reporter_acts.delete_all_texts(vault, now, policy=policy, limit=_BATCH),
        ),
        Task("tip_off_purge", _HOUR, lambda now: reporter_acts.purge(vault, now, policy=policy)),
        Task("tip_off_gauges", _TIP_OFF_GAUGES_PERIOD, read_gauges),
    ]
