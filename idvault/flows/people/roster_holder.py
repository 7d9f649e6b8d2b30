"""The roster in force, verified, as every room of a running process asks for it.

- It starts from the file's versions, each verified from the first on. The database can only add versions, and
  only those that verify against the one before: whoever can write rows cannot name people.
- A row that does not verify is refused with an alarm, and the roster stays as it is. Before the roster is
  known it stops the start: a process that has not seen the newest version would bring revoked people back.
- A version is taken up within one period of `refresh`, without a restart, from the file or from the database.
"""

import asyncio
from collections.abc import Callable, Sequence

from idvault.attest import roster as rosters
from idvault.attest import roster_signature
from idvault.attest.quorum import Quorum
from idvault.attest.reading import RosterError
from idvault.attest.roster import Roster
from idvault.attest.roster_member import RosterMember
from idvault.domain.clock import ClockReading
from idvault.domain.error import DeniedError, NotFoundError, Reason
from idvault.domain.event import SYSTEM_ACTOR, EventType
from idvault.flows.log.events import EventFactory
from idvault.ports.entropy import Entropy
from idvault.ports.people.roster import RosterStore, StoredVersion


class RosterHolder:
    """One for a process; `start` comes before everything else."""

    def __init__(
        self,
        *,
        store: RosterStore,
        chain: Callable[[], Sequence[Roster]],
        entropy: Entropy,
        alarm: Callable[[int, str], None],
    ) -> None:
        """Take the port and the file.

        chain: reads the file's versions, verified from the first on (attest.roster_chain.load_all); raises
        RosterError. alarm: is told version and why, once for each thing that was refused.
        """
        self._store = store
        self._read_file = chain
        self._events = EventFactory(entropy=entropy)
        self._alarm = alarm
        self._versions: tuple[Roster, ...] = ()
        self._refused: set[tuple[int, str]] = set()
        # Two who take the same version up at once would take one of them for a wrong one.
        self._turn = asyncio.Lock()

    @property
    def current(self) -> Roster:
        """The roster in force; an IndexError before `start`."""
        return self._versions[-1]

    @property
    def quorum(self) -> Quorum:
        """The quorum that new records are sealed to: the first one of the roster in force."""
        return self.current.quorums[0]

    def version(self, number: int) -> Roster:
        """Return a verified version, 0 for the one in force; raises NotFoundError (REQUEST_NOT_FOUND)."""
        if number == 0:
            return self.current
        if not 1 <= number <= len(self._versions):
            raise NotFoundError(Reason.REQUEST_NOT_FOUND)
        return self._versions[number - 1]

    def member(self, actor_id: str) -> RosterMember:
        """Return the person of an actor id; raises DeniedError (ACCESS_DENIED) if the roster has none now."""
        for roster_member in self.current.people:
            if roster_member.actor_id == actor_id:
                return roster_member
        raise DeniedError(Reason.ACCESS_DENIED)

    async def start(self, *, now: ClockReading) -> None:
        """Take file and database up; raises RosterError if any of it does not verify."""
        versions = tuple(self._read_file())
        stored = await self._store.after(version=len(versions))
        for row in stored:
            versions = (*versions, _verified(row, previous=versions[-1]))
        newest = await self._store.newest()
        if newest is not None and not _is_among(newest, versions):
            raise RosterError("the database has adopted a version that this roster does not lead to")
        for roster in versions[: len(versions) - len(stored)]:
            await self._adopt(roster, now=now)
        self._versions = versions

    async def refresh(self, *, now: ClockReading) -> bool:
        """Take up whatever newer versions file and database have; True if there were any.

        Raises UnavailableError where the store cannot answer; what does not verify only alarms.
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
        except RosterError as error:
            self._refuse(row.version, str(error))
            return False
        self._versions = (*self._versions, roster)
        return True

    async def _take_file(self, now: ClockReading) -> None:
        try:
            versions = tuple(self._read_file())
            for mine, its in zip(self._versions, versions, strict=False):
                if mine.digest() != its.digest():
                    raise RosterError(f"the file's version {its.version} is another one than was adopted")
            for roster in versions[len(self._versions) :]:
                await self._adopt(roster, now=now)
                self._versions = (*self._versions, roster)
        except RosterError as error:
            self._refuse(self.current.version + 1, str(error))

    async def _adopt(self, roster: Roster, *, now: ClockReading) -> None:
        event = self._events.event(
            EventType.ROSTER_ADOPTED,
            actor_id=SYSTEM_ACTOR,
            now=now,
            version=roster.version,
            hash=roster.digest(),
        )
        adopted = StoredVersion(roster.version, roster.digest(), roster.to_bytes())
        await self._store.adopt(adopted, now=now, event=event)

    def _refuse(self, version: int, why: str) -> None:
        if (version, why) not in self._refused:
            self._refused.add((version, why))
            self._alarm(version, why)


def _verified(row: StoredVersion, *, previous: Roster) -> Roster:
    roster = rosters.parse(row.file)
    if (roster.version, roster.digest()) != (row.version, row.digest):
        raise RosterError("the stored file is not the version that was adopted")
    roster_signature.verify(roster, previous=previous)
    return roster


def _is_among(newest: tuple[int, str], versions: Sequence[Roster]) -> bool:
    version, digest = newest
    return version <= len(versions) and versions[version - 1].digest() == digest
