"""Attacks on withdrawals: a thief comes back, a closed person contests, a platform links tokens."""

import json
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio

from idvault.claim.rules import Claim
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import scalar, statement
from idvault.core.tables.log import log_entries
from idvault.status.acts import Feeds
from idvault_verify.account import AccountState, Standing
from idvault_verify.attest.status_check import CheckError
from idvault_verify.claim import ClaimState, FailureReason
from idvault_verify.error import Reason
from idvault_verify.sanction import Degree, SanctionState, Scope
from idvault_verify.session import ContestState, ReinstatementState
from idvault_verify.transparency import entry
from tests.flows.test_status_checks import Checks
from tests.support.refusal import reason_of
from tests.support.withdrawal_world import DAY, HOUR, WithdrawalWorld
from tools.support import builders
from tools.support.databases import SqliteMaker
from tools.support.flow_world import PARTY, at
from tools.support.sanction_world import signing

PEOPLE = 12
AUDIENCES = [f"https://taxi-{number}.example" for number in range(4)]
_LEAVES = statement(log_entries.select().with_only_columns(log_entries.c.leaf), scalar)


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[WithdrawalWorld]:
    """Return the flows with a new database of each kind."""
    made = WithdrawalWorld(main_database)
    await made.prepare()
    yield made
    await made.claims.verification.drain()


async def test_a_thief_pays_for_his_deeds_and_the_victim_does_not(world: WithdrawalWorld) -> None:
    """Five accounts in her name, two closed: she has five places and no sanction, his tokens keep theirs.

    And he does not begin again: name and number alone do not suffice any more.
    """
    stolen = [await world.verify() for _ in range(5)]
    assert (await world.verify_present()).failure_reason is FailureReason.ACCOUNT_LIMIT_REACHED
    tokens = [each.account.account_token for each in stolen]
    keys = await world.keys(1, 2)
    moderation = world.moderation
    deeds = [await moderation.of_person(token, Degree.CLOSE, (keys[0], keys[1])) for token in tokens[:2]]
    assert (await world.verify_present()).failure_reason is FailureReason.PERSON_CLOSED
    for each in stolen:
        await world.withdraw(each)
    assert await world.counts() == [(0, 2, 5)]
    assert (await world.verify_present()).failure_reason is FailureReason.PERSON_CLOSED
    for deed in deeds:
        await world.narrow(deed)
    for token in tokens[:2]:
        status = await world.status(token)
        assert (status.state, status.standing) == (AccountState.REVOKED, Standing.CLOSED)
    for _ in range(3):
        assert (await world.verify()).failure_reason is FailureReason.HOLDER_REQUIRED
    for token in tokens[2:]:
        assert (await world.verify(token=token)).failure_reason is FailureReason.HOLDER_REQUIRED
    own = [await world.verify_present() for _ in range(5)]
    assert {(each.state, each.account.standing) for each in own} == {(ClaimState.SUCCEEDED, Standing.GOOD)}
    assert await world.counts() == [(5, 0, 5)]
    assert [(await moderation.get(each)).state for each in deeds] == [SanctionState.IN_FORCE] * 2
    # He renews nothing of hers, and her accounts renew as ever.
    assert (await world.verify(token=own[0].account.account_token)).state is ClaimState.SUCCEEDED


