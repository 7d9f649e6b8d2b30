"""Verified rosters, and one-time codes issued by a test."""

from idvault.core.second_factor import Cause, SecondFactorError, Tries
from idvault.people.second_factor import rules as second_factor_rules
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.attest.quorum import Quorum
from idvault_verify.clock import ClockReading
from idvault_verify.error import DeniedError, Reason


class FakeRosters:
    """Verified versions of a roster, as in people.acts."""

    def __init__(self, *versions: Roster) -> None:
        self.versions = list(versions)

    @property
    def current(self) -> Roster:
        return self.versions[-1]

    @property
    def quorum(self) -> Quorum:
        return self.current.quorums[0]

    def version(self, number: int) -> Roster:
        return self.versions[number - 1]

    def member(self, actor_id: str) -> RosterMember:
        for found in self.current.people:
            if found.actor_id == actor_id:
                return found
        raise DeniedError(Reason.ACCESS_DENIED)


class FakeCodes:
    """Second factors: each issued code is valid once, until it is withdrawn; wrong ones lock."""

    def __init__(self) -> None:
        self.good: set[str] = set()
        self._tries: dict[str, Tries] = {}
        self._numbers = 100_000

    def code(self) -> str:
        self._numbers += 1
        self.good.add(str(self._numbers))
        return str(self._numbers)

    def tries(self, actor_id: str) -> Tries:
        """Return the tries of a member since the last success."""
        return self._tries.get(actor_id, Tries())

    async def check(self, *, actor_id: str, code: str, now: ClockReading) -> None:
        second_factor_rules.check_code(code)
        charged = second_factor_rules.charge(tries=self._tries.get(actor_id, Tries()), now=now.real)
        self._tries[actor_id] = charged
        if code not in self.good:
            raise SecondFactorError(Cause.CODE_WRONG, tries=charged)
        del self._tries[actor_id]
        self.good.remove(code)
