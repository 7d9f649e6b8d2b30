"""Inquiries and disavowals over a real database: what people, platforms and the worker do, as short calls."""

from typing import Any

from sqlalchemy import select

from idvault.claim.rules import Claim
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import statement
from idvault.core.edge.call import Caller
from idvault.core.tables.session import waiting_disavowals
from idvault.session.disavowal import acts as disavowal_acts
from idvault.session.disavowal import rules
from idvault.session.disavowal.rules import DisavowalTerms
from idvault.session.inquiry import acts as inquiry_acts
from idvault_client.sessions import AccountDisavowal, AioDisavowals
from idvault_verify import document, secret
from idvault_verify.attest.assertion import ProofEnd
from idvault_verify.claim import Identity
from idvault_verify.session import DisavowalState
from idvault_verify.v1 import common_pb2, disavowal_pb2
from idvault_verify.v1 import inquiry_pb2 as pb
from tests.support.session_world import browser_key
from tests.support.withdrawal_world import DAY, HOUR, VICTIM, WithdrawalWorld
from tools.support import builders
from tools.support.fakes.provider import FakeProofProvider
from tools.support.flow_world import at, command
from tools.support.in_process import ask, client
from tools.support.sanction_world import ACTOR, signing


def somebody(number: int) -> Identity:
    """Return a synthetic person with a valid number, the same for the same number."""
    stem = f"110000{1940 + number // 300:04}0101{number % 300:03}"
    return builders.identity(number=stem + document.resident_check_character(body=stem))


STRANGER = somebody(1)
WAIT = 72 * HOUR
TOLD = 10 * DAY
"""When every platform has been told of what was disowned at 0."""
DECIDED = TOLD + 17 * DAY
"""When silence has decided it."""
_TERMS = DisavowalTerms(zone=builders.ZONE)
_TOLD_AT = statement(select(waiting_disavowals.c.account_token, waiting_disavowals.c.tell_at), tuple)