async def test_a_closed_person_who_contests_escapes_nothing(world: WithdrawalWorld) -> None:
    """A person closed for the own deeds says "that was not me": nothing opens, until two others narrow it."""
    claim, other = await world.verify(), await world.verify()
    token, second = claim.account.account_token, other.account.account_token
    keys = await world.keys(1, 2)
    sanction = await world.moderation.of_person(token, Degree.CLOSE, (keys[0], keys[1]))
    await world.withdraw(claim)
    await world.withdraw(other)
    assert await world.counts() == [(0, 1, 2)]
    for asked in (None, token, second):
        refused = world.verify_present(token=asked)
        if asked == token:
            assert await reason_of(refused) is Reason.ACCOUNT_CLOSED
            continue
        assert (await refused).failure_reason is FailureReason.PERSON_CLOSED
    # Those who imposed it have no say, and nobody narrows it alone.
    asks = world.moderation.platform().narrowings
    for key in (*keys, (await world.keys(5))[0]):
        if key in keys:
            work = asks.propose(sanction.sanction_id, key=signing(key, 0))
            assert await reason_of(work) is Reason.SELF_APPROVAL
            continue
        proposed = await asks.propose(sanction.sanction_id, key=signing(key, 0))
        assert await reason_of(asks.confirm(proposed, key=signing(key, 0))) is Reason.SELF_APPROVAL
    assert (await world.moderation.get(sanction)).scope is Scope.PERSON
    assert (await world.verify_present()).failure_reason is FailureReason.PERSON_CLOSED
    assert await world.note_overdue(seconds=17 * DAY) == 1


def straight() -> list[int]:
    """Return whose each second token is."""
    return list(range(PEOPLE))


def crossed() -> list[int]:
    """Return the same with other owners: of withdrawn verifications as of others."""
    return [(each + 5) % PEOPLE for each in range(PEOPLE)]


@dataclass
class LinkingPlatform:
    """A platform that contests half of its tokens to learn which others are the same people's."""

    world: WithdrawalWorld
    owners: Sequence[int]
    seen: list[str] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    _place: int = 0

    def __post_init__(self) -> None:
        self._feed = Feeds(vault=self.world.vault)

    async def verify(self, person: int, token: str | None = None, *, seconds: int = 0) -> str:
        """Verify a person and note the answer; whose document was shown is not the platform's to see."""
        who = builders.identity(number=f"1100001901{person:02}01000X")
        claim = await self.world.verify(who, token, seconds=seconds)
        self.seen.append(f"{claim.state} {claim.failure_reason} {claim.account.account_token}")
        if len(self.tokens) < PEOPLE:
            self.claims.append(claim)
        await self.look(seconds)
        return claim.account.account_token

    async def attack(self) -> None:
        """Sign everybody up twice, withdraw every other first token, reinstate some, renew the others."""
        for person in (*range(PEOPLE), *self.owners):
            self.tokens.append(await self.verify(person))
        for place in range(0, PEOPLE, 2):
            await self.world.withdraw(self.claims[place], seconds=HOUR + place)
            await self.look(HOUR + place)
        for place in range(0, PEOPLE, 4):
            when = HOUR + 100 + place
            done = await self.world.reinstate(self.tokens[place], seconds=when)
            self.seen.append(f"{done.state} {done.reinstated}")
            await self.look(when)
        for place, person in enumerate(self.owners):
            await self.verify(person, self.tokens[PEOPLE + place], seconds=2 * HOUR + place)
        assert await self.world.forget(seconds=181 * DAY) == PEOPLE // 2
        for token in self.tokens:
            self.seen.append(str(await self.world.status(token, seconds=181 * DAY)))
        self.seen += sorted(await self._log())

    async def look(self, seconds: int) -> None:
        """Note what the feed tells since the last time."""
        await self._feed.heads([PARTY], now=at(0))
        chunk = await self._feed.read(relying_party=PARTY, after=self._place)
        texts, now = self.world.claims.status, at(seconds)
        for shown, tokens in chunk.accounts.items():
            for token in tokens.split(","):
                self.seen.append(str(texts.unpack(token + shown, today=texts.today(now=now), now=now)))
        self._place = chunk.place

    async def _log(self) -> list[str]:
        async def read(connection: Connection) -> list[bytes]:
            return await connection.all(_LEAVES)

        leaves = [entry.decode_leaf(leaf) for leaf in await self.world.database.read("test", read)]
        return [f"{leaf.type} {leaf.occurred_at} {leaf.actor_id}" for leaf in leaves]


