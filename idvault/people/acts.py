"""Use cases of the roster and its quorums.

Finds in the verified rosters who decides about a record: its present quorum and a custodian's place.

The verified current roster of a running process.

- It starts with the file's versions, each verified against the one before. The database can only add versions
  that verify against the previous one, so write access to the database is not enough to add roster members.
- A row that does not verify is refused with an alarm, and the roster stays unchanged. At start-up such a row
  stops the process: without the newest version, revoked members would be accepted again.
- `refresh` loads a new version from the file or the database within one period, without a restart.

The life cycle of a roster version: proposed, signed by custodians of the previous version, adopted.

Only verify.attest.people.roster_signature decides which signatures are required; this flow collects them.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.request import Fingerprinter, Request
from idvault.log.acts.guard import LogGuard
from idvault.people.ports import RosterStore, StoredProposal, StoredVersion
from idvault.verify.attest import succession
from idvault.verify.attest.people import roster as rosters
from idvault.verify.attest.people import roster_signature
from idvault.verify.attest.people.roster import Roster
from idvault.verify.attest.people.roster_change import is_same_holder
from idvault.verify.attest.people.roster_member import RosterMember
from idvault.verify.attest.people.roster_signature import RosterSignatureError
from idvault.verify.attest.quorum import Quorum
from idvault.verify.attest.reading import RosterError
from idvault.verify.clock import ClockReading
from idvault.verify.disclosure import DecidingQuorum, QuorumMember
from idvault.verify.error import DeniedError, NotFoundError, PreconditionError, Reason
from idvault.verify.event import SYSTEM_ACTOR, Event, EventType
from idvault.verify.record import SealedRecord
from idvault.verify.seal import Part


class RosterSource(Protocol):
    """The verified rosters of a process (people.acts)."""

    @property
    def current(self) -> Roster:
        """The current roster."""
        ...

    def version(self, number: int) -> Roster:
        """Return a verified version."""
        ...

    def member(self, actor_id: str) -> RosterMember:
        """Return a member of the current roster; raises DeniedError (ACCESS_DENIED)."""
        ...


def quorum_of(*, rosters: RosterSource, quorum_id: str) -> Quorum:
    """Return a quorum of any version: records keep a former quorum until they are handed over.

    Raises PreconditionError (QUORUM_INVALID) if no version has it.
    """
    for number in range(rosters.current.version, 0, -1):
        for quorum in rosters.version(number).quorums:
            if quorum.id == quorum_id:
                return quorum
    raise PreconditionError(Reason.QUORUM_INVALID)


def quorum_of_record(*, rosters: RosterSource, record: SealedRecord) -> Quorum:
    """Return the quorum that holds a record's shares; raises PreconditionError (QUORUM_INVALID)."""
    if not record.share_quorum_ids:
        return quorum_of(rosters=rosters, quorum_id=record.present_quorum_id)
    return holders(rosters=rosters, quorum_ids=record.share_quorum_ids)


def holders(*, rosters: RosterSource, quorum_ids: Sequence[str]) -> Quorum:
    """Return the quorum of the custodians who hold the shares; quorum_ids: of each share, in index order.

    During a hand-over it may be one that no version has. Raises PreconditionError (QUORUM_INVALID).
    """
    return succession.holders(
        lambda quorum_id: quorum_of(rosters=rosters, quorum_id=quorum_id), quorum_ids=quorum_ids
    )


def versions(rosters: RosterSource) -> list[Roster]:
    """Return every version, from the first to the current one."""
    return [rosters.version(number) for number in range(1, rosters.current.version + 1)]


def deciding_quorum(*, quorum: Quorum) -> DecidingQuorum:
    """Return the id, threshold and size of a quorum."""
    return DecidingQuorum(quorum.id, quorum.threshold, len(quorum.custodians))


def member_of(*, quorum: Quorum, roster_member: RosterMember) -> QuorumMember:
    """Return a roster member's place; raises DeniedError (ACCESS_DENIED) if the member has none."""
    for place, custodian in enumerate(quorum.custodians, start=1):
        if is_same_holder(custodian, roster_member):
            return QuorumMember(roster_member.name, roster_member.actor_id, place)
    raise DeniedError(Reason.ACCESS_DENIED, why="not_in_the_quorum_of_the_record")


def quorum_ids(
    *, rosters: RosterSource, roster_member: RosterMember, handed: Iterable[Sequence[str]] = ()
) -> frozenset[str]:
    """Return the ids of all quorums in which a roster member holds shares, of rosters and of hand-overs.

    handed: for each present quorum that a hand-over created, the quorum of each share.
    """
    known = [quorum for roster in versions(rosters) for quorum in roster.quorums]
    between = [holders(rosters=rosters, quorum_ids=each) for each in handed]
    return frozenset(
        quorum.id
        for quorum in (*known, *between)
        if any(is_same_holder(custodian, roster_member) for custodian in quorum.custodians)
    )


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

        chain: reads and verifies the file's versions (verify.attest.people.roster_chain.load_all); raises
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


@dataclass(frozen=True, slots=True)
class ProposeCommand:
    """A roster member's proposal of a file."""

    actor_id: str
    request_id: str
    file: bytes


