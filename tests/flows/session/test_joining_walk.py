"""Pairings, contests, reversals, joinings and ends of four numbers in any order: a state machine.

After each step the rows are read as a whole: nothing leads to nobody, nobody's rows are gone, counts are what
accounts say, what a notice did to a person is still said of her, and no claim hangs.
"""

from collections import Counter
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from sqlalchemy import select

from idvault.account.store import notice as account_notice
from idvault.account.store import rows as account_rows
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.tables.account import accounts
from idvault.core.tables.claim import claims, persons
from idvault.core.tables.notice import account_notices, person_marks
from idvault.erasure import store as erasure_store
from idvault.status import acts as status_acts
from idvault_client.errors import Exhausted
from idvault_verify.claim import ClaimState
from idvault_verify.error import ExhaustedError
from idvault_verify.notice import NoticeKind
from idvault_verify.v1 import session_pb2 as pb
from tests.support.joining_world import LATEST, NEW, NEWEST, OLD, OTHER_KEY, Joining, open_joining
from tests.support.steps import DatabaseSteps, take_steps
from tools.support import builders, sql, walks
from tools.support.databases import Maker
from tools.support.fakes.sealing import FakeIndexer
from tools.support.flow_world import PARTY, at
from tools.support.notice_world import DAY, KEY, notice, notice_id

PEOPLE = [OLD, NEW, NEWEST, LATEST]
WHO = st.integers(0, len(PEOPLE) - 1)
PLACE = st.integers(0, 99)
TERM, ABANDONED = 15 * DAY, 31 * DAY
TOLD: Counter[str] = Counter()
"""What happened in all walks."""


def _reached(start: str, ways: set[tuple[str, str]]) -> set[str]:
    """Return where ways lead from a person, and the person."""
    found, last = {start}, {start}
    while last:
        last = {end for begin, end in ways if begin in last} - found
        found |= last
    return found


class Rows:
    """All that is kept of persons, as the database has it."""

    def __init__(self, people: list[Any], marks: list[Any]) -> None:
        self.people, self.marks = people, marks
        self.present = {row.person_id: row for row in people if row.joined_id is None}
        self.pairs = {(row.person_id, row.former_id) for row in marks if row.former_id is not None}

    def known(self, number: int) -> str | None:
        """Return the person of a number, None if nobody is known under it."""
        key = _index(number)
        return next((row.joined_id or row.person_id for row in self.people if row.person_index == key), None)

    def below(self, person: str) -> set[str]:
        return _reached(person, self.pairs)

    def above(self, person: str) -> set[str]:
        return _reached(person, {(former, newer) for newer, former in self.pairs})