async def watched(maker: SqliteMaker, folder: Path, owners: list[int]) -> list[str]:
    """Return everything that the platform sees."""
    database = Database(url=maker.fresh(folder).main_url)
    platform = LinkingPlatform(WithdrawalWorld(database), owners)
    await platform.world.prepare()
    await platform.attack()
    await platform.world.claims.verification.drain()
    await database.close()
    return platform.seen


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Return the folders of two vaults."""
    made = tmp_path / "one", tmp_path / "other"
    for each in made:
        each.mkdir()
    return made


async def test_revocations_link_no_tokens(sqlite_maker: SqliteMaker, folders: tuple[Path, Path]) -> None:
    """Whose the other tokens are changes nothing that a platform sees that withdraws half of the first.

    Nor when it gives every other one of them its verification back.
    """
    first = await watched(sqlite_maker, folders[0], straight())
    second = await watched(sqlite_maker, folders[1], crossed())
    assert first == second
    assert sum("REVOKED" in line for line in first) >= PEOPLE // 2
    assert sum(line == "UPHELD True" for line in first) == PEOPLE // 4
    assert not any("contest:case:uphold" in line for line in first)


def said(token: str) -> str:
    """Return the state that a status token states."""
    payload = token.split(".")[1]
    claims: dict[str, str] = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims["state"]


class Attested:
    """Four accounts, each with a credential for four audiences, and what a third party learns of them."""

    def __init__(self, world: WithdrawalWorld, folder: Path) -> None:
        self.world, self.checks = world, Checks(world.claims, folder)
        self.claims: list[Claim] = []
        self.issued: dict[tuple[int, str], str] = {}

    async def begin(self) -> None:
        """Sign up, and issue the credentials."""
        await self.checks.start(now=at(0).real)
        for place in range(4):
            who = builders.identity(number=f"11000019010{place + 1}01000X")
            self.claims.append(await self.world.verify(who))
            for number, audience in enumerate(AUDIENCES):
                self.issued[place, audience] = await self.credential(place, 800 + 10 * place + number)

    async def credential(self, place: int, number: int, *, seconds: float = 0) -> str:
        """Issue one with the request of a number."""
        audience = AUDIENCES[number % 10]
        made = await self.checks.credential(self.token(place), number, audience=audience, now=at(seconds))
        return made.token

    def token(self, place: int) -> str:
        """Return an account."""
        return self.claims[place].account.account_token

    async def valid(self, seconds: float) -> set[tuple[int, str]]:
        """Publish the lists, and return which credentials they say are VALID."""
        await self.checks.publish(at(seconds))
        found, reasons = set(), set()
        for key, token in self.issued.items():
            try:
                self.checks.check(token, audience=key[1], seconds=seconds)
            except CheckError as error:
                reasons.add(error.reason)
            else:
                found.add(key)
        assert reasons <= {"STATUS_INVALID"}
        return found


async def test_lists_of_a_revoked_account_turn_at_times_of_their_own(
    world: WithdrawalWorld, tmp_path: Path
) -> None:
    """Within an hour, each entry by itself, and for good, whoever verifies the account again."""
    attested = Attested(world, tmp_path / "public")
    await attested.begin()
    assert len(await attested.valid(0)) == 16
    for claim in attested.claims:
        await world.withdraw(claim, seconds=60)
    assert len(await attested.valid(61)) >= 15
    halfway = await attested.valid(30 * 60)
    assert 0 < len(halfway) < 16
    assert any(0 < sum(place == each for each, _ in halfway) < 4 for place in range(4))
    assert await attested.valid(60 + HOUR + 1) == set()
    who = builders.identity(number="11000019010101000X")
    back = await world.verify_present(who, attested.token(0), seconds=2 * HOUR)
    assert back.account.state is AccountState.VERIFIED
    assert await attested.valid(30 * HOUR) == set()
    assert await attested.credential(0, 890, seconds=30 * HOUR) != attested.issued[0, AUDIENCES[0]]


async def test_others_read_unverified(world: WithdrawalWorld, tmp_path: Path) -> None:
    """A status token says REVOKED to the account's own platform alone."""
    attested = Attested(world, tmp_path / "public")
    await attested.begin()
    await world.withdraw(attested.claims[0], seconds=60)
    told = [
        await attested.checks.token(attested.token(0), audience=audience, now=at(61))
        for audience in (PARTY, AUDIENCES[0])
    ]
    assert [said(each.token) for each in told] == ["REVOKED", "UNVERIFIED"]


