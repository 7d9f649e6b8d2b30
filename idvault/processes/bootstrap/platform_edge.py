"""Builds the edge that platforms call: what the methods of its services need, and the server."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import timedelta

from idvault.campaign.api import CampaignServicer
from idvault.claim.acts.claim import ReceiptContext
from idvault.claim.acts.registry_check import SettlementContext
from idvault.claim.acts.verification import ClaimContext
from idvault.claim.api import VerificationMethods
from idvault.claim.review.api import ReviewMethods
from idvault.claim.rules import ClaimRules
from idvault.core.act import Vault
from idvault.core.config import Settings
from idvault.core.edge.access import Access
from idvault.core.edge.server import GrpcServer, Service
from idvault.core.policy import OperatorPolicy
from idvault.core.telemetry.logs import describe, log
from idvault.core.telemetry.watching import cancel
from idvault.disclosure.acts.history import HistoryContext
from idvault.erasure.acts import ErasureContext
from idvault.erasure.api import ErasureMethods
from idvault.erasure.rules import ErasureTerms
from idvault.key.acts.version import DayKeys
from idvault.log.acts.stored_log import LogProofs
from idvault.moderator.acts import KnownModerators
from idvault.notice.acts import NoticeContext
from idvault.notice.api import NoticeMethods
from idvault.people.acts import RosterHolder
from idvault.platform.usage.api import UsageMethods
from idvault.processes.bootstrap.base import ENTROPY, Base, load_keys, operator_policy, tip_off_policy
from idvault.processes.bootstrap.claim import claim_rules, settlement_context
from idvault.processes.bootstrap.edge import build_server
from idvault.processes.bootstrap.key.version import (
    follow_every,
    follow_keys,
    follow_status_keys,
    status_signer,
)
from idvault.processes.bootstrap.provider import proof_providers
from idvault.processes.bootstrap.usage import follow_usage
from idvault.processes.bootstrap.vault import (
    fingerprinter_of,
    guard_of,
    platform_repeats,
    request_keys,
    vault_of,
)
from idvault.processes.services.platform_edge import SanctionServicer, StatusServicer
from idvault.public_account.api import PublicAccountMethods
from idvault.registry.ports import ProofProvider
from idvault.sanction.appeal.rules import AppealTerms
from idvault.sanction.objection.acts import ObjectionContext
from idvault.sealing.contact import DayLetterSealer, KeyedContactSecrets
from idvault.sealing.identity import CurrentIndexer, KeyedPairwise, KeyedReferencer, MemoryPairMarker
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.request import CurrentInvitationCoder, CurrentLinkCoder
from idvault.sealing.signing import public_keys
from idvault.sealing.text import KeyedModerationTextSealer, KeyedTipOffSecrets
from idvault.session.acts.answer import AnswerContext
from idvault.session.acts.identity import IdentityContext
from idvault.session.acts.session import Custodians, SessionContext
from idvault.session.api.servicer import SessionMethods
from idvault.session.contest.rules import ContestTerms
from idvault.session.disavowal.rules import DisavowalTerms
from idvault.session.inquiry.acts import InquiryContext
from idvault.session.inquiry.api import InquiryMethods
from idvault.session.reinstatement.rules import ReinstatementTerms
from idvault.status.acts import Feeds, StatusTexts
from idvault.status.api import Hub, SerialisedStatuses
from idvault.status.credential.acts import TokenContext
from idvault.tip_off.acts.case import TipOffContext
from idvault.tip_off.acts.proposal import lock_report
from idvault.tip_off.api.contact import ContactFormMethods
from idvault.tip_off.api.servicer import TipOffMethods
from idvault.tip_off.contact.acts import ContactContext
from idvault_verify.attest import status_token
from idvault_verify.attest.quorum import Quorum
from idvault_verify.notice import NoticeKind
from idvault_verify.session import Proof
from idvault_verify.v1 import (
    campaign_pb2,
    erasure_pb2,
    inquiry_pb2,
    notice_pb2,
    public_account_pb2,
    review_pb2,
    sanction_pb2,
    session_pb2,
    status_pb2,
    tip_off_pb2,
    usage_pb2,
    verification_pb2,
)


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


def sanction_methods(base: Base, vault: Vault, *, keys: LocalKeyProvider) -> SanctionServicer:
    """Return the methods of SanctionService."""
    terms = _appeal_terms(base.settings)
    return SanctionServicer(
        vault=vault,
        signers=KnownModerators(vault),
        waiting=lock_report,
        appeals=ObjectionContext(terms, KeyedModerationTextSealer(keys=keys, entropy=ENTROPY)),
        zone=terms.zone,
    )


def _appeal_terms(settings: Settings) -> AppealTerms:
    return AppealTerms(
        outside_body=settings.appeal_outside_body,
        outside_days=settings.appeal_outside_days,
        zone=settings.zone,
    )


def session_context(
    base: Base,
    vault: Vault,
    *,
    keys: LocalKeyProvider,
    claims: ClaimContext,
    rules: ClaimRules,
    policy: OperatorPolicy,
    rosters: RosterHolder,
    providers: Mapping[Proof, ProofProvider],
) -> SessionContext:
    """Return what sessions need beside the vault."""
    return SessionContext(
        claims=claims,
        coder=CurrentLinkCoder(current=lambda: request_keys(keys, Purpose.REQUEST).current),
        rules=rules,
        policy=policy,
        custodians=lambda: _custodians(rosters),
        base_url=base.settings.web_url,
        patience=base.settings.settle_patience,
        providers=providers,
        issuer=status_token.issuer(base.settings.log_origin),
    )


def session_services(
    base: Base,
    vault: Vault,
    context: SessionContext,
    *,
    appeals: ObjectionContext[AppealTerms],
    erasures: ErasureContext,
    histories: HistoryContext,
    rosters: RosterHolder,
) -> list[Service]:
    """Return SessionService, and InquiryService for the operator's own page."""
    contests = ObjectionContext(ContestTerms(zone=base.settings.zone), appeals.sealer)
    zone, indexer = context.policy.zone, context.claims.indexer
    terms = ReinstatementTerms(zone, context.policy.accounts_per_person)
    reinstatements = ObjectionContext(terms, appeals.sealer)
    answers = AnswerContext(context, indexer, zone)
    identity = IdentityContext(
        quorum=lambda quorum_id: quorum_of(rosters, quorum_id),
        appeals=appeals,
        contests=contests,
        reinstatements=reinstatements,
        answers=answers,
        erasures=erasures,
        histories=histories,
        receipts=receipt_context(base, rosters),
        policy=context.policy,
    )
    methods = SessionMethods(
        vault=vault,
        context=context,
        identity=identity,
        contests=contests,
        reinstatements=reinstatements,
        disavowals=DisavowalTerms(zone=zone),
    )
    inquiries = InquiryContext(sessions=context, indexer=indexer, zone=zone, embargo=histories.embargo)
    return [
        Service(session_pb2.DESCRIPTOR.services_by_name["SessionService"], methods),
        Service(
            inquiry_pb2.DESCRIPTOR.services_by_name["InquiryService"],
            InquiryMethods(vault=vault, context=inquiries),
        ),
    ]