class JoiningWalk:
    """A platform's persons, whatever registry and providers say of them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.is_open = False
        self.tokens: list[str] = []
        self.notices: list[tuple[NoticeKind, int]] = []

    async def begin(self) -> None:
        self.world: Joining = await open_joining(self.database)
        self.is_open = True

    async def rows(self) -> Rows:
        people = [row for row in await sql.rows(self.database, select(persons)) if row.relying_party == PARTY]
        return Rows(people, await sql.rows(self.database, select(person_marks)))

    async def claim(self, who: int, token: str | None) -> None:
        """Verify somebody by name and number; more than five mismatches are refused."""
        try:
            claim = await self.world.notices.verify(PEOPLE[who], token)
        except ExhaustedError:
            TOLD["exhausted"] += 1
            return
        TOLD["matched" if claim.failure_reason is None else claim.failure_reason.value] += 1
        self._keep(claim.account.account_token)

    async def prove(self, who: int, former: int | None, token: str | None) -> pb.SessionPage | None:
        """Let somebody prove to be present, perhaps with a former number."""
        before = await self.rows()
        try:
            page = await self.world.prove(PEOPLE[who], None if former is None else PEOPLE[former], token)
        except Exhausted:
            TOLD["exhausted"] += 1
            return None
        self._keep(page.verification.account_token)
        TOLD["joined"] += len((await self.rows()).present) < len(before.present)
        return page

    def _keep(self, token: str) -> None:
        if token and token not in self.tokens:
            self.tokens.append(token)

    def _next(self, kind: NoticeKind, who: int) -> int:
        self.notices.append((kind, who))
        return len(self.notices) - 1

    async def pair(self, old: int, new: int, *, other_key: bool) -> None:
        """Say that a number replaced another one, unless that makes a circle of three or more.

        Of such a circle nobody could say who is reached by an end only through one of its pairings.
        """
        rows = await self.rows()
        former, newer = rows.known(old), rows.known(new)
        if former and newer and former in rows.above(newer) and (former, newer) not in rows.pairs:
            return
        TOLD["turned"] += (former, newer) in rows.pairs
        number = self._next(NoticeKind.NUMBER_REPLACED, old)
        key = OTHER_KEY if other_key else KEY
        await self.world.pair(number, PEOPLE[old], PEOPLE[new], key=key)

    async def deny(self, who: int) -> None:
        page = await self.prove(who, None, None)
        if page is not None:
            await self.world.contest(page.session_id)

    async def reverse(self, which: int) -> None:
        number = self._next(NoticeKind.REVERSED, 0)
        made = notice(number, NoticeKind.REVERSED, reversed_id=notice_id(which))
        await self.world.notices.submit(made)

    async def end(self, who: int) -> None:
        number = self._next(NoticeKind.PERSON_ENDED, who)
        await self.world.notices.submit(notice(number, NoticeKind.PERSON_ENDED, PEOPLE[who].document))

    async def erase(self, token: str) -> None:
        """Unlink an account from its person, as the end of its erasure does."""
        self.tokens.remove(token)

        async def run(connection: Connection) -> None:
            owner = await account_rows.lock(connection, account_token=token)
            assert owner is not None
            await account_notice.forget(connection, account_token=token)
            await erasure_store.release(connection, owner)

        await self.database.act("test", run)

    async def work(self) -> None:
        """What is contested falls, and accounts without an owner are removed."""
        TOLD["fallen"] += await self.world.fall(TERM)
        vault = self.world.notices.vault
        TOLD["removed"] += await status_acts.remove_abandoned(
            vault, at(ABANDONED), zone=builders.ZONE, limit=100
        )
        left = {row.account_token for row in await sql.rows(self.database, select(accounts))}
        self.tokens = [token for token in self.tokens if token in left]

    async def agree(self) -> None:
        """Check all rows."""
        await self.world.people()
        rows = await self.rows()
        claimed = await sql.rows(self.database, select(claims))
        assert ClaimState.PENDING.value not in {row.state for row in claimed}
        for mark in rows.marks:
            named = {mark.former_id, mark.fallen_id} - {None}
            assert mark.person_id in rows.present
            assert named <= set(rows.present) - {mark.person_id}
            # What has no flag is counted without a look at the marks.
            assert rows.present[mark.person_id].marked
            assert mark.former_id is None or rows.present[mark.former_id].marked
        held = {one for one, row in rows.present.items() if row.accounts or row.sanctions or row.withdrawals}
        # Whom a claim named is forgotten with that claim's account.
        held |= {row.person_id for row in claimed}
        newer = {(each, mark.person_id) for mark in rows.marks for each in (mark.former_id, mark.fallen_id)}
        assert set(rows.present) <= set().union(*(_reached(one, newer) for one in held))
        await self._notices_agree(rows)

    async def _notices_agree(self, rows: Rows) -> None:
        """Check that whom a notice marked, or drew a day for, is still reached by it."""
        numbers = {notice_id(number): made for number, made in enumerate(self.notices)}
        reached: dict[str, set[str] | None] = {}
        for said, (_, who) in numbers.items():
            named = rows.known(who)
            reached[said] = None if named is None else rows.below(named)
        for mark in rows.marks:
            if mark.kind == NoticeKind.PERSON_ENDED:
                below = reached[mark.notice_id]
                assert below is None or mark.person_id in below
        marked = {(row.person_id, row.notice_id) for row in rows.marks}
        joined = {row.joined_id for row in rows.people} - {None}
        owners = {row.account_token: row.person_id for row in await sql.rows(self.database, select(accounts))}
        for day in await sql.rows(self.database, select(account_notices)):
            owner = owners[day.account_token]
            assert owner is not None
            # Days of a pairing stay when a proof has made one person of the two.
            assert joined or any((one, day.notice_id) in marked for one in rows.above(owner))


def _index(number: int) -> bytes:
    indexer, today = FakeIndexer(), at(0).today(builders.ZONE)
    return indexer.person(relying_party=PARTY, identity=PEOPLE[number], person_id="", today=today).index


class JoiningSteps(DatabaseSteps):
    """The steps; the databases exist for one run."""

    def __init__(self) -> None:
        super().__init__()
        self.walk = JoiningWalk(self.database)

    async def end(self) -> None:
        if self.walk.is_open:
            await self.walk.world.sessions.claims.verification.drain()

    @initialize(known=st.lists(WHO, min_size=1, max_size=4))
    def begin(self, known: list[int]) -> None:
        """Some of the numbers have accounts."""
        self.run(self.walk.begin())
        for who in known:
            self.run(self.walk.claim(who, None))

    @rule(who=WHO)
    def sign_up(self, who: int) -> None:
        """Somebody gets an account, or is refused."""
        self.run(self.walk.claim(who, None))

    @precondition(lambda self: self.walk.tokens)
    @rule(who=WHO, place=PLACE)
    def renew(self, who: int, place: int) -> None:
        """Somebody verifies an account again."""
        self.run(self.walk.claim(who, self.walk.tokens[place % len(self.walk.tokens)]))

    @rule(both=st.permutations(range(len(PEOPLE))), other_key=st.booleans())
    def pair(self, both: list[int], other_key: bool) -> None:
        """The registry says that a number replaced another one."""
        self.run(self.walk.pair(both[0], both[1], other_key=other_key))

    @rule(
        both=st.permutations(range(len(PEOPLE))),
        ends=st.booleans(),
        then=st.sampled_from(["proved", "denied", "fallen", "reversed"]),
    )
    def replace(self, both: list[int], ends: bool, then: str) -> None:
        """The usual way: a pairing, perhaps an end of the new number's person, and what becomes of it."""
        old, new, *_ = both
        number = len(self.walk.notices)
        self.run(self.walk.claim(old, None))
        self.run(self.walk.pair(old, new, other_key=False))
        if ends:
            self.run(self.walk.end(new))
        if then == "proved":
            self.run(self.walk.prove(new, old, None))
        elif then == "reversed":
            if self.walk.notices[number:]:
                self.run(self.walk.reverse(number))
        else:
            self.run(self.walk.deny(new))
            if then == "fallen":
                self.run(self.walk.work())

    @rule(who=WHO)
    def deny(self, who: int) -> None:
        """Whoever proves a number denies that it replaced another one."""
        self.run(self.walk.deny(who))

    @rule(both=st.permutations(range(len(PEOPLE))), place=PLACE, renews=st.booleans())
    def join(self, both: list[int], place: int, renews: bool) -> None:
        """Somebody proves a number and names another one."""
        tokens = self.walk.tokens
        token = tokens[place % len(tokens)] if renews and tokens else None
        self.run(self.walk.prove(both[0], both[1], token))

    @precondition(lambda self: any(kind is not NoticeKind.REVERSED for kind, _ in self.walk.notices))
    @rule(place=PLACE)
    def reverse(self, place: int) -> None:
        """The registry takes a notice back."""
        made = [n for n, (kind, _) in enumerate(self.walk.notices) if kind is not NoticeKind.REVERSED]
        self.run(self.walk.reverse(made[place % len(made)]))

    @rule(who=WHO)
    def end_person(self, who: int) -> None:
        """The registry says that somebody is no more."""
        self.run(self.walk.end(who))

    @precondition(lambda self: self.walk.tokens)
    @rule(place=PLACE)
    def erase(self, place: int) -> None:
        """An account is erased."""
        self.run(self.walk.erase(self.walk.tokens[place % len(self.walk.tokens)]))

    @rule()
    def erase_all(self) -> None:
        """Every account is erased."""
        for token in list(self.walk.tokens):
            self.run(self.walk.erase(token))

    @rule()
    def the_worker_works(self) -> None:
        """What has come due is done."""
        self.run(self.walk.work())

    @invariant()
    def all_rows_agree(self) -> None:
        """Nothing leads to nobody, and nothing is kept of nobody."""
        if self.walk.is_open:
            self.run(self.walk.agree())


def test_any_steps_leave_what_they_should(maker: Maker) -> None:
    """On both databases; in full each kind of step occurs."""
    take_steps(JoiningSteps, maker)
    wanted = {"matched", "DIFFERENT_OWNER", "MISMATCH", "joined", "fallen", "removed"}
    assert walks.TENTHS < walks.FULL or wanted <= set(+TOLD), TOLD
