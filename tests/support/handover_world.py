"""Hand-overs in a chamber: roster versions, leavers on a connection that can be cut, and shares' holders."""

import asyncio
from dataclasses import replace
from typing import Any

from google.protobuf.message import Message

from idvault.account import acts as account_acts
from idvault_people.custody.handover import HandOver, HandOverProgress
from idvault_people.custody.journal import HandOverJournal
from idvault_people.opens.share import ShareError, open_share
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.attest.people.roster import Roster
from idvault_verify.record import SealedRecord
from tools.support import people
from tools.support.chamber import CUSTODIANS, SUCCESSORS, Chamber, Local, identity, roster_member

A, B, C = CUSTODIANS
D, E = SUCCESSORS
LIST, HAND_OVER = "CustodianService/ListSharesToHandOver", "CustodianService/HandOverShares"


def next_version(room: Chamber, *names: str, also: tuple[str, ...] = (A,)) -> Roster:
    """Return the next version with these custodians; also: further members."""
    before = room.rosters.current
    quorum = replace(before.quorums[0], custodians=tuple(roster_member(name) for name in names))
    named = {each.name: each for each in before.people if each.role != "custodian"}
    named |= {name: roster_member(name) for name in (*names, *also)}
    return replace(
        before,
        version=before.version + 1,
        people=tuple(named.values()),
        quorums=(quorum,),
        signatures=(),
    )


def adopt(room: Chamber, *names: str, also: tuple[str, ...] = (A,)) -> None:
    """Put a new version in force, signed by the custodians of the previous version who stay."""
    made = next_version(room, *names, also=also)
    staying = [each.name for each in room.rosters.current.quorums[0].custodians if each.name in names]
    room.rosters.versions.append(people.signed(made, *staying))


class CutError(Exception):
    """The client ends here, as if killed."""


class Cut:
    """Ends the client at the first call of a method, before or after the call is done."""

    def __init__(self, method: str, when: str, *, passing: int = 0) -> None:
        """Set the method. passing: how many calls to let through first."""
        self._where = (method, when)
        self._passing = passing

    def __call__(self, method: str, when: str) -> None:
        if (method, when) == self._where:
            self._passing -= 1
            if self._passing < 0:
                raise CutError


class Wire(Local):
    """Calls as a member; cut: runs before and after each call and may raise."""

    def __init__(self, room: Chamber, name: str) -> None:
        super().__init__(room, name)
        self.cut: Any = lambda _method, _when: None

    def call(self, method: str, request: Message, answer: type[Any]) -> Any:
        """Return the answer, unless the connection is cut."""
        self.cut(method, "before")
        found = super().call(method, request, answer)
        self.cut(method, "after")
        return found


def leaver(room: Chamber, name: str = A, *, edge: Local | None = None, **changes: Any) -> HandOver:
    """Return a leaver's client."""
    asked: dict[str, Any] = {
        "identity": identity(name),
        "versions": tuple(room.rosters.versions),
        "edge": edge or Local(room, name),
        "journal": HandOverJournal(room.folder / f"{name}.handed-over"),
        "sleep": lambda _seconds: None,
    }
    return HandOver(**asked | changes)


async def hand_over(client: HandOver, *, batch: int = 200) -> HandOverProgress:
    """Hand over everything in one quorum."""

    def run() -> HandOverProgress:
        (found,) = client.successions()
        return client.run(found, batch=batch, tell=lambda _progress: None)

    return await asyncio.to_thread(run)


async def stored(room: Chamber, account: str) -> SealedRecord:
    found = await account_acts.record(room.main, account)
    assert found is not None
    return found


async def holders(room: Chamber, account: str) -> list[str]:
    """Return whose keys open the shares of a record, after trying everyone's."""
    record = await stored(room, account)
    return [name for name in (*CUSTODIANS, *SUCCESSORS) for place in (1, 2, 3) if _opens(record, name, place)]


def _opens(record: SealedRecord, name: str, place: int) -> bool:
    try:
        open_share(identity=identity(name), record=record, index=place)
    except (UnsealError, ShareError):
        return False
    return True


async def opened(room: Chamber, account: str, *names: str) -> Any:
    """Open a record with the shares of two custodians."""
    disclosure_id = await room.request(account)
    await room.approve(disclosure_id, *names)
    return await room.open(disclosure_id)
