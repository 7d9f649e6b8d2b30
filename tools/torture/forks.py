"""Promise 15: a second vault on copied databases and server keys, against unmodified people's clients.

The roster demands K = 4 of 5 witnesses. In each round some members look at the honest log, both databases are
copied, the honest log grows or not, and the copy takes a request of an auditor. One honest witness (N - K) is
kept away from the honest log, so that it cosigns the copy; up to 2 dishonest ones (fewer than 2K - N = 3)
cosign both. The copy may also show true checkpoints of the public log, or old ones, in place of its own. Two
custodians then try to approve with their clients, and the auditor to open.

- An opening, or a share that leaves, is lost: the public log does not show it.
- So is a fork that a client does not call LOG_FORKED, although it has kept a checkpoint that contradicts the
  log that it is shown.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from sqlalchemy import select

from idvault.core.tables.disclosure import disclosure_decisions
from idvault.log.acts import stored_log
from idvault.log.ports import Witness
from idvault_client.errors import VaultError
from idvault_people.disclosure.auditor import Auditor
from idvault_people.disclosure.one_time_key import OneTimeKeyError
from idvault_people.disclosure.pending import NotPendingError
from idvault_people.trust import FindingError
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.witness import WitnessPolicy
from idvault_verify.disclosure import HistoryFinding as Finding
from idvault_verify.transparency import checkpoint
from idvault_verify.transparency.checkpoint import CosignaturePolicy
from idvault_verify.transparency.note import NoteSigner, VerifierKey
from tools.support import merkle, people
from tools.support.chamber import CUSTODIANS, SUITE, Chamber, Local, first_roster
from tools.support.fakes.log import FakeWitness
from tools.support.log_world import KEY, ORIGIN, PLAIN, Worker
from tools.support.second_vault import copied
from tools.torture import rooms
from tools.torture.campaign import Options
from tools.torture.rooms import Rooms
from tools.torture.tally import Tally

N, K = 5, 4
MOST_DISHONEST = 2 * K - N - 1
WITNESSES = [merkle.witness(f"witness-{number}.example/w", seed=60 + number) for number in range(N)]
POLICY = CosignaturePolicy(ORIGIN, (KEY,), tuple(each.key for each in WITNESSES), K)
UNWATCHED = replace(POLICY, quorum=0)
_A, _B, _ = CUSTODIANS
_MEMBERS = ("auditor-a", _A, _B)
# Four and three have no common divisor, so every mixture of witnesses and shown checkpoints occurs.
_SHOWN = ("own", "own", "true", "old")
_RELEASED = select(disclosure_decisions.c.custodian).where(disclosure_decisions.c.released_at.is_not(None))


def roster() -> Roster:
    """Return a roster that demands four of five witnesses."""
    named = tuple((each.key.name, each.key.public_key) for each in WITNESSES)
    made = replace(first_roster(), witness=WitnessPolicy(K, named), signatures=())
    return people.signed(made, *CUSTODIANS)


@dataclass
class Fork:
    """One round. shown: what the copy shows as its checkpoint: its own, the newest true one, or an old one.

    looking: how likely a member sees the honest log before the attack. told: what the clients said. silent:
    who did not call a second history by its name. released: how many shares the copy got.
    """

    room: Chamber
    dice: random.Random
    dishonest: int
    shown: str = "own"
    looking: float = 0.5
    told: Counter[Finding] = field(default_factory=Counter)
    silent: list[str] = field(default_factory=list)
    released: int = 0
    opened: bool = False

    async def play(self) -> None:
        """Let the honest vault live, copy it, and attack."""
        room = self.room
        room.log = Worker(
            room.main, room.shred, room.folder / "public", POLICY, witnesses=self._cosigning(WITNESSES)
        )
        account = await self._grow(room, self.dice.randint(1, 3))
        old = await _newest(room)
        await self._look()
        bribed = self.dice.sample(WITNESSES[N - K :], self.dishonest)
        both = self._cosigning([*WITNESSES[: N - K], *bribed])
        self.copy = await copied(room, policy=UNWATCHED, witnesses=both)
        try:
            if self.dice.random() < 0.6:
                await self._grow(room, self.dice.randint(1, 3))
                await self._look()
            self._notes = {"old": old, "true": await _newest(room)}
            await self._attack(account)
        finally:
            await self.copy.close()

    def _cosigning(self, chosen: list[NoteSigner]) -> dict[VerifierKey, Witness]:
        """Return witnesses that have seen nothing yet."""

        def time() -> float:
            return self.room.now().real.timestamp()

        return {each.key: FakeWitness(each, time=time) for each in chosen}

    async def _grow(self, vault: Chamber, count: int) -> str:
        account = ""
        for _ in range(count):
            account = await vault.account()
        await vault.step()
        return account

    async def _look(self) -> None:
        """Let some members see the honest log, which they keep."""
        for name in _MEMBERS:
            if self.dice.random() < self.looking:
                client = self.room.custodian(name) if name in CUSTODIANS else self.room.auditor(name)
                note = await _newest(self.room)
                await asyncio.to_thread(client.checkpoint, note)

    async def _attack(self, account: str) -> None:
        auditor = self.room.auditor(edge=self._edge("auditor-a"))
        asked: dict[str, Any] = {"account_token": account, "case_reference": "c", "legal_basis": "l"}
        request = partial(auditor.request, purpose="p", suite=SUITE, **asked)
        disclosure_id = (await asyncio.to_thread(request)).disclosure_id
        await self.copy.step()
        await self._grow(self.copy, self.dice.randint(0, 3))
        for name in (_A, _B):
            is_forked = self._contradicted(name)
            said = await self._said(self._approve(name, disclosure_id))
            if is_forked and said is not Finding.LOG_FORKED:
                self.silent.append(f"{name} kept a contradicting checkpoint, and said {said}")
        self.released = len(await self.copy.world.all(_RELEASED))
        self.opened = await self._said(self._open(auditor, disclosure_id)) is None

    async def _said(self, act: Awaitable[None]) -> object:
        """Return why a client did not go through with an act, None if it did."""
        try:
            await act
        except FindingError as error:
            self.told[error.finding] += 1
            return error.finding
        except (VaultError, NotPendingError, OneTimeKeyError) as error:
            return type(error).__name__
        return None

    async def _approve(self, name: str, disclosure_id: str) -> None:
        custodian = self.room.custodian(name, edge=self._edge(name))
        pending = await asyncio.to_thread(custodian.find, disclosure_id)
        async with self.copy.sequencing():
            await asyncio.to_thread(custodian.approve, pending, code=self.copy.codes.code())

    async def _open(self, auditor: Auditor, disclosure_id: str) -> None:
        async with self.copy.sequencing():
            await asyncio.to_thread(auditor.open, disclosure_id, code=self.copy.codes.code())

    def _contradicted(self, name: str) -> bool:
        """Tell whether a client keeps a checkpoint of behind the point at which the two logs part."""
        path = self.room.folder / f"{name}.checkpoint"
        kept = _size(path.read_bytes()) if path.exists() else 0
        return self.shown == "own" and kept > _size(self._notes["old"])

    def _edge(self, name: str) -> Local:
        edge = Local(self.copy, name)

        def tamper(_method: str, answer: Any) -> Any:
            if self.shown != "own" and "checkpoint" in answer.DESCRIPTOR.fields_by_name:
                answer.checkpoint.note = self._notes[self.shown]
            return answer

        edge.tamper = tamper
        return edge


async def _newest(vault: Chamber) -> bytes:
    found = await stored_log.latest_note(vault.shred)
    if found is None:
        raise LookupError("the log has no checkpoint")
    return found


def _size(note: bytes) -> int:
    return checkpoint.verify(note, PLAIN).checkpoint.size


def run(options: Options) -> Tally:
    """Fork this many vaults."""
    tally, dice = Tally(), options.dice()

    async def play(vaults: Rooms, number: int) -> None:
        async with vaults.fresh(roster()) as room:
            await judge(Fork(room, dice, number % (MOST_DISHONEST + 1), _SHOWN[number % len(_SHOWN)]), tally)

    return rooms.run(options, tally, play)


async def judge(fork: Fork, tally: Tally) -> None:
    """Play one round and count it."""
    await fork.play()
    tally.faults += 1
    for finding, count in fork.told.items():
        tally.figures[f"told {finding.value}"] = tally.figures.get(f"told {finding.value}", 0) + count
    if fork.opened:
        tally.lose("a record was opened at a copy, and the public log does not show it")
    if fork.released:
        tally.lose(f"{fork.released} shares were released at a copy", fork.released)
    for why in fork.silent:
        tally.lose(why)
