"""An edge as a process: carries withdrawals and reinstatements through, until it is done or killed.

Each request has an id of its own, so the next process repeats what this one may have done.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.session import ContestState, ReinstatementState
from tests.support.withdrawal_world import HOUR, WithdrawalWorld
from tools.support.sanction_world import key_of, signing
from tools.torture.erasures.strike import Strike, StruckDatabase
from tools.torture.notices.submitter import strike_at_statements


@dataclass(frozen=True)
class Victim:
    """A verification to withdraw. sanction_id: one of the person, to narrow, "" for none."""

    account_token: str
    claim_id: str
    sanction_id: str
    reinstated: bool


@dataclass(frozen=True)
class Errand:
    """What to carry through. moderators: ids by the number of the key."""

    victims: tuple[Victim, ...]
    moderators: dict[int, str]

    def write(self, path: Path) -> None:
        """Keep it for the processes."""
        path.write_text(json.dumps(asdict(self)), "utf-8")

    @classmethod
    def read(cls, path: Path) -> "Errand":
        """Return what was kept."""
        found = json.loads(path.read_text("utf-8"))
        victims = tuple(Victim(**each) for each in found["victims"])
        return cls(victims, {int(number): each for number, each in found["moderators"].items()})

    def key(self, number: int, seconds: float) -> ModeratorKey:
        """Return a moderator's key, which signs at a time: the same signature in every process."""
        return signing(key_of(number).of(self.moderators[number]), seconds)


def main(arguments: list[str] | None = None) -> int:
    """Carry it through. Arguments: address, the errand's file, how many processes began before, when to die.

    The last line is the number of points that there were.
    """
    url, path, life, point = arguments or sys.argv[1:]
    strike = Strike(int(point), None)
    strike_at_statements(strike)
    asyncio.run(_carry(StruckDatabase(url=url, strike=strike), Errand.read(Path(path)), int(life)))
    print(strike.points, flush=True)
    return 0


async def _carry(database: StruckDatabase, errand: Errand, life: int) -> None:
    world = WithdrawalWorld(database, life=life)
    for place, victim in enumerate(errand.victims):
        await _withdraw(world, errand, victim, place)
    await database.close()


async def _withdraw(world: WithdrawalWorld, errand: Errand, victim: Victim, place: int) -> None:
    when = HOUR * (1 + place)
    asks, ids = world.asks(when), _ids(place)
    contest = await asks.contest(victim.account_token, victim.claim_id, "not me", request_id=next(ids))
    proposed = await asks.decide_contest(
        contest.contest_id, ContestState.UPHELD, "seen", key=errand.key(3, when), request_id=next(ids)
    )
    await asks.confirm_contest(proposed, key=errand.key(4, when), request_id=next(ids))
    if victim.sanction_id:
        narrowings = world.moderation.platform(when).narrowings
        asked = await narrowings.propose(victim.sanction_id, key=errand.key(5, when), request_id=next(ids))
        await narrowings.confirm(asked, key=errand.key(6, when), request_id=next(ids))
    if victim.reinstated:
        appeal = await asks.appeal_withdrawal(victim.account_token, "me", request_id=next(ids))
        upheld = await asks.decide_reinstatement(
            appeal.reinstatement_id,
            ReinstatementState.UPHELD,
            "seen",
            key=errand.key(5, when),
            request_id=next(ids),
        )
        await asks.confirm_reinstatement(upheld, key=errand.key(6, when), request_id=next(ids))


def _ids(place: int) -> Iterator[UUID]:
    """Yield the ids of the requests about a victim."""
    for number in range(100):
        yield UUID(int=2**70 + place * 100 + number)


if __name__ == "__main__":
    sys.exit(main())