class InquiryWorld(WithdrawalWorld):
    """Inquiries and disavowals beside everything that a withdrawal touches."""

    def __init__(
        self, database: Database, *, offers: bool = True, patience: float = 20.0, life: int = 0
    ) -> None:
        """offers: whether a provider proves presence. patience: seconds that a form waits."""
        provider = FakeProofProvider(at(0).real) if offers else None
        super().__init__(database, provider=provider, patience=patience, life=life)
        self._browsers = 100

    @property
    def prover(self) -> FakeProofProvider:
        """The provider, which there is."""
        assert self.provider is not None
        return self.provider

    async def verify_at(self, party: str, who: Identity = VICTIM, *, seconds: float = 0) -> Claim:
        """Verify somebody by name and number at another platform."""
        self._claims += 1
        return await self.claims.verify(command(self._claims, who, relying_party=party), seconds=seconds)

    async def inquire(self, method: str, message: Any, *, seconds: float = 0) -> Any:
        """Call a method as the operator's page does."""
        if self.provider is not None:
            self.provider.now = at(seconds).real
        caller = Caller("web-1", "web", ACTOR)
        return await ask(self.inquiries, method, message, caller=caller, now=at(seconds))

    async def begun(self, who: Identity = VICTIM, *, key: str = "", seconds: float = 0) -> tuple[str, str]:
        """Let a new browser begin an inquiry; return its key, and the page at the provider."""
        self._browsers += 1
        key = key or secret.make(bytes(14) + self._browsers.to_bytes(2, "big"))
        request = pb.BeginInquiryRequest(
            browser_key=key, real_name=who.name, document=common_pb2.IdentityDocument(
                type=common_pb2.DOCUMENT_TYPE_RESIDENT_ID, number=who.document.number
            ),
        )  # fmt: skip
        begun: pb.BegunInquiry = await self.inquire("BeginInquiry", request, seconds=seconds)
        return key, begun.proof_url

    async def proven(self, who: Identity = VICTIM, *, seconds: float = 0) -> tuple[str, pb.Inquiry]:
        """Let somebody prove to be present; return the browser's key and what it sees."""
        key, page = await self.begun(who, seconds=seconds)
        self.prover.end(page, ProofEnd.CONFIRMED)
        return key, await self.finish(key, seconds=seconds)

    async def finish(self, key: str, *, seconds: float = 0) -> pb.Inquiry:
        """Take the end of a proof."""
        request = pb.FinishInquiryRequest(browser_key=key)
        found: pb.Inquiry = await self.inquire("FinishInquiry", request, seconds=seconds)
        return found

    async def seen(self, key: str, *, seconds: float = 0) -> pb.Inquiry:
        """Read the page again."""
        request = pb.GetInquiryRequest(browser_key=key)
        found: pb.Inquiry = await self.inquire("GetInquiry", request, seconds=seconds)
        return found

    async def disown(self, key: str, handle: str, *, seconds: float) -> pb.Inquiry:
        """Disown an account of the list."""
        request = pb.DisownAccountRequest(browser_key=key, handle=handle)
        found: pb.Inquiry = await self.inquire("DisownAccount", request, seconds=seconds)
        return found

    async def cancel(self, key: str, *, seconds: float = 0) -> pb.Inquiry:
        """Cancel the list and what waits."""
        request = pb.CancelInquiryRequest(browser_key=key)
        found: pb.Inquiry = await self.inquire("CancelInquiry", request, seconds=seconds)
        return found

    async def listed(self, who: Identity = VICTIM, *, seconds: float = 0) -> tuple[str, pb.Inquiry]:
        """Ask for a list 72 hours before, and have it shown."""
        await self.proven(who, seconds=seconds - WAIT)
        return await self.proven(who, seconds=seconds)

    async def disowned(
        self, *claims: Claim, who: Identity = VICTIM, seconds: float = 0
    ) -> list[AccountDisavowal]:
        """Let a person disown accounts, and their platforms be told; return what these have then."""
        key, shown = await self.listed(who, seconds=seconds)
        wanted = {each.account.account_token for each in claims}
        handles = {secret.account_handle(key, account_token=token) for token in wanted}
        assert handles <= {each.handle for each in shown.accounts}
        for handle in handles:
            await self.disown(key, handle, seconds=seconds)
        await self.tell(seconds=seconds + TOLD)
        page = await self.disavowals(seconds + TOLD).list_page(state=DisavowalState.FILED)
        return [each for each in page.disavowals if each.account_token in wanted]

    async def tell(self, *, seconds: float) -> int:
        """Let the worker tell the platforms whose time has come."""
        return await disavowal_acts.tell_all(self.vault, at(seconds), terms=_TERMS, limit=1_000)

    async def fall(self, *, seconds: float) -> int:
        """Let the worker let silence decide."""
        return await disavowal_acts.fall_all(self.vault, at(seconds), terms=_TERMS, limit=1_000)

    async def levels(self, *, seconds: float) -> disavowal_acts.DisavowalLevels:
        """Return what the operator watches."""
        return await disavowal_acts.levels(self.vault, at(seconds))

    async def purge(self, *, seconds: float) -> int:
        """Let the worker delete old inquiries and lists."""
        return await inquiry_acts.purge(self.vault, at(seconds))

    def disavowals(self, seconds: float = 0, *, name: str = "platform-a") -> AioDisavowals:
        """Return the calls of a platform's client about disavowals."""
        return client([self.service], Caller(name, "platform", ACTOR), at(seconds)).disavowals

    async def decided(
        self,
        one: AccountDisavowal,
        verdict: DisavowalState = DisavowalState.UPHELD,
        *,
        seconds: float,
        by: tuple[int, int] = (3, 4),
    ) -> AccountDisavowal:
        """Let two moderators uphold, or the first one reject."""
        first, second = [signing(key, seconds) for key in await self.keys(*by)]
        asks = self.disavowals(seconds)
        found = await asks.decide(one.disavowal_id, verdict, "seen (synthetic)", key=first)
        return found if verdict is DisavowalState.REJECTED else await asks.confirm(found, key=second)

    async def answer_begun(
        self, session_id: str, who: Identity = VICTIM, *, proof: int = 1, seconds: float = 0
    ) -> str:
        """Let the holder of an account begin the proof on "my identity"; return its page."""
        self.prover.now = at(seconds).real
        key = browser_key()
        request = disavowal_pb2.BeginDisavowalAnswerRequest(
            request_id=secret.request_id(key, session_id=session_id, step=f"answer {proof}"),
            session_id=session_id,
            browser_key=key,
            proof=proof,
            real_name=who.name,
            document=common_pb2.IdentityDocument(
                type=common_pb2.DOCUMENT_TYPE_RESIDENT_ID, number=who.document.number
            ),
        )
        begun: disavowal_pb2.DisavowalAnswer = await self.page_asks(
            "BeginDisavowalAnswer", request, seconds=seconds
        )
        return begun.proof_url

    async def answered(
        self, session_id: str, *, proof: int = 1, seconds: float = 0
    ) -> disavowal_pb2.Disavowal:
        """Take the end of that proof."""
        self.prover.now = at(seconds).real
        key = browser_key()
        request = disavowal_pb2.FinishDisavowalAnswerRequest(
            request_id=secret.request_id(key, session_id=session_id, step=f"answered {proof}"),
            session_id=session_id,
            browser_key=key,
            proof=proof,
        )
        found: disavowal_pb2.Disavowal = await self.page_asks(
            "FinishDisavowalAnswer", request, seconds=seconds
        )
        return found

    async def drawn(self) -> dict[str, float]:
        """Return when each waiting disavowal is told, in seconds."""

        async def read(connection: Connection) -> dict[str, float]:
            rows = await connection.all(_TOLD_AT)
            return {row[0]: (row[1] - at(0).business).total_seconds() for row in rows}

        return await self.database.read("test", read)


def longest() -> float:
    """Return how many seconds after a disavowal its platform has been told."""
    return (rules.WAIT + rules.LONGEST_DELAY).total_seconds()
