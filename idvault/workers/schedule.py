"""The worker's periodic tasks: each has a name, a period in seconds and a method of a flow."""

from idvault.flows.account.retention import RetentionFlow
from idvault.flows.claim.settlement import BacklogFlow
from idvault.flows.disclosure.retention import DisclosureRetention
from idvault.flows.log.publication import PublicationFlow
from idvault.flows.log.sequencing import LogFlow
from idvault.ports.sealing import DayKeyring
from idvault.workers.loop import Task

_BATCH = 500
# Entries that wait for a minute stop every change, so the log retries soon after a store failure.
_LOG_BACK_OFF = 4.0


def tasks(
    *,
    backlog: BacklogFlow,
    retention: RetentionFlow,
    day_keys: DayKeyring,
    log: LogFlow,
    publication: PublicationFlow,
    disclosures: DisclosureRetention,
) -> list[Task]:
    """Return the worker's periodic tasks."""
    return [
        Task("log", 1, lambda now: log.run(now=now), longest=_LOG_BACK_OFF),
        Task("publication", 1, lambda now: publication.run(now=now), longest=_LOG_BACK_OFF),
        Task("day_keys", 60, lambda now: day_keys.rotate(now=now.real)),
        Task("time_out", 5, lambda now: backlog.time_out(now=now, limit=_BATCH)),
        Task("expire_accounts", 5, lambda now: retention.expire_accounts(now=now, limit=_BATCH)),
        Task("disclosures", 5, lambda now: disclosures.sweep(now=now, limit=_BATCH)),
        Task("remove_abandoned", 60, lambda now: retention.remove_abandoned(now=now, limit=_BATCH)),
        Task("purge_requests", 600, lambda now: retention.purge_requests(now=now)),
    ]
