"""Builds public accounts: the service of the platform edge."""

from idvault.core.edge.server import Service
from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.policy import OperatorPolicy
from idvault.core.request import Fingerprinter
from idvault.log.acts.guard import LogGuard
from idvault.moderator.acts import ModeratorSource, StoredModerators
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.processes.bootstrap.request_key import fingerprinter_of
from idvault.processes.bootstrap.vault import vault_of
from idvault.public_account.acts import (
    FilingExportFlow,
    OwnershipFlow,
    PublicAccountContext,
    PublicAccountFlow,
)
from idvault.public_account.api import PublicAccountServicer
from idvault.public_account.ports import FilingStore, OwnershipStore, PublicAccountStore
from idvault.public_account.store.lists import SqlFilingStore
from idvault.public_account.store.ownership import SqlOwnershipStore
from idvault.public_account.store.store import SqlPublicAccountStore
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.v1 import public_account_pb2


def wire_public_accounts(
    *,
    store: PublicAccountStore,
    ownership: OwnershipStore,
    filings: FilingStore,
    moderators: ModeratorSource,
    fingerprinter: Fingerprinter,
    guard: LogGuard,
    entropy: Entropy,
    policy: OperatorPolicy,
) -> PublicAccountServicer:
    """Connect the flows to their ports; production and tests differ only in the ports."""
    context = PublicAccountContext(
        store=store,
        moderators=moderators,
        fingerprinter=fingerprinter,
        guard=guard,
        events=EventFactory(entropy=entropy),
        policy=policy,
    )
    return PublicAccountServicer(
        flow=PublicAccountFlow(context=context),
        ownership=OwnershipFlow(context=context, store=ownership),
        filings=FilingExportFlow(store=filings, zone=policy.zone),
    )


def build_public_accounts(
    base: Base, *, keys: LocalKeyProvider, guard: LogGuard, policy: OperatorPolicy
) -> PublicAccountServicer:
    """Return the servicer of the platform edge."""
    return wire_public_accounts(
        store=SqlPublicAccountStore(database=base.main),
        ownership=SqlOwnershipStore(database=base.main),
        filings=SqlFilingStore(database=base.main),
        moderators=StoredModerators(vault_of(base, keys=keys, guard=guard)),
        fingerprinter=fingerprinter_of(keys, Purpose.REQUEST),
        guard=guard,
        entropy=ENTROPY,
        policy=policy,
    )


def public_account_service(servicer: PublicAccountServicer) -> Service:
    """Return PublicAccountService."""
    return Service(public_account_pb2.DESCRIPTOR.services_by_name["PublicAccountService"], servicer)