def _custodians(rosters: RosterHolder) -> Custodians:
    """Return who can open records together, by the names that "My identity" has."""
    quorum = rosters.quorum
    return Custodians(quorum.threshold, tuple(each.name for each in quorum.custodians))


def tip_off_services(
    base: Base, vault: Vault, *, keys: LocalKeyProvider, rosters: RosterHolder
) -> list[Service]:
    """Return TipOffService, and TipOffFormService for the hosted pages."""
    context = TipOffContext(
        secrets=KeyedTipOffSecrets(keys=keys),
        sealer=KeyedModerationTextSealer(keys=keys, entropy=ENTROPY),
        signers=KnownModerators(vault),
        policy=tip_off_policy(base.settings),
        rosters=rosters,
    )
    contact = ContactContext(
        secrets=KeyedContactSecrets(keys=keys),
        sealer=DayLetterSealer(store=DayKeys(base.main)),
        entropy=ENTROPY,
    )
    known = tip_off_pb2.DESCRIPTOR.services_by_name
    forms = ContactFormMethods(vault=vault, context=context, contact=contact)
    return [
        Service(
            known["TipOffService"],
            TipOffMethods(vault=vault, context=context, web_url=base.settings.web_url),
        ),
        Service(known["TipOffFormService"], forms),
    ]


