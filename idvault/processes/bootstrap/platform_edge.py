"""Builds the edge that platforms call."""

from contextlib import AsyncExitStack

from idvault.campaign.api import CampaignServicer
from idvault.claim.acts.settlement import SettlementContext
from idvault.claim.acts.verification import ClaimContext
from idvault.claim.api import VerificationMethods
from idvault.claim.rules import ClaimRules
from idvault.core.act import Vault
from idvault.core.edge.access import Access
from idvault.core.edge.server import GrpcServer, Service
from idvault.core.policy import OperatorPolicy
from idvault.disclosure.acts.history import HistoryContext
from idvault.erasure.api import ErasureMethods
from idvault.people.acts import RosterHolder
from idvault.processes.bootstrap.account import build_statuses, receipt_context
from idvault.processes.bootstrap.base import ENTROPY, Base, load_keys
from idvault.processes.bootstrap.claim import claim_rules, settlement_context
from idvault.processes.bootstrap.edge import build_server
from idvault.processes.bootstrap.erasure import erasure_context
from idvault.processes.bootstrap.key.version import follow_keys
from idvault.processes.bootstrap.policy import operator_policy
from idvault.processes.bootstrap.request_key import fingerprinter_of, platform_repeats, request_keys
from idvault.processes.bootstrap.sanction import sanction_methods
from idvault.processes.bootstrap.session import session_context, session_service
from idvault.processes.bootstrap.tip_off import tip_off_services
from idvault.processes.bootstrap.vault import guard_of, vault_of
from idvault.public_account.api import PublicAccountMethods
from idvault.sealing.index import CurrentIndexer, MemoryPairMarker
from idvault.sealing.invitation import CurrentInvitationCoder
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.reference import KeyedReferencer
from idvault.sealing.signing import public_keys
from idvault_verify.v1 import (
    campaign_pb2,
    erasure_pb2,
    public_account_pb2,
    sanction_pb2,
    status_pb2,
    verification_pb2,
)


async def build_platform_edge(
    stack: AsyncExitStack, base: Base, rosters: RosterHolder, access: Access
) -> GrpcServer:
    """Return the server of the services that platforms call."""
    keys, guard = load_keys(base.settings), guard_of(base)
    vault = vault_of(base.main, guard=guard, fingerprinter=fingerprinter_of(keys, Purpose.REQUEST))
    await follow_keys(stack, base, vault, keys)
    rosters.current.check_apart(origin="", keys=public_keys(keys, Purpose.STATUS_TOKEN))
    policy = operator_policy(base.settings)
    settlement = settlement_context(stack, base, rosters, policy)
    rules, claims = claim_rules(settlement), _claims(settlement, keys)
    stack.push_async_callback(claims.drain)
    statuses, hub = await build_statuses(stack, base, vault, keys=keys, policy=policy)
    services = [
        Service(
            verification_pb2.DESCRIPTOR.services_by_name["VerificationService"],
            VerificationMethods(
                vault=vault,
                context=claims,
                receipts=receipt_context(base, rosters),
                rules=rules,
                patience=base.settings.settle_patience,
            ),
        ),
        Service(status_pb2.DESCRIPTOR.services_by_name["StatusService"], statuses),
        *_services_of_owners(
            base,
            rosters,
            vault,
            keys=keys,
            claims=claims,
            rules=rules,
            histories=statuses.histories,
        ),
        *tip_off_services(base, vault, keys=keys),
    ]
    return build_server(
        base,
        base.settings.addresses[0],
        services,
        access,
        drains=(hub.close,),
        repeats=platform_repeats(base, keys),
    )


def _claims(settlement: SettlementContext, keys: LocalKeyProvider) -> ClaimContext:
    return ClaimContext(
        settlement=settlement,
        indexer=CurrentIndexer(keys=keys),
        marker=MemoryPairMarker(entropy=ENTROPY),
    )


def _services_of_owners(
    base: Base,
    rosters: RosterHolder,
    vault: Vault,
    *,
    keys: LocalKeyProvider,
    claims: ClaimContext,
    rules: ClaimRules,
    histories: HistoryContext,
) -> list[Service]:
    """Return the sessions of the hosted pages, and the services whose flows the pages share."""
    policy = claims.settlement.policy
    sanctions = sanction_methods(base, vault, keys=keys)
    erasures = erasure_context(base)
    context = session_context(
        base,
        vault,
        keys=keys,
        claims=claims,
        rules=rules,
        policy=policy,
        rosters=rosters,
    )
    sessions = session_service(
        base,
        vault,
        context,
        appeals=sanctions.appeals,
        erasures=erasures,
        histories=histories,
        rosters=rosters,
    )
    return [
        Service(
            campaign_pb2.DESCRIPTOR.services_by_name["CampaignService"],
            _campaign_methods(base, vault, keys=keys, policy=policy),
        ),
        Service(sanction_pb2.DESCRIPTOR.services_by_name["SanctionService"], sanctions),
        sessions,
        Service(
            public_account_pb2.DESCRIPTOR.services_by_name["PublicAccountService"],
            PublicAccountMethods(vault=vault, policy=policy),
        ),
        Service(
            erasure_pb2.DESCRIPTOR.services_by_name["ErasureService"],
            ErasureMethods(vault=vault, context=erasures),
        ),
    ]


def _campaign_methods(
    base: Base, vault: Vault, *, keys: LocalKeyProvider, policy: OperatorPolicy
) -> CampaignServicer:
    return CampaignServicer(
        vault=vault,
        referencer=KeyedReferencer(key=keys.primary(Purpose.REFERENCE)),
        coder=CurrentInvitationCoder(current=lambda: request_keys(keys, Purpose.REQUEST).current),
        policy=policy,
        metrics=base.metrics,
    )
