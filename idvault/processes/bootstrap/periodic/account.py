"""Builds the worker's tasks of accounts and credentials: retention, status lists and keys."""

from idvault.claim.acts import retention
from idvault.core.act import Vault
from idvault.core.loop import Task
from idvault.core.policy import OperatorPolicy
from idvault.core.public_files import LocalPublicFiles
from idvault.processes.bootstrap.base import Base
from idvault.processes.bootstrap.signing import follow_status_keys, status_signer
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.status import acts
from idvault.status.credential.acts import StatusLists
from idvault_verify.attest import status_token

LIST_PERIOD = 1.0
"""Seconds between two runs of the public lists: a closed account is INVALID after one and the run itself."""
_BATCH = 500


def account_tasks(vault: Vault, *, policy: OperatorPolicy) -> list[Task]:
    """Return the worker's tasks for retention: verifications, abandoned accounts and old requests."""
    zone, days = policy.zone, policy.rejected_days
    return [
        Task("expire_accounts", 5, lambda now: acts.expire_all(vault, now, zone=zone, limit=_BATCH)),
        Task("remove_abandoned", 60, lambda now: acts.remove_abandoned(vault, now, days=days, limit=_BATCH)),
        Task("purge_requests", 600, lambda now: retention.purge_requests(vault, now)),
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
