"""Two platforms at one vault, each with a thing of every kind that a platform can name in a call."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from idvault.claim.acts.claim import ReceiptContext
from idvault.claim.api import VerificationMethods
from idvault.claim.review.api import ReviewMethods
from idvault.claim.rules import Claim, ClaimRules
from idvault.core import invitation_code
from idvault.core.act import SYSTEM
from idvault.core.db.database import Database
from idvault.core.edge.call import Caller
from idvault.core.edge.server import Service
from idvault.core.policy import TipOffPolicy
from idvault.disclosure.acts.history import HistoryContext
from idvault.erasure.acts import ErasureContext
from idvault.log.acts.stored_log import LogProofs
from idvault.platform import acts as platform_acts
from idvault.processes.bootstrap.key.version import status_signer
from idvault.processes.services.platform_edge import StatusServicer
from idvault.sanction.objection.acts import ObjectionContext
from idvault.sealing import key_set
from idvault.sealing.identity import KeyedPairwise
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Holder, Purpose
from idvault.sealing.request import CurrentLinkCoder
from idvault.sealing.text import KeyedModerationTextSealer, KeyedTipOffSecrets
from idvault.session.acts.answer import AnswerContext
from idvault.session.acts.identity import IdentityContext
from idvault.session.acts.session import Custodians, SessionContext
from idvault.session.api.servicer import SessionMethods
from idvault.session.contest.rules import ContestTerms
from idvault.session.disavowal import store as disavowal_store
from idvault.session.disavowal.rules import Disavowal, DisavowalTerms
from idvault.session.reinstatement.rules import ReinstatementTerms
from idvault.status.api import SerialisedStatuses
from idvault.status.credential.acts import TokenContext
from idvault.tip_off.acts.case import TipOffContext
from idvault.tip_off.api.servicer import TipOffMethods
from idvault_client import Consent, campaigns, reviews, sanctions, tip_offs
from idvault_client.aio import Vault
from idvault_verify import token
from idvault_verify.attest import status_token
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.document import REVIEWED, DocumentType
from idvault_verify.error import IdvaultError
from idvault_verify.session import ContestState, DisavowalState, Proof
from idvault_verify.v1 import (
    campaign_pb2,
    erasure_pb2,
    public_account_pb2,
    review_pb2,
    sanction_pb2,
    session_pb2,
    status_pb2,
    tip_off_pb2,
    verification_pb2,
)
from tools.support import builders, people
from tools.support.campaign_world import plan
from tools.support.erasure_world import TERMS, ErasureWorld
from tools.support.fakes.people import FakeRosters
from tools.support.fakes.sealing import CountingEntropy
from tools.support.flow_world import at, command
from tools.support.in_process import client, dated
from tools.support.orders import OFFICE, roster
from tools.support.sanction_world import key_of, reasons, template
from tools.support.statements import KnownStatements

ASKS, OWNS = "platform-b", "platform-a"
"""The platform that calls, and the one whose things it names."""
ORIGIN = "https://chat.example"
TEXT = "not true, 请看全文 (synthetic)"
SEEN = reviews.SeenDocument("ANNA ERIKSSON", reviews.passport("GBR", "L898902C3", "6"), b"\x09" * 32)
CATEGORY = sanctions.SanctionCategory.RUMOUR
_ACTOR = "c" * 32
_DRAWN = 18
"""So many of a token's 26 characters are another one's."""
LATER = datetime(2026, 4, 1, tzinfo=UTC)
_CUSTODIANS = Custodians(2, people.NAMES)
_RULES = ClaimRules(name_limit=32, document_types=frozenset(DocumentType) - REVIEWED, zone=builders.ZONE)


def _raise(error: IdvaultError) -> None:
    raise error


def order(party: str) -> sanctions.AuthorityOrder:
    """Return a platform's order, the same for the same platform."""
    return sanctions.AuthorityOrder("网信办 (synthetic)", party, date(2026, 2, 28), b"\x05" * 32)


@dataclass(frozen=True, kw_only=True)
class Things:
    """What a platform has, as it names it in calls.

    member, code: the account and the code of an invitation. waiting: a public account that is to be decided.
    erasing: an account whose erasure was requested. asked: the request id of a verification. key: of a
    moderator, whose id is `moderator`; second: of another one. assigned: a report that the first works on.
    """

    account: str
    member: str
    code: str
    erasing: str
    erasure: str
    verification: str
    asked: str
    campaign: str
    public: str
    waiting: str
    sanction: sanctions.AccountSanction
    appeal: sanctions.AccountAppeal
    measure: sanctions.PlatformContentMeasure
    operation: sanctions.PlatformOperation
    template: sanctions.PlatformTemplate
    order: str
    key: ModeratorKey
    moderator: str
    second: ModeratorKey
    session: str
    contest: str
    reinstatement: str
    disavowal: str
    review: reviews.DocumentReview
    report: tip_offs.TipOffReport
    assigned: tip_offs.TipOffReport
    secret: str
    reporter: str


