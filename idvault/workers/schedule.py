"""What the worker does and how often: each task is a name, a period in seconds and a flow's method."""

from idvault.flows.retention import RetentionFlow
from idvault.flows.settlement import BacklogFlow
from idvault.ports.sealing import DayKeyring
from idvault.workers.loop import Task

_BATCH = 500


def tasks(*, backlog: BacklogFlow, retention: RetentionFlow, day_keys: DayKeyring) -> list[Task]:
    """Return the worker's periodic tasks; the first run of each is at the start."""
    return [
        Task("day_keys", 60, lambda now: day_keys.rotate(now=now.real)),
        Task("time_out", 5, lambda now: backlog.time_out(now=now, limit=_BATCH)),
        Task("expire_accounts", 5, lambda now: retention.expire_accounts(now=now, limit=_BATCH)),
        Task("remove_abandoned", 60, lambda now: retention.remove_abandoned(now=now, limit=_BATCH)),
        Task("purge_requests", 600, lambda now: retention.purge_requests(now=now)),
    ]
