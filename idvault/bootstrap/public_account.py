"""Builds public accounts: the service of the platform edge."""

from idvault.api.edge.server import Service
from idvault.api.public_account.servicer import PublicAccountServicer
from idvault.bootstrap.base import ENTROPY, Base
from idvault.bootstrap.request_key import fingerprinter_of
from idvault.flows.log.events import EventFactory
from idvault.flows.log.guard import LogGuard
from idvault.flows.policy import OperatorPolicy
from idvault.flows.public_account.context import PublicAccountContext
from idvault.flows.public_account.filing import FilingExportFlow
from idvault.flows.public_account.ownership import OwnershipFlow
from idvault.flows.public_account.public_account import PublicAccountFlow
from idvault.ports.entropy import Entropy
from idvault.ports.public_account import FilingStore, OwnershipStore, PublicAccountStore
from idvault.ports.sanction import ModeratorStore
from idvault.ports.sealing import Fingerprinter
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.storage.public_account.filing import SqlFilingStore
from idvault.storage.public_account.ownership import SqlOwnershipStore
from idvault.storage.public_account.store import SqlPublicAccountStore
from idvault.storage.sanction.moderator import SqlModeratorStore
from idvault.v1 import public_account_pb2


def wire_public_accounts(
    *,
    store: PublicAccountStore,
    ownership: OwnershipStore,
    filings: FilingStore,
    moderators: ModeratorStore,
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
        moderators=SqlModeratorStore(database=base.main),
        fingerprinter=fingerprinter_of(keys, Purpose.REQUEST),
        guard=guard,
        entropy=ENTROPY,
        policy=policy,
    )


def public_account_service(servicer: PublicAccountServicer) -> Service:
    """Return PublicAccountService."""
    return Service(public_account_pb2.DESCRIPTOR.services_by_name["PublicAccountService"], servicer)