def of_nobody(like: Things, number: int) -> Things:
    """Return what nobody has, the same for the same number: ids that are drawn, and nothing else changed."""
    entropy = CountingEntropy(start=900_000_000 + number * 1_000)

    def new_id() -> str:
        return entropy.random(16).hex()

    def near(known: str) -> str:
        """Return a token that begins like a known one: accounts are locked in the order of their tokens."""
        return known[:-_DRAWN] + token.make(entropy.random(16))[-_DRAWN:]

    drawn: dict[str, Any] = {
        each.name: new_id() for each in fields(like) if isinstance(getattr(like, each.name), str)
    }
    drawn |= {name: near(getattr(like, name)) for name in ("account", "member", "erasing")}
    # A list goes on after an id: what nobody has stands at the same place.
    drawn["reporter"] = like.reporter[:-_DRAWN] + new_id()[-_DRAWN:]
    strange = key_of(100 + number % 100, party=like.key.relying_party)
    reference = f"{int.from_bytes(entropy.random(4), 'big') % 10**9:012}"
    return replace(
        like,
        **drawn
        | {
            "asked": str(UUID(bytes=entropy.random(16))),
            "code": invitation_code.code(entropy.random(16)),
            "secret": like.secret,
            "sanction": replace(like.sanction, sanction_id=new_id()),
            "appeal": replace(like.appeal, appeal_id=new_id()),
            "measure": replace(like.measure, measure_id=new_id()),
            "operation": replace(like.operation, operation_id=new_id()),
            "template": replace(like.template, template_id=new_id()),
            "review": replace(like.review, review_id=new_id()),
            "key": strange,
            "report": replace(like.report, tip_off_id=new_id(), reference=reference),
            "assigned": replace(like.assigned, tip_off_id=new_id()),
        },
    )


