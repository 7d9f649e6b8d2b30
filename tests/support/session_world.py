"""Hosted verification sessions over a real database: what platforms and browsers do, as short calls."""

from hashlib import sha256
from typing import Any, cast
from uuid import UUID

from idvault.claim.acts.claim import ReceiptContext
from idvault.core.act import SYSTEM
from idvault.core.db.database import Database
from idvault.core.edge.call import Caller
from idvault.core.edge.server import Service
from idvault.core.tables.log import log_checkpoints
from idvault.erasure.acts import ErasureContext
from idvault.erasure.rules import ErasureTerms
from idvault.log.acts.stored_log import LogProofs
from idvault.platform import acts as platform_acts
from idvault.processes.bootstrap.vault import vault_of
from idvault.sanction.objection.acts import ObjectionContext
from idvault.session.acts.answer import AnswerContext
from idvault.session.acts.identity import IdentityContext
from idvault.session.acts.session import Custodians, SessionContext
from idvault.session.api.servicer import SessionMethods
from idvault.session.contest.rules import ContestTerms
from idvault.session.disavowal.rules import DisavowalTerms
from idvault.session.inquiry.acts import InquiryContext
from idvault.session.inquiry.api import InquiryMethods
from idvault.session.reinstatement.rules import ReinstatementTerms
from idvault_client.sessions import AioSessions, HostedSession
from idvault_verify import seal, secret
from idvault_verify.error import IdvaultError
from idvault_verify.session import ACCEPTED, Proof
from idvault_verify.v1 import common_pb2, inquiry_pb2
from idvault_verify.v1 import session_pb2 as pb
from tests.support.appeal_world import AppealWorld
from tests.support.fakes.memory_log import MemoryDatabase
from tests.support.known_history import KnownHistories
from tools.support import builders, people
from tools.support.edge import RULES
from tools.support.fakes.moderation_text import moderation_sealer
from tools.support.fakes.provider import VAULT, FakeProofProvider
from tools.support.fakes.sealing import CountingEntropy, FakeFingerprinter
from tools.support.flow_world import PARTY, at
from tools.support.in_process import ask, client
from tools.support.public_account_world import PublicAccountWorld
from tools.support.sanction_world import ACTOR

BASE_URL = "https://verify.example"
ORIGIN = "https://chat.example"
RETURN_URL = f"{ORIGIN}/verified?from=vault"
TITLE = "Example Chat"
COLOUR = "#8b5cf6"
TERMS = "We check your name.\nWe never see it."
QUORUM = people.quorum()
CUSTODIANS = Custodians(2, ("custodian-a", "custodian-b", "custodian-c"))
_SERVICE = pb.DESCRIPTOR.services_by_name["SessionService"]
_INQUIRIES = inquiry_pb2.DESCRIPTOR.services_by_name["InquiryService"]


class FakeLinkCoder:
    """Derives codes without a key."""

    def code(self, *, relying_party: str, request_id: str) -> str:
        """Return the same code for the same request."""
        return secret.make(sha256(seal.encode("link", relying_party, request_id)).digest()[: secret.SIZE])


def _raise(error: IdvaultError) -> None:
    raise error


def browser_key(number: int = 1) -> str:
    """Return a browser's key, the same for the same number."""
    return secret.make(bytes(15) + bytes([number]))


def _resident(number: str) -> common_pb2.IdentityDocument:
    return common_pb2.IdentityDocument(type=common_pb2.DOCUMENT_TYPE_RESIDENT_ID, number=number)


def _adult(typed: tuple[str, str] | None) -> pb.Guardian | None:
    return None if typed is None else pb.Guardian(real_name=typed[0], document=_resident(typed[1]))