def erasure_context(base: Base) -> ErasureContext:
    """Return the proofs, and the operator's terms."""
    terms = ErasureTerms(waiting=timedelta(days=base.settings.erasure_waiting_days))
    return ErasureContext(LogProofs(main=base.main, shred=base.shred), terms)


async def build_platform_edge(
    stack: AsyncExitStack, base: Base, rosters: RosterHolder, access: Access
) -> GrpcServer:
    """Return the server of the services that platforms call."""
    keys, guard = load_keys(base.settings), guard_of(base)
    vault = vault_of(base.main, guard=guard, fingerprinter=fingerprinter_of(keys, Purpose.REQUEST))
    await follow_keys(stack, base, vault, keys)
    follow_usage(stack, base, vault)
    rosters.current.check_apart(origin="", keys=public_keys(keys, Purpose.STATUS_TOKEN))
    policy = operator_policy(base.settings)
    settlement = settlement_context(stack, base, rosters, policy)
    rules, claims = claim_rules(settlement), _claims(settlement, keys)
    stack.push_async_callback(claims.drain)
    statuses, hub = await build_statuses(stack, base, vault, keys=keys, policy=policy)
    services = [
        *_claim_services(base, vault, rosters, claims=claims, rules=rules),
        Service(status_pb2.DESCRIPTOR.services_by_name["StatusService"], statuses),
        *_services_of_owners(
            stack,
            base,
            rosters,
            vault,
            keys=keys,
            claims=claims,
            rules=rules,
            histories=statuses.histories,
        ),
        *tip_off_services(base, vault, keys=keys, rosters=rosters),
        notice_service(base, vault, keys=keys),
        Service(usage_pb2.DESCRIPTOR.services_by_name["UsageService"], UsageMethods(vault=vault)),
    ]
    return build_server(
        base,
        base.settings.addresses[0],
        services,
        access,
        drains=(hub.close,),
        repeats=platform_repeats(base, keys),
    )


def _claim_services(
    base: Base, vault: Vault, rosters: RosterHolder, *, claims: ClaimContext, rules: ClaimRules
) -> list[Service]:
    """Return VerificationService, and ReviewService for what no registry is asked about."""
    receipts, patience = receipt_context(base, rosters), base.settings.settle_patience
    return [
        Service(
            verification_pb2.DESCRIPTOR.services_by_name["VerificationService"],
            VerificationMethods(
                vault=vault, context=claims, receipts=receipts, rules=rules, patience=patience
            ),
        ),
        Service(
            review_pb2.DESCRIPTOR.services_by_name["ReviewService"],
            ReviewMethods(vault=vault, context=claims, receipts=receipts, patience=patience),
        ),
    ]


def notice_service(base: Base, vault: Vault, *, keys: LocalKeyProvider) -> Service:
    """Return RegistryNoticeService."""
    for kind in NoticeKind:
        base.metrics.notices.expect(kind.value)
    context = NoticeContext(
        indexer=CurrentIndexer(keys=keys),
        public_keys=base.settings.notice_keys,
        zone=base.settings.zone,
        applied=lambda kind: base.metrics.notices.add(kind.value),
    )
    return Service(
        notice_pb2.DESCRIPTOR.services_by_name["RegistryNoticeService"],
        NoticeMethods(vault=vault, context=context),
    )


def _claims(settlement: SettlementContext, keys: LocalKeyProvider) -> ClaimContext:
    return ClaimContext(
        settlement=settlement,
        indexer=CurrentIndexer(keys=keys),
        marker=MemoryPairMarker(entropy=ENTROPY),
    )


def _services_of_owners(
    stack: AsyncExitStack,
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
        providers=proof_providers(stack, base.settings),
    )
    sessions = session_services(
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
            _campaign_methods(base, vault, keys=keys, policy=policy, offered=context.offered),
        ),
        Service(sanction_pb2.DESCRIPTOR.services_by_name["SanctionService"], sanctions),
        *sessions,
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
    base: Base, vault: Vault, *, keys: LocalKeyProvider, policy: OperatorPolicy, offered: frozenset[Proof]
) -> CampaignServicer:
    return CampaignServicer(
        vault=vault,
        referencer=KeyedReferencer(key=keys.primary(Purpose.REFERENCE)),
        coder=CurrentInvitationCoder(current=lambda: request_keys(keys, Purpose.REQUEST).current),
        policy=policy,
        metrics=base.metrics,
        offered=offered,
    )