class TwoPlatforms:
    """The services of the platforms' edge over two databases, without a network, and who calls them."""

    def __init__(self, main: Database, shred: Database, folder: Path) -> None:
        """Build the services as bootstrap does. folder: for the keys."""
        # A life of its own: its random bytes must not be those of the campaigns.
        self._erasing = ErasureWorld(main, shred, life=1)
        self._publishing = self._erasing.public_accounts
        self._moderation = self._publishing.sanctions
        self._campaigns = self._moderation.campaigns
        self._claims = self._moderation.claims
        self._vault = self._moderation.vault
        self._keys = LocalKeyProvider.create(
            folder / "service.keys",
            keys=key_set.fresh(Holder.SERVICE, entropy=CountingEntropy(start=70_000_000)),
            passphrase=b"test",
            entropy=CountingEntropy(start=71_000_000),
            cost=people.CHEAP,
        )
        self._sealer = KeyedModerationTextSealer(keys=self._keys, entropy=CountingEntropy(start=60_000_000))
        proofs = LogProofs(main=main, shred=shred)
        self._receipts = ReceiptContext(proofs, lambda _id: None, _raise)
        self._erasures = ErasureContext(proofs, TERMS)
        self._histories = HistoryContext(
            proofs=proofs, zone=builders.ZONE, embargo=timedelta(days=90), statements=KnownStatements()
        )
        self.services = [*self._of_accounts(), *self._of_moderation(), self._of_sessions()]
        self._requests = 0

    def client(self, party: str = ASKS, seconds: float = 0) -> Vault:
        """Return the client of a platform, whose calls come at a time."""
        return client(self.services, Caller(party, "platform", _ACTOR), at(seconds), remaining=None)

    async def drain(self) -> None:
        """Wait for what calls have left running."""
        await self._claims.verification.drain()

    def _of_accounts(self) -> Iterator[Service]:
        claims = VerificationMethods(
            vault=self._claims.verification.vault,
            context=self._claims.verification.context,
            receipts=self._receipts,
            rules=_RULES,
            patience=20.0,
        )
        signer = status_signer(self._vault, self._keys, Purpose.STATUS_TOKEN)
        pairwise = KeyedPairwise(key=self._keys.primary(Purpose.PAIRWISE))
        issued_by = status_token.issuer("vault.example/log")
        watches: Any = None  # nobody watches here
        statuses = StatusServicer(
            vault=self._vault,
            flow=self._claims.status,
            statuses=SerialisedStatuses(self._claims.status),
            histories=self._histories,
            tokens=TokenContext(signer, pairwise, self._claims.policy, issued_by),
            watches=watches,
        )
        yield _service(verification_pb2, "VerificationService", claims)
        documents = ReviewMethods(
            vault=claims.vault, context=claims.context, receipts=self._receipts, patience=20.0
        )
        yield _service(review_pb2, "ReviewService", documents)
        yield _service(status_pb2, "StatusService", statuses)
        yield _service(erasure_pb2, "ErasureService", self._erasing.servicer)
        yield _service(campaign_pb2, "CampaignService", self._campaigns.servicer)

    def _of_moderation(self) -> Iterator[Service]:
        reports = TipOffContext(
            secrets=KeyedTipOffSecrets(keys=self._keys),
            sealer=self._sealer,
            signers=self._moderation.servicer.signers,
            policy=TipOffPolicy(builders.ZONE, reports_per_day=1_000_000),
            rosters=FakeRosters(roster(OFFICE)),
        )
        yield _service(sanction_pb2, "SanctionService", self._moderation.servicer)
        yield _service(public_account_pb2, "PublicAccountService", self._publishing.servicer)
        yield _service(tip_off_pb2, "TipOffService", TipOffMethods(vault=self._vault, context=reports))

    def _of_sessions(self) -> Service:
        contests = ObjectionContext(ContestTerms(zone=builders.ZONE), self._sealer)
        reinstatements = ObjectionContext(ReinstatementTerms(builders.ZONE, 5), self._sealer)
        context = SessionContext(
            claims=self._claims.verification.context,
            coder=CurrentLinkCoder(current=lambda: b"l" * 32),
            rules=_RULES,
            policy=self._claims.policy,
            custodians=lambda: _CUSTODIANS,
            base_url="https://verify.example",
            patience=20.0,
        )
        answers = AnswerContext(context, context.claims.indexer, builders.ZONE)
        identity = IdentityContext(
            quorum=lambda _id: None,
            appeals=self._moderation.appeals,
            contests=contests,
            answers=answers,
            reinstatements=reinstatements,
            erasures=self._erasures,
            histories=self._histories,
            receipts=self._receipts,
            policy=self._claims.policy,
        )
        methods = SessionMethods(
            vault=self._vault,
            context=context,
            identity=identity,
            contests=contests,
            reinstatements=reinstatements,
            disavowals=DisavowalTerms(zone=builders.ZONE),
        )
        return _service(session_pb2, "SessionService", methods)

    async def things(self, party: str) -> Things:
        """Register a platform, and let it have a thing of each kind."""
        await self._register(party)
        vault, first = self.client(party), 1 if party == ASKS else 11
        clerks = [await self._clerk(number, party) for number in (first, first + 1)]
        claim = await self._verify(party, 1)
        account = claim.account.account_token
        session = await vault.sessions.create(
            return_url=f"{ORIGIN}/verified", policy_version="terms-3", policy_text="terms"
        )
        contest = await vault.sessions.contest(account, claim.claim_id, TEXT)
        return Things(
            account=account,
            verification=claim.claim_id,
            asked=claim.request_id,
            key=clerks[0],
            moderator=clerks[0].moderator_id,
            second=clerks[1],
            session=session.session_id,
            contest=contest.contest_id,
            reinstatement=await self._withdrawn(party, clerks),
            disavowal=await self._disowned(party, account),
            review=await self._reviewed(party, clerks[1]),
            **await self._invited(vault),
            **await self._published(party, account),
            **await self._decided(party, account, clerks[0]),
            **await self._reported(vault, account, clerks[0]),
        )

    async def _withdrawn(self, party: str, clerks: Sequence[ModeratorKey]) -> str:
        """Return an appeal against the withdrawal of an account's verification."""
        vault, claim = self.client(party), await self._verify(party, 9)
        account = claim.account.account_token
        contest = await vault.sessions.contest(account, claim.claim_id, TEXT)
        proposed = await vault.sessions.decide_contest(
            contest.contest_id, ContestState.UPHELD, TEXT, key=clerks[0]
        )
        await vault.sessions.confirm_contest(proposed, key=clerks[1])
        return (await vault.sessions.appeal_withdrawal(account, TEXT)).reinstatement_id

    async def _reviewed(self, party: str, key: ModeratorKey) -> reviews.DocumentReview:
        """Return a review that waits for a second reviewer."""
        vault = self._claims.verification.vault
        await platform_acts.accept(vault, SYSTEM, at(0), party, proofs=[Proof.TWO_REVIEWERS])
        return await self.client(party).reviews.sign(SEEN, consent=Consent("terms-3", builders.NOW), key=key)

    async def _disowned(self, party: str, account: str) -> str:
        """Return what a platform was told of an account."""
        made = self._vault.new_id()
        now, state = builders.NOW, DisavowalState.FILED
        told = Disavowal(made, party, account, None, state, now, now + timedelta(days=400))
        await self._vault.main.act("test", lambda one: disavowal_store.ROWS.add(one, told))
        return made

    async def _invited(self, vault: Vault) -> dict[str, Any]:
        """Return a campaign, and its invitation."""
        [imported] = await vault.campaigns.import_legacy_accounts(
            "2014", [campaigns.LegacyAccount("user-1", "2012-05-01")]
        )
        campaign = await vault.campaigns.create(plan(methods=(campaigns.Method.HOSTED_LINK,)))
        await vault.campaigns.start(campaign.campaign_id)
        batch = await vault.campaigns.claim_due_invitations(campaign.campaign_id)
        code = batch.invitations[0].code
        return {"campaign": campaign.campaign_id, "member": imported.account_token, "code": code}

    async def _published(self, party: str, account: str) -> dict[str, Any]:
        """Return public accounts, and an account that is being erased."""
        vault, others = self.client(party), [await self._verify(party, 2) for _ in range(2)]
        erasing, applying = (each.account.account_token for each in others)
        await vault.erasures.request(erasing)
        [erasure] = (await vault.erasures.list_page()).erasures
        applied = await vault.public_accounts.apply(account)
        public = await vault.public_accounts.approve(applied.public_account_id)
        waiting = await vault.public_accounts.apply(applying)
        return {
            "erasing": erasing,
            "erasure": erasure.erasure_id,
            "public": public.public_account_id,
            "waiting": waiting.public_account_id,
        }

    async def _decided(self, party: str, account: str, key: ModeratorKey) -> dict[str, Any]:
        """Return what a moderator has decided, and an appeal."""
        asks = self.client(party).sanctions
        sanction = await asks.impose(account, sanctions.Degree.WARN, reasons(), key=key)
        recorded = await asks.record_order(order(party), deadline=LATER, key=key)
        on_content = self.client(party).content_measures
        removed = sanctions.ContentMeasureKind.REMOVED
        measure = await on_content.impose("post/17 (synthetic)", removed, reasons(), key=key)
        return {
            "sanction": sanction,
            "appeal": await asks.file_appeal(sanction.sanction_id, TEXT),
            "measure": await on_content.file_appeal(measure.measure_id, TEXT),
            "operation": await asks.open_operation("a month (synthetic)", key=key),
            "template": await asks.set_template(template()),
            "order": recorded.order_id,
        }

    async def _reported(self, vault: Vault, account: str, key: ModeratorKey) -> dict[str, Any]:
        """Return two reports, and who filed one."""
        filed = await vault.tip_offs.file(
            tip_offs.TipOffTarget(tip_offs.TargetKind.ACCOUNT, account),
            CATEGORY,
            TEXT,
            channel=tip_offs.TipOffChannel.APP,
            reporter_account_token=account,
        )
        other = await vault.tip_offs.file(
            tip_offs.TipOffTarget(tip_offs.TargetKind.CONTENT, "post/17"),
            CATEGORY,
            TEXT,
            channel=tip_offs.TipOffChannel.APP,
        )
        [reporter] = (await vault.tip_offs.list_reporters()).reporters
        return {
            "report": filed.tip_off,
            "assigned": await vault.tip_offs.assign(other.tip_off, key=key),
            "secret": filed.secret,
            "reporter": reporter.reporter_id,
        }

    async def _register(self, party: str) -> None:
        spki = sha256(party.encode()).hexdigest()
        await platform_acts.register(self._vault, SYSTEM, at(0), name=party, role="platform", spki=spki)
        await platform_acts.present(self._vault, SYSTEM, at(0), party, title=party, origins=(ORIGIN,))

    async def _clerk(self, number: int, party: str) -> ModeratorKey:
        key = await self._moderation.moderator(number, party=party)
        return dated(key, at(0).real)

    async def _verify(self, party: str, who: int) -> Claim:
        """Sign somebody up at a platform."""
        self._requests += 1
        identity = builders.identity(number=f"110000190101{who:02}000X")
        asked = command(500 + self._requests, identity, relying_party=party)
        return await self._claims.verify(asked)


def _service(module: Any, name: str, methods: Any) -> Service:
    return Service(module.DESCRIPTOR.services_by_name[name], methods)
