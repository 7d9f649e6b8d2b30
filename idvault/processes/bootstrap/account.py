"""Builds the status services of the platform edge: feeds, tokens and receipts."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

from idvault.claim.acts.receipt import ReceiptContext
from idvault.core.act import Vault
from idvault.core.policy import OperatorPolicy
from idvault.core.telemetry.logs import describe, log
from idvault.core.telemetry.watching import cancel
from idvault.disclosure.acts.history import HistoryContext
from idvault.log.acts.proofs import LogProofs
from idvault.people.acts import RosterHolder
from idvault.processes.bootstrap.base import Base
from idvault.processes.bootstrap.key.version import follow_every
from idvault.processes.bootstrap.signing import follow_status_keys, status_signer
from idvault.processes.services.status import StatusServicer
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.pairwise import KeyedPairwise
from idvault.status.acts import Feeds, StatusTexts
from idvault.status.api import Hub, SerialisedStatuses
from idvault.status.credential.acts import TokenContext
from idvault_verify.attest import status_token
from idvault_verify.attest.quorum import Quorum


async def build_statuses(
    stack: AsyncExitStack, base: Base, vault: Vault, *, keys: LocalKeyProvider, policy: OperatorPolicy
) -> tuple[StatusServicer, Hub]:
    """Return StatusService, and its hub, which must be closed when the server drains."""
    flow = StatusTexts(vault=vault, policy=policy)
    statuses = SerialisedStatuses(flow)
    hub = Hub(feeds=Feeds(vault=vault), statuses=statuses, clock=base.clock)
    stack.push_async_callback(cancel, asyncio.create_task(hub.run()))
    signer = status_signer(vault, keys, Purpose.STATUS_TOKEN)
    await signer.announce(now=base.real_now())
    follow_every(stack, lambda: follow_status_keys(signer, keys, Purpose.STATUS_TOKEN, now=base.clock()))
    tokens = TokenContext(
        signer=signer,
        pairwise=KeyedPairwise(key=keys.primary(Purpose.PAIRWISE)),
        policy=policy,
        issued_by=status_token.issuer(base.settings.log_origin),
    )
    servicer = StatusServicer(
        vault=vault,
        flow=flow,
        statuses=statuses,
        histories=HistoryContext(
            proofs=LogProofs(main=base.main, shred=base.shred),
            zone=policy.zone,
            embargo=timedelta(days=base.settings.disclosure_embargo_days),
            statements=signer,
        ),
        tokens=tokens,
        watches=hub,
    )
    return servicer, hub


def receipt_context(base: Base, rosters: RosterHolder) -> ReceiptContext:
    """Return what receipts need beside the vault."""
    return ReceiptContext(
        proofs=LogProofs(main=base.main, shred=base.shred),
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