class SessionWorld:
    """SessionService beside claims and campaigns, over one database, called without a network."""

    def __init__(
        self,
        database: Database,
        *,
        base_url: str = BASE_URL,
        moderation: AppealWorld | None = None,
        patience: float = 20.0,
        provider: FakeProofProvider | None = None,
        life: int = 0,
    ) -> None:
        """patience: seconds that a form waits for the registry. provider: of proofs of both kinds.

        life: how often the same database was opened before.
        """
        self.provider = provider
        self.accepted = ACCEPTED
        self.moderation = moderation or AppealWorld(database, life=life)
        self.publishing = PublicAccountWorld(database, sanctions=self.moderation)
        self.campaigns = self.moderation.campaigns
        self.claims = self.campaigns.claims
        self.database = database
        self.vault = vault_of(
            self.claims.claims,  # type: ignore[arg-type]
            guard=self.claims.guard,
            fingerprinter=FakeFingerprinter(),
            entropy=CountingEntropy(start=13_000_000 + life * 10_000_000),
        )
        self.histories = KnownHistories(database, zone=builders.ZONE)
        self.contests = ObjectionContext(ContestTerms(zone=builders.ZONE), moderation_sealer())
        terms = ReinstatementTerms(builders.ZONE, self.claims.policy.accounts_per_person)
        self.reinstatements = ObjectionContext(terms, moderation_sealer())
        self.context = SessionContext(
            claims=self.claims.verification.context,
            coder=FakeLinkCoder(),
            rules=RULES,
            policy=self.claims.policy,
            custodians=lambda: CUSTODIANS,
            base_url=base_url,
            patience=patience,
            providers={} if provider is None else dict.fromkeys((Proof.HOLDER, Proof.RESULT_ONLY), provider),
            issuer=VAULT,
        )
        self.answers = AnswerContext(self.context, self.context.claims.indexer, builders.ZONE)
        self.identity_context = self._identity_context()
        methods = InquiryMethods(vault=self.vault, context=self._inquiry_context())
        self.inquiries = Service(_INQUIRIES, methods)
        self.servicer = self._servicer()
        self._numbers = 0

    def _servicer(self) -> SessionMethods:
        return SessionMethods(
            vault=self.vault,
            context=self.context,
            identity=self.identity_context,
            contests=self.contests,
            reinstatements=self.reinstatements,
            disavowals=DisavowalTerms(zone=builders.ZONE),
        )

    def _identity_context(self) -> IdentityContext:
        return IdentityContext(
            quorum=lambda _: QUORUM,
            appeals=self.moderation.appeals,
            contests=self.contests,
            answers=self.answers,
            reinstatements=self.reinstatements,
            erasures=ErasureContext(self._proofs(), ErasureTerms()),
            histories=self.histories.context,
            receipts=ReceiptContext(self._proofs(), lambda _: QUORUM, _raise),
            policy=self.claims.policy,
        )

    def _inquiry_context(self) -> InquiryContext:
        return InquiryContext(
            sessions=self.context,
            indexer=self.context.claims.indexer,
            zone=builders.ZONE,
            embargo=self.histories.context.embargo,
        )

    def _proofs(self) -> LogProofs:
        return LogProofs(main=self.database, shred=MemoryDatabase(log_checkpoints))

    async def prepare(
        self, *, name: str = PARTY, origins: tuple[str, ...] = (ORIGIN,), colour: str = COLOUR
    ) -> None:
        """Register a platform with its origins."""
        spki = sha256(name.encode()).hexdigest()
        vault = self.vault
        await platform_acts.register(vault, SYSTEM, at(0), name=name, role="platform", spki=spki)
        await platform_acts.present(vault, SYSTEM, at(0), name, title=TITLE, origins=origins, colour=colour)

    def new_id(self) -> str:
        self._numbers += 1
        return str(UUID(int=2**65 + self._numbers))

    @property
    def service(self) -> Service:
        return Service(_SERVICE, self.servicer)

    def asks(self, seconds: float = 0, *, name: str = PARTY) -> AioSessions:
        """Return the calls of a platform's client about sessions, which come at a time."""
        caller = Caller(name, "platform", ACTOR, proofs=self.accepted)
        return client([self.service], caller, at(seconds)).sessions

    async def page_asks(self, method: str, message: Any, *, seconds: float = 0) -> Any:
        """Call a method as the pages do."""
        return await ask(self.service, method, message, caller=Caller("web-1", "web", ACTOR), now=at(seconds))

    async def create(self, *, seconds: float = 0, name: str = PARTY, **changes: Any) -> HostedSession:
        """Make a session for a sign-up, with changes."""
        given = {"return_url": RETURN_URL, "locale": "zh-CN", "policy_version": "terms-3"}
        return await self.asks(seconds, name=name).create(**{**given, "policy_text": TERMS, **changes})

    async def identity(self, account_token: str, *, browser: int = 1, seconds: float = 0) -> str:
        """Make an identity session and let the platform confirm its browser; return its id."""
        made = await self.asks(seconds).create_identity(account_token, return_url=RETURN_URL)
        await self.redeem(made.url, browser=browser, seconds=seconds)
        await self.bind(made.session_id, browser=browser, seconds=seconds)
        return made.session_id

    async def own(
        self, method: str, kind: Any, session_id: str, *, browser: int = 1, seconds: float = 0, **more: Any
    ) -> Any:
        """Call a method of an identity session as its page does."""
        message = kind(session_id=session_id, browser_key=browser_key(browser), **more)
        return await self.page_asks(method, message, seconds=seconds)

    async def redeem(self, url: str, *, browser: int = 1, seconds: float = 0) -> pb.SessionPage:
        """Let a browser redeem a link."""
        key, code = browser_key(browser), url.rpartition("/")[2]
        request_id = secret.request_id(key, session_id=code, step="redeem")
        message = pb.RedeemSessionRequest(request_id=request_id, link_code=code, browser_key=key)
        found: pb.SessionPage = await self.page_asks("RedeemSession", message, seconds=seconds)
        return found

    async def bind(
        self, session_id: str, *, browser: int = 1, seconds: float = 0, name: str = PARTY
    ) -> HostedSession:
        """Let the platform confirm the browser that came with its code."""
        code = secret.bind_code(browser_key(browser), session_id=session_id)
        return await self.asks(seconds, name=name).bind(session_id, code)

    async def agree(self, session_id: str, *, browser: int = 1, seconds: float = 0) -> pb.SessionPage:
        """Let the person agree to the terms."""
        key = browser_key(browser)
        request_id = secret.request_id(key, session_id=session_id, step="agree")
        message = pb.AgreeToTermsRequest(request_id=request_id, session_id=session_id, browser_key=key)
        agreed: pb.SessionPage = await self.page_asks("AgreeToTerms", message, seconds=seconds)
        return agreed

    async def answer(
        self, session_id: str, answer: int, *, browser: int = 1, seconds: float = 0
    ) -> pb.SessionPage:
        """Let the person answer an invitation."""
        key = browser_key(browser)
        request_id = secret.request_id(key, session_id=session_id, step=f"answer {answer}")
        message = pb.AnswerInvitationRequest(
            request_id=request_id, session_id=session_id, browser_key=key, answer=cast(Any, answer)
        )
        answered: pb.SessionPage = await self.page_asks("AnswerInvitation", message, seconds=seconds)
        return answered

    async def submit(
        self,
        session_id: str,
        attempt: int = 1,
        *,
        browser: int = 1,
        seconds: float = 0,
        name: str = "金丝雀",
        number: str = "11010519491231002X",
        step: str = "",
        guardian: tuple[str, str] | None = None,
    ) -> pb.SessionPage:
        """Let the person send the form of an attempt. step: of the request's id, if not the attempt's.

        guardian: name and number of the adult beside a child.
        """
        key = browser_key(browser)
        message = pb.SubmitIdentityRequest(
            request_id=secret.request_id(key, session_id=session_id, step=step or f"attempt {attempt}"),
            session_id=session_id,
            browser_key=key,
            attempt=attempt,
            real_name=name,
            document=_resident(number),
            guardian=_adult(guardian),
        )
        page: pb.SessionPage = await self.page_asks("SubmitIdentity", message, seconds=seconds)
        return page

    async def begin_proof(
        self,
        session_id: str,
        proof: int = 1,
        *,
        browser: int = 1,
        seconds: float = 0,
        name: str = "金丝雀",
        number: str = "11010519491231002X",
        guardian: tuple[str, str] | None = None,
        former: str = "",
    ) -> pb.SessionPage:
        """Let the person send the form of a proof. guardian: as for `submit`. former: the number before."""
        key = browser_key(browser)
        message = pb.BeginProofRequest(
            request_id=secret.request_id(key, session_id=session_id, step=f"begin proof {proof}"),
            session_id=session_id,
            browser_key=key,
            proof=proof,
            real_name=name,
            document=_resident(number),
            guardian=_adult(guardian),
            former_document=_resident(former) if former else None,
        )
        page: pb.SessionPage = await self.page_asks("BeginProof", message, seconds=seconds)
        return page

    async def begin_result(
        self, session_id: str, proof: int = 1, *, browser: int = 1, seconds: float = 0
    ) -> pb.SessionPage:
        """Let the person begin a proof for which nothing is typed."""
        key = browser_key(browser)
        message = pb.BeginProofRequest(
            request_id=secret.request_id(key, session_id=session_id, step=f"begin proof {proof}"),
            session_id=session_id,
            browser_key=key,
            proof=proof,
        )
        page: pb.SessionPage = await self.page_asks("BeginProof", message, seconds=seconds)
        return page

    async def finish_proof(
        self, session_id: str, proof: int = 1, *, browser: int = 1, seconds: float = 0
    ) -> pb.SessionPage:
        """Let the vault ask the provider how a proof ended."""
        key = browser_key(browser)
        message = pb.FinishProofRequest(
            request_id=secret.request_id(key, session_id=session_id, step=f"proof {proof}"),
            session_id=session_id,
            browser_key=key,
            proof=proof,
        )
        page: pb.SessionPage = await self.page_asks("FinishProof", message, seconds=seconds)
        return page

    async def agreed(self, *, browser: int = 1, **changes: Any) -> str:
        """Make a session and bring it to the form; return its id."""
        made = await self.create(**changes)
        await self.redeem(made.url, browser=browser)
        await self.bind(made.session_id, browser=browser)
        await self.agree(made.session_id, browser=browser)
        return made.session_id

    async def page(self, session_id: str, *, browser: int = 1, seconds: float = 0) -> pb.SessionPage:
        """Return what the browser sees."""
        message = pb.GetSessionPageRequest(session_id=session_id, browser_key=browser_key(browser))
        page: pb.SessionPage = await self.page_asks("GetSessionPage", message, seconds=seconds)
        return page

    async def get(self, session_id: str, *, seconds: float = 0, name: str = PARTY) -> HostedSession:
        """Return what the platform sees."""
        return await self.asks(seconds, name=name).get(session_id)

    async def events(self, prefix: str = "session:") -> list[str]:
        """Return the types of log entries that begin with a word, in alphabetical order."""
        return await self.moderation.events(prefix)
