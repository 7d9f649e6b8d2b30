"""The verified current roster of a running process.

- It starts with the file's versions, each verified against the one before. The database can only add versions
  that verify against the previous one, so write access to the database is not enough to add roster members.
- A row that does not verify is refused with an alarm, and the roster stays unchanged. At start-up such a row
  stops the process: without the newest version, revoked members would be accepted again.
- `refresh` loads a new version from the file or the database within one period, without a restart.
"""

import asyncio
from collections.abc import Callable, Sequence

from idvault.core.entropy import Entropy
from idvault.log.acts.events import EventFactory
from idvault.people.ports.roster import RosterStore, StoredVersion
from idvault.verify.attest.people import roster as rosters
from idvault.verify.attest.people import roster_signature
from idvault.verify.attest.people.roster import Roster
from idvault.verify.attest.people.roster_member import RosterMember
from idvault.verify.attest.quorum import Quorum
from idvault.verify.attest.reading import RosterError
from idvault.verify.clock import ClockReading
from idvault.verify.error import DeniedError, NotFoundError, Reason
from idvault.verify.event import SYSTEM_ACTOR, EventType


class RosterHolder:
    """One per process; call `start`, or `read` and `adopt_file`, first."""

    def __init__(
        self,
        *,
        store: RosterStore,
        chain: Callable[[], Sequence[Roster]],
        entropy: Entropy,
        alarm: Callable[[int, str], None],
        accept: Callable[[Roster], None],
    ) -> None:
        """Initialise with the port.

        chain: reads and verifies the file's versions (attest.people.roster_chain.load_all); raises
        RosterError. alarm: receives the version and the reason, once for each refusal. accept: raises
        RosterError for a verified version that must not be in force.
        """
        self._store = store
        self._read_file = chain
        self._events = EventFactory(entropy=entropy)
        self._alarm = alarm
        self._accept = accept
        self._versions: tuple[Roster, ...] = ()
        self._from_file = 0
        self._refused: set[tuple[int, str]] = set()
        # If two tasks loaded the same version at once, one of them would refuse it as invalid.
        self._turn = asyncio.Lock()

    @property
    def current(self) -> Roster:
        """The current roster; raises IndexError before `start`."""
        return self._versions[-1]

    @property
    def quorum(self) -> Quorum:
        """The quorum that new records are sealed for: the first one of the current roster."""
        return self.current.quorums[0]

    def version(self, number: int) -> Roster:
        """Return a verified version, 0 for the current one; raises NotFoundError (REQUEST_NOT_FOUND)."""
        if number == 0:
            return self.current
        if not 1 <= number <= len(self._versions):
            raise NotFoundError(Reason.REQUEST_NOT_FOUND)
        return self._versions[number - 1]

    def member(self, actor_id: str) -> RosterMember:
        """Return the member with an actor id; raises DeniedError (ACCESS_DENIED) if the roster has none."""
        for roster_member in self.current.people:
            if roster_member.actor_id == actor_id:
                return roster_member
        raise DeniedError(Reason.ACCESS_DENIED, why="not_in_the_roster")

    def check_acceptable(self, roster: Roster) -> None:
        """Raise RosterError for a version that must not come into force in this deployment."""
        self._accept(roster)

    async def start(self, *, now: ClockReading) -> None:
        """Load the file and the database, and adopt the file's versions; raises what `read` raises."""
        await self.read()
        await self.adopt_file(now=now)

    async def read(self) -> None:
        """Load the file and the database without a write.

        Raises RosterError if any version does not verify, or if the newest must not be in force.
        """
        versions = tuple(self._read_file())
        stored = await self._store.after(version=len(versions))
        for row in stored:
            versions = (*versions, _verified(row, previous=versions[-1]))
        newest = await self._store.newest()
        if newest is not None and not _is_among(newest, versions):
            raise RosterError("the database has adopted a version that does not follow from this roster")
        self._accept(versions[-1])
        self._versions, self._from_file = versions, len(versions) - len(stored)

    async def adopt_file(self, *, now: ClockReading) -> None:
        """Adopt each version that `read` has loaded from the file, if the database has not yet."""
        for roster in self._versions[: self._from_file]:
            await self.adopt(roster, now=now)

    async def adopt(self, roster: Roster, *, now: ClockReading) -> None:
        """Store a verified version with its event; it comes into force in this process with `refresh`."""
        event = self._events.event(EventType.ROSTER_ADOPTED, actor_id=SYSTEM_ACTOR, now=now)
        adopted = StoredVersion(roster.version, roster.digest(), roster.to_bytes())
        await self._store.adopt(adopted, now=now, event=event)

    async def refresh(self, *, now: ClockReading) -> bool:
        """Load newer versions from the database and the file; return True if there were any.

        Raises UnavailableError if the store cannot answer. A version that does not verify only raises an
        alarm.
        """
        async with self._turn:
            before = self.current.version
            for row in await self._store.after(version=before):
                if not self._take_row(row):
                    break
            await self._take_file(now)
            return self.current.version > before

    def _take_row(self, row: StoredVersion) -> bool:
        try:
            roster = _verified(row, previous=self.current)
            self._accept(roster)
        except RosterError as error:
            self._refuse(row.version, str(error))
            return False
        self._versions = (*self._versions, roster)
        return True

    async def _take_file(self, now: ClockReading) -> None:
        try:
            versions = tuple(self._read_file())
            for mine, its in zip(self._versions, versions, strict=False):
                # Equal values have equal digests, and these take a twentieth of a core when computed always.
                if mine != its and mine.digest() != its.digest():
                    raise RosterError(f"the file's version {its.version} is not the adopted one")
            for roster in versions[len(self._versions) :]:
                self._accept(roster)
                await self.adopt(roster, now=now)
                self._versions = (*self._versions, roster)
        except RosterError as error:
            self._refuse(self.current.version + 1, str(error))

    def _refuse(self, version: int, why: str) -> None:
        if (version, why) not in self._refused:
            self._refused.add((version, why))
            self._alarm(version, why)


def _verified(row: StoredVersion, *, previous: Roster) -> Roster:
    roster = rosters.parse(row.file)
    if (roster.version, roster.digest()) != (row.version, row.digest):
        raise RosterError("the stored file is not the adopted version")
    roster_signature.verify(roster, previous=previous)
    return roster


def _is_among(newest: tuple[int, str], versions: Sequence[Roster]) -> bool:
    version, digest = newest
    return version <= len(versions) and versions[version - 1].digest() == digest