async def test_moderators_alone_undo_nothing(world: WithdrawalWorld) -> None:
    """Without the holder's appeal there is nothing to decide, and those who withdrew cannot decide it."""
    claim = await world.verify()
    token = await world.withdraw(claim)
    keys = await world.keys(3, 4, 5, 6)
    assert not (await world.asks().list_reinstatements()).reinstatements
    contests = await world.asks().list_contests(account_token=token)
    contest_id = contests.contests[0].contest_id
    for key in keys:
        asks = world.asks()
        decide = asks.decide_reinstatement(contest_id, ReinstatementState.UPHELD, "no", key=signing(key, 0))
        assert await reason_of(decide) is Reason.REINSTATEMENT_NOT_FOUND
        undo = asks.decide_contest(contest_id, ContestState.REJECTED, "no", key=signing(key, 0))
        assert await reason_of(undo) is Reason.ILLEGAL_TRANSITION
    assert (await world.status(token)).state is AccountState.REVOKED


async def test_a_thief_who_appeals_is_not_safe_for_good(world: WithdrawalWorld) -> None:
    """Upheld by two who were deceived: the same verification is contested again, and they have no say."""
    claim = await world.verify()
    token = await world.withdraw(claim)
    assert (await world.reinstate(token, seconds=HOUR)).reinstated
    # The demand of a proof of presence has stayed: he takes no other place of hers.
    assert (await world.verify()).failure_reason is FailureReason.HOLDER_REQUIRED
    again = await world.contested(claim, seconds=2 * HOUR)
    deceived = await world.keys(5, 6)
    for key in deceived:
        for verdict in (ContestState.UPHELD, ContestState.REJECTED):
            asks = world.asks(2 * HOUR)
            work = asks.decide_contest(again.contest_id, verdict, "no", key=signing(key, 2 * HOUR))
            assert await reason_of(work) is Reason.SELF_APPROVAL
    await world.upheld(again, seconds=3 * HOUR)
    assert (await world.status(token)).state is AccountState.REVOKED
    assert await world.counts() == [(0, 0, 2)]
    assert await reason_of(world.contested(claim, seconds=4 * HOUR)) is Reason.CONTEST_EXISTS
    # The second withdrawal has an appeal of its own; neither of its pair decides it.
    appeal = await world.appealed(token, seconds=4 * HOUR)
    assert await reason_of(world.reinstated(appeal, seconds=4 * HOUR, by=(3, 5))) is Reason.SELF_APPROVAL


async def test_credentials_stay_invalid_after_a_reinstatement(world: WithdrawalWorld, tmp_path: Path) -> None:
    """Within the drawn hour and after it: a reinstatement turns no entry, and new ones are issued."""
    attested = Attested(world, tmp_path / "public")
    await attested.begin()
    assert len(await attested.valid(0)) == 16
    for claim in attested.claims:
        await world.withdraw(claim, seconds=60)
    await attested.valid(61)
    before = await attested.valid(20 * 60)
    assert 0 < len(before) < 16
    for place in (0, 1):
        assert (await world.reinstate(attested.token(place), seconds=20 * 60 + 1)).reinstated
    soon = await attested.valid(20 * 60 + 2)
    assert soon == before
    later = await attested.valid(40 * 60)
    assert later < before
    assert any(place in (0, 1) for place, _ in before - later)
    assert await attested.valid(60 + HOUR + 1) == set()
    assert await attested.valid(30 * HOUR) == set()
    fresh = await attested.credential(0, 890, seconds=30 * HOUR)
    assert fresh != attested.issued[0, AUDIENCES[0]]
    attested.issued[0, AUDIENCES[0]] = fresh
    assert await attested.valid(31 * HOUR) == {(0, AUDIENCES[0])}