@dataclass(frozen=True, slots=True)
class SignCommand:
    """A custodian's signature of a proposal; signature: 64 bytes."""

    actor_id: str
    name: str
    request_id: str
    digest: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed version with its signatures so far, and whether it has been adopted."""

    roster: Roster
    adopted: bool


@dataclass(frozen=True, slots=True)
class Published:
    """A version, the number of the newest version, and the proposals for the next one."""

    roster: Roster
    newest_version: int
    proposals: tuple[Proposal, ...]


class RosterFlow:
    """Reads, proposes and signs rosters; the last required signature adopts a proposal."""

    def __init__(
        self,
        *,
        store: RosterStore,
        holder: RosterHolder,
        fingerprinter: Fingerprinter,
        guard: LogGuard,
        entropy: Entropy,
    ) -> None:
        """Initialise with the ports. holder: already started."""
        self._store = store
        self._guard = guard
        self._holder = holder
        self._fingerprinter = fingerprinter
        self._events = EventFactory(entropy=entropy)

    async def get(self, *, version: int) -> Published:
        """Return a version, 0 for the current one; raises NotFoundError (REQUEST_NOT_FOUND)."""
        found, current = self._holder.version(version), self._holder.current
        return Published(found, current.version, tuple(await self._proposals()))

    async def propose(self, command: ProposeCommand, *, now: ClockReading) -> Proposal:
        """Store a proposal with the signatures in its file; raises RosterError (ROSTER_INVALID).

        Raises ExhaustedError (TOO_MANY_ATTEMPTS) if too many proposals wait.
        """
        found = rosters.parse(command.file)
        adopted = self._adopted(found.digest())
        if adopted is not None:
            return adopted
        roster_signature.check_follows(found, previous=self._holder.current)
        roster_signature.check_signatures(found, previous=self._holder.current)
        self._holder.check_acceptable(found)
        await self._guard.check(now=now)
        stored = await self._store.propose(
            StoredProposal(found.version, found.digest(), replace(found, signatures=()).to_bytes()),
            request=self._request(command.actor_id, command.request_id, "ProposeRoster", command.file),
            now=now,
            event=self._event(EventType.ROSTER_PROPOSE, command.actor_id, found, now),
        )
        for signature in found.signatures:
            stored = await self._store.sign(
                digest=stored.digest,
                name=signature.name,
                signature=signature.signature,
                request=None,
                now=now,
                event=self._signed(found, signature.name, signature.signature, now),
            )
        return await self._conclude(self._checked(stored), now=now)

    async def sign(self, command: SignCommand, *, now: ClockReading) -> Proposal:
        """Add a custodian's signature; raises RosterError, NotFoundError (REQUEST_NOT_FOUND)."""
        adopted = self._adopted(command.digest)
        if adopted is not None:
            return adopted
        found = await self._waiting(command.digest)
        single = replace(found, signatures=()).with_signature(command.name, command.signature)
        roster_signature.check_signatures(single, previous=self._holder.current)
        await self._guard.check(now=now)
        stored = await self._store.sign(
            digest=command.digest,
            name=command.name,
            signature=command.signature,
            request=self._request(
                command.actor_id, command.request_id, "SignRoster", command.digest, command.signature
            ),
            now=now,
            event=self._signed(found, command.name, command.signature, now),
        )
        return await self._conclude(self._checked(stored), now=now)

    async def complete(self, *, now: ClockReading) -> bool:
        """Adopt a proposal that has all required signatures but was not adopted because of a crash."""
        for waiting in await self._proposals():
            if (await self._conclude(waiting.roster, now=now)).adopted:
                return True
        return False

    async def _conclude(self, roster: Roster, *, now: ClockReading) -> Proposal:
        try:
            roster_signature.verify(roster, previous=self._holder.current)
        except RosterSignatureError:
            return Proposal(roster, adopted=False)
        await self._holder.adopt(roster, now=now)
        await self._holder.refresh(now=now)
        return Proposal(roster, adopted=True)

    def _adopted(self, digest: str) -> Proposal | None:
        for number in range(self._holder.current.version, 0, -1):
            roster = self._holder.version(number)
            if roster.digest() == digest:
                return Proposal(roster, adopted=True)
        return None

    async def _waiting(self, digest: str) -> Roster:
        for waiting in await self._proposals():
            if waiting.roster.digest() == digest:
                return waiting.roster
        raise NotFoundError(Reason.REQUEST_NOT_FOUND)

    async def _proposals(self) -> list[Proposal]:
        """Return the waiting proposals; a row that was changed is left out and does not hide others."""
        found = []
        for stored in await self._store.proposals(version=self._holder.current.version + 1):
            with suppress(RosterError):
                found.append(Proposal(self._checked(stored), adopted=False))
        return found

    def _checked(self, stored: StoredProposal) -> Roster:
        """Return a proposal with its valid signatures; raises RosterError."""
        roster = rosters.parse(stored.file)
        if (roster.version, roster.digest()) != (stored.version, stored.digest):
            raise RosterError("the stored file is not the proposed one")
        self._holder.check_acceptable(roster)
        for name, signature in stored.signatures:
            single = replace(roster, signatures=()).with_signature(name, signature)
            with suppress(RosterSignatureError):
                roster_signature.check_signatures(single, previous=self._holder.current)
                roster = roster.with_signature(name, signature)
        return roster

    def _signed(self, roster: Roster, name: str, signature: bytes, now: ClockReading) -> Event:
        """Return the event of a signature; its actor is the signer, whoever submits the signature."""
        signer = self._holder.current.member(name).actor_id
        return self._event(EventType.ROSTER_SIGN, signer, roster, now).with_fields(signature=signature)

    def _event(self, kind: EventType, actor_id: str, roster: Roster, now: ClockReading) -> Event:
        return self._events.event(
            kind, actor_id=actor_id, now=now, version=roster.version, hash=roster.digest()
        )

    def _request(self, actor_id: str, request_id: str, method: str, *fields: Part) -> Request:
        return Request(
            actor_id, request_id, self._fingerprinter.fingerprint(method=method, fields=tuple(fields))
        )
