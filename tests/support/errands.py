"""What people do in several steps, each of which they repeat if its answer is lost: as short calls.

Every step has a request id of its own, the same in every process, and looks first at how far things are.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from idvault.claim.acts import representative as representative_acts
from idvault.claim.acts.guardian import GuardianTries
from idvault.core.db.database import Database
from idvault.core.tables.claim import jobs
from idvault.registry.ports import OpenProof
from idvault_client import Verification
from idvault_client.errors import InvalidFields
from idvault_client.sessions import AccountDisavowal
from idvault_verify import document, secret
from idvault_verify.attest.assertion import ProofEnd
from idvault_verify.claim import Identity
from idvault_verify.event import EventType
from idvault_verify.notice import NoticeKind
from idvault_verify.registry import RegistryAnswer
from idvault_verify.session import DisavowalState, Proof, SessionPurpose
from idvault_verify.v1 import session_pb2 as pb
from tests.support.authority_errands import AuthorityErrands
from tests.support.cut_steps import Taken, calm
from tests.support.inquiry_world import TOLD, WAIT, InquiryWorld
from tests.support.moderated_errands import accept_reviews, request_id
from tests.support.session_world import BASE_URL, RETURN_URL, browser_key
from tests.support.traces import traces
from tools.support import builders, sql
from tools.support.flow_world import at, command
from tools.support.notice_world import NoticeWorld, notice
from tools.support.organizations import REPRESENTATIVE, organization

States = pb.VerificationSession.State
DAY = 86_400
_WRONG = "丁大错"
_IDENTITY_BROWSER = 1


def born(year: int, number: int, name: str = builders.NAME) -> Identity:
    """Return a synthetic person by the year of birth and a number."""
    body = f"110000{year}0105{number:03}"
    return builders.identity(number=body + document.resident_check_character(body=body), name=name)


ONE, OTHER = 11, 12
"""Two people's numbers."""
# A time, or the drawn reference of a report.
_VARIES = re.compile(r"\d{4}-\d\d-\d\d[ 0-9:.+]*|\b\d{12}\b")
_COMPARED_BY_TYPE = {"log_entries", "log_openings"}
# How often a check was tried, and the newest notice of a feed.
_OF_TRIES = {"jobs", "notice_feeds"}
# Tables whose first column counts.
_NUMBERED = {"outbox"}
_WAITED = EventType.CLAIM_POSTPONE.value


async def opened(database: Database, *, life: int = 0) -> tuple[InquiryWorld, NoticeWorld]:
    """Return the flows over a database. life: how often it was opened before."""
    world = InquiryWorld(database, life=2 * life)
    world.accepted = frozenset(Proof)
    return world, NoticeWorld(database, life=2 * life + 1)


@dataclass(frozen=True, kw_only=True)
class Way:
    """Who goes to the provider, and how that ends. who: None for a proof without a name."""

    who: Identity | None
    proof: int = 1
    former: Identity | None = None
    end: ProofEnd = ProofEnd.CONFIRMED


