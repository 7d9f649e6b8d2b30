"""Any history of claims, with every act repeated as after a lost answer, against both databases."""

from dataclasses import replace
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idvault.claim.job.store import Job
from idvault.claim.store import NewClaim
from idvault.core.tables.claim import persons
from idvault_verify.account import Account, AccountState
from idvault_verify.claim import ClaimState
from idvault_verify.event import EventType
from tools.support.storage_world import MATCHED, MISMATCHED, NO_RECORD, World

_OUTCOMES = {"match": MATCHED, "mismatch": MISMATCHED, "no record": NO_RECORD}
_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["open", "again", "postpone", *_OUTCOMES]),
        st.integers(min_value=0, max_value=2),
    ),
    min_size=1,
    max_size=12,
)
_EXAMPLES = count(1)
_LIMIT = 2


class _History:
    """Claims of three people at this example's relying party."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.number = next(_EXAMPLES)
        self.party = f"platform-{self.number}"
        self.asked: list[NewClaim] = []
        self.jobs: list[Job] = []

    async def step(self, verb: str, which: int) -> None:
        """Run a step twice: the second time changes nothing."""
        if verb in ("open", "again"):
            await self._open(which, again=verb == "again")
        elif self.jobs:
            job = self.jobs[which % len(self.jobs)]
            await (self._postpone(job) if verb == "postpone" else self._settle(job, verb))

    async def _open(self, which: int, *, again: bool) -> None:
        world = self.world
        person = replace(
            world.person(f"{self.number}/{which}"),
            limiter_key=world.random(32),  # the limiter is tested separately
            yesterday_key=world.random(32),
        )
        asked = world.new_claim(request=world.request(relying_party=self.party), person=person)
        if again and self.jobs:
            former = self.jobs[which % len(self.jobs)]
            asked = replace(asked, account_token=former.account_token, new_account=False)
        # Tries of one pair count once, so that no number of steps meets an account's own limit either.
        asked = replace(asked, pair=bytes(32))
        opened = await world.open(asked)
        assert opened.job is not None
        before = await world.contents()
        repeat = await world.open(replace(asked, claim_id=world.new_id(), ais=(world.new_id(),)))
        assert repeat.job is None
        assert repeat.claim == opened.claim
        assert await world.contents() == before
        self.asked.append(asked)
        self.jobs.append(opened.job)

    async def _postpone(self, job: Job) -> None:
        await self.world.postpone(job)
        before = await self.world.contents()
        assert not await self.world.postpone(job)
        assert await self.world.contents() == before

    async def _settle(self, job: Job, verb: str) -> None:
        settlement = self.world.settlement(job, _OUTCOMES[verb], lease_id=None, accounts_per_person=_LIMIT)
        for turn in range(2):
            before = await self.world.contents()
            event = self.world.event(EventType.CLAIM_SETTLE, job.account_token)
            claim = await self.world.claims.settle(settlement, event=event)
            changed = await self.world.contents() != before
            assert changed is (claim is not None)
            assert not (turn and changed)

    async def check(self) -> None:
        """Compare slots and accounts with the claims."""
        held: dict[str, set[str]] = {}
        accounts: dict[str, Account] = {}
        for asked, job in zip(self.asked, self.jobs, strict=True):
            claim = await self.world.claims.find(
                relying_party=self.party, request_id=asked.request.request_id
            )
            accounts[job.account_token] = claim.account
            mine = held.setdefault(asked.person.index.hex(), set())
            if claim.state is ClaimState.SUCCEEDED:
                mine.add(job.account_token)
            assert (claim.state is ClaimState.PENDING) is (claim.account.open_claim_id == job.claim_id)
        for account in accounts.values():
            record = await self.world.stored_record(account.account_token)
            assert (record is not None) is (account.state is AccountState.VERIFIED)
        assert all(len(tokens) <= _LIMIT for tokens in held.values())
        assert await self._slots() == {key: len(tokens) for key, tokens in held.items()}

    async def _slots(self) -> dict[str, int]:
        rows = await self.world.all(persons.select().where(persons.c.relying_party == self.party))
        return {row.person_index.hex(): row.accounts for row in rows}


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=_STEPS)
async def test_every_act_may_be_repeated(world: World, steps: list[tuple[str, int]]) -> None:
    """A repeat of open, postpone or settle changes nothing, and the slots add up afterwards."""
    history = _History(world)
    for verb, which in steps:
        await history.step(verb, which)
    await history.check()
