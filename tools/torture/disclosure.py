"""Promises 15 and 16: every order in which three custodians act, one of them badly, and every ending.

Two of three custodians are needed. The odd one gives garbage, approves and gives nothing, denies, does
nothing, acts honestly, or meets a service that hides the approval. The request ends in an opening, a
cancellation, an opening behind the log and then a cancellation, or an opening after the platform has verified
the account again.

- Two honest custodians are enough for the auditor's unmodified client, and garbage is named: else it is lost.
- Each share that left has its release in the log; the second release is a disclosure in the log and in the
  owner's history, whatever the ending; a share whose approval is not public never leaves: else it is lost.
"""

import asyncio
import os
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any

from sqlalchemy import select

from idvault.core.tables.disclosure import disclosure_decisions
from idvault_client.errors import Unavailable, VaultError
from idvault_people.disclosure.custodian import Custodian
from idvault_people.disclosure.pending import NotPendingError, PendingRequest
from idvault_people.trust import FindingError
from idvault_verify.event import EventType
from tools.support import builders
from tools.support.chamber import CUSTODIANS, Chamber, Local, Tamper
from tools.support.release_world import history, lose, opened_behind_the_log
from tools.torture import rooms
from tools.torture.campaign import Options
from tools.torture.rooms import Rooms
from tools.torture.tally import Tally

ORDERS = tuple(permutations(CUSTODIANS))
ODD = ("honest", "garbage", "nothing", "denies", "absent", "hidden")
ENDINGS = ("opened", "cancelled", "silent", "verified again")
ALL = len(ORDERS) * len(CUSTODIANS) * len(ODD) * len(ENDINGS)
# Has no common divisor with the number of all, so that a short run has some of everything.
_STRIDE = 25
_PUBLIC = (EventType.DISCLOSURE_RELEASE, EventType.DISCLOSURE_DISCLOSE)
_GIVES_NO_SHARE = frozenset({"nothing", "denies", "absent", "hidden"})
_RELEASED = select(disclosure_decisions.c.custodian).where(disclosure_decisions.c.released_at.is_not(None))


class Garbler(Custodian):
    """A custodian who approves, and gives random bytes in place of the share."""

    def _open_share(self, *what: Any) -> bytes:
        return super()._open_share(*what)[:1] + os.urandom(32)


@dataclass
class Round:
    """One round. wrong: what contradicts the promises."""

    room: Chamber
    order: tuple[str, ...]
    odd: str
    behaviour: str
    ending: str
    wrong: list[str] = field(default_factory=list)

    async def play(self) -> None:
        """Request, let each custodian act in turn, end, and compare with log and history."""
        self.account = await self.room.account()
        self.disclosure_id = await self.room.request(self.account)
        former = self.room.records[self.account].record_id
        for number, name in enumerate(self.order):
            if number == 1 and self.ending == "verified again":
                await self.room.verify_again(self.account)
            await self._act(name, self.behaviour if name == self.odd else "honest")
        released = {row.custodian for row in await self.room.world.all(_RELEASED)}
        self._check_released(released)
        if self.ending in ("opened", "verified again"):
            await self._open(former)
        else:
            await self._end_silently(released)
        await self._check_public(len(released))

    async def _act(self, name: str, behaviour: str) -> None:
        edge = Local(self.room, name)
        custodian: Custodian = self.room.custodian(name, edge=edge)
        if behaviour == "absent":
            return
        if behaviour == "garbage":
            custodian = Garbler(**{each: getattr(custodian, each) for each in custodian.__dataclass_fields__})
        edge.tamper = _tamper(edge, behaviour)
        try:
            pending = await asyncio.to_thread(custodian.find, self.disclosure_id)
        except NotPendingError:
            self.wrong.append("the request waits for a custodian no longer")
            return
        async with self.room.sequencing():
            await asyncio.to_thread(self._decide, custodian, pending, behaviour)

    def _decide(self, custodian: Custodian, pending: PendingRequest, behaviour: str) -> None:
        if behaviour == "denies":
            custodian.deny(pending, reason="示例理由 (synthetic)")
            return
        try:
            custodian.approve(pending, code=self.room.codes.code())
        except (FindingError, Unavailable) as error:
            if behaviour not in ("nothing", "hidden"):
                self.wrong.append(f"an honest custodian was refused: {error}")

    def _check_released(self, released: set[str]) -> None:
        expected = set(self.order) - ({self.odd} if self.behaviour in _GIVES_NO_SHARE else set())
        if released != expected:
            self.wrong.append(f"{len(released)} shares were released instead of {len(expected)}")

    async def _open(self, record_id: str) -> None:
        try:
            opened = await self.room.open(self.disclosure_id)
        except (FindingError, VaultError) as error:
            self.wrong.append(f"two honest custodians were not enough: {error}")
            return
        named = (self.odd,) if self.behaviour == "garbage" else ()
        found = (opened.payload.identity, opened.answer.record.record_id, opened.wrong_shares)
        if found != (builders.identity(), record_id, named):
            self.wrong.append("another record was opened, or the wrong share was not named")

    async def _end_silently(self, released: set[str]) -> None:
        if self.ending == "silent":
            good = released - ({self.odd} if self.behaviour == "garbage" else set())
            name = await opened_behind_the_log(self.room, self.disclosure_id, self.account, only=good)
            if name != builders.NAME:
                self.wrong.append("the shares do not open the record")
        await asyncio.to_thread(self.room.auditor().cancel, self.disclosure_id)

    async def _check_public(self, released: int) -> None:
        counts = [len(await self.room.logged(kind)) for kind in _PUBLIC]
        if counts != [released, int(released > 1)]:
            self.wrong.append(f"releases and disclosures in the log: {counts} instead of {released}")
        told = await history(self.room, self.account)
        if [each.disclosure_id for each in told.disclosures] != [self.disclosure_id] * (released > 1):
            self.wrong.append("the owner's history does not tell the disclosure")


def _tamper(edge: Local, behaviour: str) -> Tamper:
    """Return how a member's calls go wrong."""
    if behaviour == "nothing":
        return lose(edge, "ReleaseShare", before=True)

    def tamper(method: str, answer: Any) -> Any:
        if behaviour == "hidden" and method.endswith("/ApproveDisclosure"):
            answer.entry.ClearField("proof")
        return answer

    return tamper


def run(options: Options) -> Tally:
    """Play this many of all combinations, in an order that mixes them."""
    tally = Tally()

    async def play(vaults: Rooms, number: int) -> None:
        at = number * _STRIDE % ALL
        at, order = divmod(at, len(ORDERS))
        at, odd = divmod(at, len(CUSTODIANS))
        ending, behaviour = divmod(at, len(ODD))
        async with vaults.fresh() as room:
            await judge(Round(room, ORDERS[order], CUSTODIANS[odd], ODD[behaviour], ENDINGS[ending]), tally)

    return rooms.run(options, tally, play)


async def judge(one: Round, tally: Tally) -> None:
    """Play one round and count it."""
    await one.play()
    tally.faults += 1
    for what in (one.behaviour, one.ending):
        tally.figures[what] = tally.figures.get(what, 0) + 1
    for why in one.wrong:
        tally.lose(f"{one.order} {one.odd} {one.behaviour} {one.ending}: {why}")
