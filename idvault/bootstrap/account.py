"""Builds the status services of the platform edge: feeds, tokens and receipts."""

import asyncio
from contextlib import AsyncExitStack

from idvault.api.account.serialised import SerialisedStatuses
from idvault.api.account.servicer import StatusServicer
from idvault.api.account.watch import Hub
from idvault.attest import status_token
from idvault.attest.quorum import Quorum
from idvault.bootstrap.base import ENTROPY, Base
from idvault.bootstrap.history import build_history
from idvault.bootstrap.key.version import follow_every
from idvault.bootstrap.request_key import fingerprinter_of
from idvault.bootstrap.signing import follow_status_keys, status_signer
from idvault.flows.account.feed import FeedFlow
from idvault.flows.account.status import StatusFlow
from idvault.flows.claim.receipt import ReceiptFlow
from idvault.flows.credential.status_token import StatusTokenFlow
from idvault.flows.log.guard import LogGuard
from idvault.flows.log.proof import LogProofs
from idvault.flows.people.roster_holder import RosterHolder
from idvault.flows.policy import OperatorPolicy
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.pairwise import KeyedPairwise
from idvault.storage.account.feed import SqlFeedStore
from idvault.storage.account.record import SqlRecordStore
from idvault.storage.account.store import SqlStatusStore
from idvault.storage.credential.store import SqlCredentialStore
from idvault.storage.disclosure.store import SqlDisclosureStore
from idvault.storage.log.checkpoint import SqlCheckpointStore
from idvault.storage.log.store import SqlLogStore
from idvault.telemetry.logs import describe, log
from idvault.telemetry.watching import cancel


async def build_statuses(
    stack: AsyncExitStack, base: Base, *, keys: LocalKeyProvider, guard: LogGuard, policy: OperatorPolicy
) -> tuple[StatusServicer, Hub]:
    """Return StatusService, and its hub, which must be closed when the server drains."""
    accounts = SqlStatusStore(database=base.main)
    flow = StatusFlow(store=accounts, policy=policy)
    statuses = SerialisedStatuses(flow)
    feeds = FeedFlow(store=SqlFeedStore(database=base.main))
    hub = Hub(feeds=feeds, statuses=statuses, clock=base.clock)
    stack.push_async_callback(cancel, asyncio.create_task(hub.run()))
    signer = status_signer(base, keys, Purpose.STATUS_TOKEN)
    await signer.announce(now=base.real_now())
    follow_every(stack, lambda: follow_status_keys(signer, keys, Purpose.STATUS_TOKEN, now=base.clock()))
    tokens = StatusTokenFlow(
        accounts=accounts,
        credentials=SqlCredentialStore(database=base.main),
        signer=signer,
        pairwise=KeyedPairwise(key=keys.primary(Purpose.PAIRWISE)),
        fingerprinter=fingerprinter_of(keys, Purpose.REQUEST),
        guard=guard,
        entropy=ENTROPY,
        policy=policy,
        issued_by=status_token.issuer(base.settings.log_origin),
    )
    servicer = StatusServicer(
        flow=flow,
        statuses=statuses,
        histories=build_history(base, policy, statements=signer),
        tokens=tokens,
        watches=hub,
    )
    return servicer, hub


def build_receipts(base: Base, rosters: RosterHolder) -> ReceiptFlow:
    """Return the flow that makes receipts."""
    proofs = LogProofs(
        log=SqlLogStore(database=base.main),
        checkpoints=SqlCheckpointStore(database=base.shred),
        store=SqlDisclosureStore(database=base.main),
    )
    return ReceiptFlow(
        proofs=proofs,
        records=SqlRecordStore(database=base.main),
        quorum=lambda quorum_id: quorum_of(rosters, quorum_id),
        report=lambda error: log().warning("receipt_not_proved", **describe(error)),
    )


def quorum_of(rosters: RosterHolder, quorum_id: str) -> Quorum | None:
    """Return a quorum of any roster version, None if there is none with this id."""
    for number in range(rosters.current.version, 0, -1):
        for quorum in rosters.version(number).quorums:
            if quorum.id == quorum_id:
                return quorum
    return None