@dataclass
class Errands(AuthorityErrands):
    """People, each with a number of their own. take: how each step is taken. moderators: by number."""

    world: InquiryWorld
    notices: NoticeWorld
    moderators: dict[int, str]
    take: Taken
    life: int = 0

    async def seen(self) -> Counter[tuple[str, ...]]:
        """Return every row without its times, for a repeat comes later, and the type of each entry.

        A claim whose process died may wait for the worker: its entry of that is left out. None is open.
        """
        found: Counter[tuple[str, ...]] = Counter()
        for row, number in (await traces(self.world.database)).items():
            if row[0] not in _COMPARED_BY_TYPE | _OF_TRIES:
                told = (row[0], *row[2:]) if row[0] in _NUMBERED else row
                found[tuple(_VARIES.sub("varies", str(value)) for value in told)] += number
        states = await sql.rows(self.world.database, select(jobs.c.state))
        assert {row.state for row in states} <= {"DONE"}
        return found + Counter((each,) for each in await self.world.events("") if each != _WAITED)

    async def session(self, errand: int, place: int, **changes: Any) -> str:
        """Bring a session to the form; return its id."""
        made = await self.take(lambda _: self.world.create(request_id=request_id(errand, place), **changes))
        await self.take(lambda _: self.world.redeem(made.url, browser=errand))
        await self.take(lambda _: self.world.bind(made.session_id, browser=errand))
        await self.take(lambda _: self.world.agree(made.session_id, browser=errand))
        return made.session_id

    async def prove(self, session_id: str, errand: int, way: Way) -> pb.SessionPage:
        """Let somebody go to the provider and come back; of a proof before the newest, return the page."""
        page = await self.take(lambda _: self.world.page(session_id, browser=errand))
        is_over = page.next_attempt > way.proof + 1 or page.open_proof not in (0, way.proof)
        if page.state == States.STATE_SUCCEEDED or is_over:
            return page
        if page.next_attempt == way.proof:
            await self.take(lambda _: self._begin(session_id, errand, way))
        await self._end(session_id, errand, way)
        return await self.take(
            lambda seconds: self.world.finish_proof(session_id, way.proof, browser=errand, seconds=seconds),
            lambda found: found.state != States.STATE_CHECKING,
        )

    async def _begin(self, session_id: str, errand: int, way: Way) -> pb.SessionPage:
        if way.who is None:
            return await self.world.begin_result(session_id, way.proof, browser=errand)
        name, number = way.who.name, way.who.document.number
        former = "" if way.former is None else way.former.document.number
        return await self.world.begin_proof(
            session_id, way.proof, browser=errand, name=name, number=number, former=former
        )

    async def _end(self, session_id: str, errand: int, way: Way) -> None:
        """End a proof as the provider has it, which no process of the vault takes along when it dies."""
        nonce = secret.proof_nonce(browser_key(errand), session_id=session_id, number=way.proof)
        reference = secret.proof_session(nonce, session_id=session_id)
        former = None if way.former is None else way.former.document
        await self.world.prover.begin(OpenProof(nonce, reference, f"{BASE_URL}/proof", way.who, former))
        self.world.prover.end(self.world.prover.page(nonce), way.end, credential=str(errand))

    async def holder(self, errand: int) -> Sequence[object]:
        """A provider denies somebody once, and then confirms the presence."""
        who, session_id = born(1950, errand), await self.session(errand, 0, proof=Proof.HOLDER)
        denied = await self.prove(session_id, errand, Way(who=who, end=ProofEnd.DENIED))
        done = await self.prove(session_id, errand, Way(who=who, proof=2))
        assert done.state == States.STATE_SUCCEEDED
        return _told(denied), _told(done)

    async def result(self, errand: int) -> Sequence[object]:
        """A provider vouches for somebody without a name."""
        session_id = await self.session(errand, 1, proof=Proof.RESULT_ONLY)
        done = await self.prove(session_id, errand, Way(who=None))
        assert done.state == States.STATE_SUCCEEDED
        return (_told(done),)

    async def representative(self, errand: int) -> Sequence[object]:
        """A company waits, a stranger proves himself in vain, and then its representative does."""
        token = await self._awaited(errand)
        session_id = await self.session(
            errand, 2, purpose=SessionPurpose.REPRESENTATIVE, account_token=token, proof=Proof.HOLDER
        )
        refused = await self.prove(session_id, errand, Way(who=born(1949, errand)))
        done = await self.prove(session_id, errand, Way(who=REPRESENTATIVE, proof=2))
        assert done.state == States.STATE_SUCCEEDED
        return _told(refused), _told(done)

    async def expiry(self, errand: int) -> Sequence[object]:
        """A company's representative does not come within 14 days."""
        await self._awaited(errand)
        late = at(15 * DAY)
        await self.take(lambda _: representative_acts.forget(self.world.vault, late))
        return ()

    async def _awaited(self, errand: int) -> str:
        firm = organization(body=f"MA{errand:06}")

        async def claim_it(seconds: float) -> Verification:
            await self._work(seconds)
            return await self.world.claims.claim(errand, firm, seconds=seconds)

        claim = await self.take(claim_it, lambda found: not found.pending)
        assert claim.failure_reason == "REPRESENTATIVE_PENDING"
        return claim.account_token

    async def _work(self, seconds: float) -> None:
        """Let the worker settle what a process left behind."""
        if seconds:
            await self.world.claims.work(seconds=seconds)

    async def guardian(self, errand: int) -> Sequence[object]:
        """A child comes alone, with somebody whom the registry denies, and with an adult."""
        child, adult = born(2016, errand, "丁小童"), born(1986, errand, "丁大成")
        wrong = born(1986, errand, _WRONG)
        session_id = await self.session(errand, 3)
        told = [await self._sent(session_id, errand, child, beside) for beside in (None, wrong, adult)]
        assert told[-1] == States.STATE_SUCCEEDED
        return told

    async def _sent(self, session_id: str, errand: int, child: Identity, beside: Identity | None) -> object:
        return await self.take(
            lambda seconds: self._form(session_id, errand, child, beside, seconds),
            lambda found: found != States.STATE_CHECKING,
        )

    async def _form(
        self, session_id: str, errand: int, child: Identity, beside: Identity | None, seconds: float
    ) -> object:
        """Send a child's form as a new process gets it; return the page's state, or what is wrong."""
        await self._work(seconds)
        self.world.context.tries = GuardianTries()
        script = self.world.claims.registry.script
        script.clear()
        if beside is not None and beside.name == _WRONG:
            script.extend([RegistryAnswer.MATCH, RegistryAnswer.MISMATCH])
        typed = None if beside is None else (beside.name, beside.document.number)
        number = child.document.number
        try:
            page = await self.world.submit(
                session_id, browser=errand, name=child.name, number=number, guardian=typed, seconds=seconds
            )
        except InvalidFields as error:
            return sorted(error.items())
        return page.state

    async def join(self, errand: int) -> Sequence[object]:
        """Somebody has an account under each of two numbers, which a notice pairs and a provider joins."""
        old, new = born(1961, errand), born(1962, errand)
        for place, who in enumerate((old, new)):
            asked = command(errand * 10 + 50_000 + place, who)
            await self.world.claims.verify(asked)
        given = notice(errand, NoticeKind.NUMBER_REPLACED, old.document, new_document=new.document)
        await self.take(lambda _: self.notices.submit(given))
        session_id = await self.session(errand, 4, proof=Proof.HOLDER)
        done = await self.prove(session_id, errand, Way(who=new, former=old))
        assert done.state == States.STATE_SUCCEEDED
        return (_told(done),)

    async def disown(self, errand: int) -> Sequence[object]:
        """Somebody disowns four accounts, of which each ends in a way of its own."""
        who, tokens = born(1970, errand), []
        for place in range(4):
            claim = await self.world.claims.verify(command(errand * 10 + 60_000 + place, who))
            tokens.append(claim.account.account_token)
        await self._listed(errand, who, 0)
        key = await self._listed(errand, who, WAIT)
        for token in tokens:
            await self._disown(key, token)
        await self.take(lambda _: self.world.tell(seconds=WAIT + TOLD))
        await self._reject(errand, tokens[0])
        await self._uphold(errand, tokens[1])
        await self._answer(errand, who, tokens[2])
        await self.take(lambda _: self.world.fall(seconds=WAIT + TOLD + 17 * DAY))
        ended = [(await self._disavowal(token, WAIT + TOLD)) for token in tokens]
        told = [each.state for each in ended if each is not None]
        silent, by = DisavowalState.SILENT, DisavowalState.REJECTED
        assert told == [by, DisavowalState.UPHELD, by, silent]
        return told

    async def _listed(self, errand: int, who: Identity, seconds: float) -> str:
        """Ask for the list, or read it; return the browser's key."""
        first = seconds == 0
        key = secret.make(bytes(13) + bytes([1, errand, int(first)]))
        _, page = await self.take(lambda _: self.world.begun(who, key=key, seconds=seconds))
        self.world.prover.end(page)
        await self.take(lambda _: self.world.finish(key, seconds=seconds))
        return key

    async def _disown(self, key: str, token: str) -> None:
        if await self._disavowal(token, WAIT + TOLD) is None:
            handle = secret.account_handle(key, account_token=token)
            await self.take(lambda _: self.world.disown(key, handle, seconds=WAIT))

    async def _disavowal(self, token: str, seconds: float) -> AccountDisavowal | None:
        page = await self.world.disavowals(seconds).list_page(page_size=1_000)
        found = [each for each in page.disavowals if each.account_token == token]
        return found[0] if found else None

    async def _told_of(self, token: str) -> AccountDisavowal:
        found = await self._disavowal(token, WAIT + TOLD)
        assert found is not None
        return found

    async def _reject(self, errand: int, token: str) -> None:
        found, when = await self._told_of(token), WAIT + TOLD
        asks, key = self.world.disavowals(when), self.key(3, when)
        await self.take(
            lambda _: asks.decide(
                found.disavowal_id,
                DisavowalState.REJECTED,
                "seen",
                key=key,
                request_id=request_id(errand, 20),
            )
        )

    async def _uphold(self, errand: int, token: str) -> None:
        found, when = await self._told_of(token), WAIT + TOLD
        asks, keys = self.world.disavowals(when), [self.key(number, when) for number in (3, 4)]
        proposed = await self.take(
            lambda _: asks.decide(
                found.disavowal_id, DisavowalState.UPHELD, "seen", key=keys[0],
                request_id=request_id(errand, 21),
            )
        )  # fmt: skip
        await self.take(lambda _: asks.confirm(proposed, key=keys[1], request_id=request_id(errand, 22)))

    async def _answer(self, errand: int, who: Identity, token: str) -> None:
        """Let the account's holder prove to be the person, on "my identity"."""
        found, when, browser = await self._told_of(token), WAIT + TOLD, _IDENTITY_BROWSER
        made = await self.take(
            lambda _: self.world.asks(when).create_identity(
                token, return_url=RETURN_URL, request_id=request_id(errand, 23)
            )
        )
        session_id = made.session_id
        await self.take(lambda _: self.world.redeem(made.url, browser=browser, seconds=when))
        await self.take(lambda _: self.world.bind(session_id, browser=browser, seconds=when))
        if found.state is DisavowalState.FILED:
            page = await self.take(lambda _: self.world.answer_begun(session_id, who, seconds=when))
            self.world.prover.end(page)
        await self.take(lambda _: self.world.answered(session_id, seconds=when))


async def prepared(database: Database) -> Errands:
    """Return the flows over a new database, with a platform, a registry's feed and moderators."""
    world, notices = await opened(database)
    await world.prepare()
    await accept_reviews(world)
    keys = await world.keys(1, 2, 3, 4)
    moderators = {number: key.moderator_id for number, key in enumerate(keys, start=1)}
    return Errands(world, notices, moderators, calm)


def _told(page: pb.SessionPage) -> tuple[object, ...]:
    """Return what a page says of a claim, without ids."""
    claim = page.verification
    return page.state, page.attempts_left, claim.failure_reason, list(claim.status.assurances)


ALL = (
    *("holder", "result", "representative", "expiry", "guardian", "join", "disown", "review", "measure"),
    *("order", "operation", "referral"),
)
"""Every errand."""
