"""The roster and its quorums: its version in a running process, and how a new one is signed and adopted.

Only verify.attest.people.roster_signature decides which signatures are required; here they are collected.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from idvault.core.act import SYSTEM, MemberActor, Tx, Vault, act, member_mutation
from idvault.core.request import MemberAsked
from idvault.people import rules, store
from idvault.people.rules import StoredProposal, StoredVersion
from idvault_verify.attest import succession
from idvault_verify.attest.people import roster as rosters
from idvault_verify.attest.people import roster_signature
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_change import is_same_holder
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.attest.people.roster_signature import RosterSignatureError
from idvault_verify.attest.quorum import Quorum
from idvault_verify.attest.reading import RosterError
from idvault_verify.clock import ClockReading
from idvault_verify.disclosure import DecidingQuorum, QuorumMember
from idvault_verify.error import DeniedError, NotFoundError, PreconditionError, Reason
from idvault_verify.event import EventType
from idvault_verify.record import SealedRecord


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


@act("roster.adopt")
async def adopt_stored(tx: Tx, adopted: StoredVersion) -> bool:
    """Store a verified version once; True if this call stored it. Proposals for it and before are deleted.

    A version below the newest has had its entry when it was adopted. Raises PreconditionError
    (ROSTER_INVALID) if the version was adopted with another digest.
    """
    if not await store.adopt(tx.connection, adopted, now=tx.now.business):
        tx.unchanged("the version is adopted")
        return False
    await store.forget_adopted(tx.connection, version=adopted.version)
    await tx.log(EventType.ROSTER_ADOPTED, version=adopted.version, hash=adopted.digest)
    return True


async def handed(vault: Vault) -> Mapping[str, tuple[str, ...]]:
    """Return each present quorum that a hand-over created, with the roster's quorum for each place."""
    return await vault.read("handover.handed", store.handed)


class RosterHolder:
    """One per process; call `start`, or `read` and `adopt_file`, first.

    - It starts with the file's versions, each verified against the one before. The database can only add
      versions that verify against the previous one, so write access to the database is not enough to add
      roster members.
    - A row that does not verify is refused with an alarm, and the roster stays unchanged. At start-up such a
      row stops the process: without the newest version, revoked members would be accepted again.
    - `refresh` loads a new version from the file or the database within one period, without a restart.
    """

    def __init__(
        self,
        *,
        vault: Vault,
        chain: Callable[[], Sequence[Roster]],
        alarm: Callable[[int, str], None],
        accept: Callable[[Roster], None],
    ) -> None:
        """Initialise. vault: its guard is not asked, because a roster is adopted also without the log.

        chain: reads and verifies the file's versions (verify.attest.people.roster_chain.load_all); raises
        RosterError. alarm: receives the version and the reason, once for each refusal. accept: raises
        RosterError for a verified version that must not be in force.
        """
        self._vault = vault
        self._read_file = chain
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
        stored = await self._after(len(versions))
        for row in stored:
            versions = (*versions, _verified(row, previous=versions[-1]))
        newest = await self._vault.main.one("roster.newest", store.NEWEST)
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
        adopted = StoredVersion(roster.version, roster.digest(), roster.to_bytes())
        await adopt_stored(self._vault, SYSTEM, now, adopted)

    async def refresh(self, *, now: ClockReading) -> bool:
        """Load newer versions from the database and the file; return True if there were any.

        Raises UnavailableError if the store cannot answer. A version that does not verify only raises an
        alarm.
        """
        async with self._turn:
            before = self.current.version
            for row in await self._after(before):
                if not self._take_row(row):
                    break
            await self._take_file(now)
            return self.current.version > before

    async def _after(self, version: int) -> list[StoredVersion]:
        return await self._vault.read("roster.after", lambda one: store.after(one, version=version))

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


async def published(vault: Vault, holder: RosterHolder, *, version: int) -> Published:
    """Return a version, 0 for the current one; raises NotFoundError (REQUEST_NOT_FOUND)."""
    found, current = holder.version(version), holder.current
    return Published(found, current.version, tuple(await _proposals(vault, holder)))


@member_mutation(
    "roster.propose",
    again=lambda one, _answer, proposal: store.get(one, proposal.digest),
    lock_before=store.lock,
)
async def propose_stored(tx: Tx, proposal: StoredProposal) -> StoredProposal:
    """Store a proposal without its signatures; one that waits stays as it is.

    Raises ExhaustedError (TOO_MANY_ATTEMPTS) if too many proposals wait.
    """
    connection, now = tx.connection, tx.now.business
    await store.forget_old(connection, before=now - rules.PROPOSAL_LIFETIME)
    if await store.is_proposed(connection, proposal.digest):
        tx.unchanged("the proposal waits already")
    else:
        rules.check_room(waiting=await store.waiting(connection))
        await store.add(connection, proposal, now=now)
        await tx.log(EventType.ROSTER_PROPOSE, version=proposal.version, hash=proposal.digest)
    return await store.get(connection, proposal.digest)


@member_mutation("roster.sign", again=lambda one, _answer, digest, _name, _signature: store.get(one, digest))
async def sign_stored(tx: Tx, digest: str, name: str, signature: bytes) -> StoredProposal:
    """Add a verified signature to a proposal, once; raises NotFoundError (REQUEST_NOT_FOUND).

    Who acts is the signer, whoever submits the signature.
    """
    found = await store.lock_proposal(tx.connection, digest)
    if (name, signature) in found.signatures:
        tx.unchanged("the proposal has the signature")
        return found
    await store.sign(tx.connection, digest, name, signature, now=tx.now.business)
    await tx.log(EventType.ROSTER_SIGN, version=found.version, hash=digest, signature=signature)
    return await store.get(tx.connection, digest)


async def propose(
    vault: Vault, call: MemberAsked, now: ClockReading, holder: RosterHolder, file: bytes
) -> Proposal:
    """Store a proposal with the signatures in its file; raises RosterError (ROSTER_INVALID).

    Raises ExhaustedError (TOO_MANY_ATTEMPTS) if too many proposals wait.
    """
    found = rosters.parse(file)
    adopted = _adopted(holder, found.digest())
    if adopted is not None:
        return adopted
    roster_signature.check_follows(found, previous=holder.current)
    roster_signature.check_signatures(found, previous=holder.current)
    holder.check_acceptable(found)
    proposal = StoredProposal(found.version, found.digest(), replace(found, signatures=()).to_bytes())
    stored = await propose_stored(vault, call, now, proposal)
    for each in found.signatures:
        stored = await sign_stored.run(
            vault, _signer(holder, each.name), now, None, stored.digest, each.name, each.signature
        )
    return await _conclude(holder, _checked(holder, stored), now=now)


async def sign(
    vault: Vault,
    call: MemberAsked,
    now: ClockReading,
    holder: RosterHolder,
    *,
    name: str,
    digest: str,
    signature: bytes,
) -> Proposal:
    """Add a custodian's signature; raises RosterError, NotFoundError (REQUEST_NOT_FOUND)."""
    adopted = _adopted(holder, digest)
    if adopted is not None:
        return adopted
    found = await _waiting(vault, holder, digest)
    single = replace(found, signatures=()).with_signature(name, signature)
    roster_signature.check_signatures(single, previous=holder.current)
    await vault.guard.check(now=now)
    signer, request = _signer(holder, name), call.request(vault.fingerprinter)
    stored = await sign_stored.run(vault, signer, now, request, digest, name, signature)
    return await _conclude(holder, _checked(holder, stored), now=now)


async def complete(vault: Vault, holder: RosterHolder, *, now: ClockReading) -> bool:
    """Adopt a proposal that has all required signatures but was not adopted because of a crash."""
    for each in await _proposals(vault, holder):
        if (await _conclude(holder, each.roster, now=now)).adopted:
            return True
    return False


async def _conclude(holder: RosterHolder, roster: Roster, *, now: ClockReading) -> Proposal:
    try:
        roster_signature.verify(roster, previous=holder.current)
    except RosterSignatureError:
        return Proposal(roster, adopted=False)
    await holder.adopt(roster, now=now)
    await holder.refresh(now=now)
    return Proposal(roster, adopted=True)


def _adopted(holder: RosterHolder, digest: str) -> Proposal | None:
    for number in range(holder.current.version, 0, -1):
        roster = holder.version(number)
        if roster.digest() == digest:
            return Proposal(roster, adopted=True)
    return None


async def _waiting(vault: Vault, holder: RosterHolder, digest: str) -> Roster:
    for each in await _proposals(vault, holder):
        if each.roster.digest() == digest:
            return each.roster
    raise NotFoundError(Reason.REQUEST_NOT_FOUND)


async def _proposals(vault: Vault, holder: RosterHolder) -> list[Proposal]:
    """Return the waiting proposals; a row that was changed is left out and does not hide others."""
    version, found = holder.current.version + 1, []
    for stored in await vault.read("roster.proposals", lambda one: store.proposals(one, version=version)):
        with suppress(RosterError):
            found.append(Proposal(_checked(holder, stored), adopted=False))
    return found


def _checked(holder: RosterHolder, stored: StoredProposal) -> Roster:
    """Return a proposal with its valid signatures; raises RosterError."""
    roster = rosters.parse(stored.file)
    if (roster.version, roster.digest()) != (stored.version, stored.digest):
        raise RosterError("the stored file is not the proposed one")
    holder.check_acceptable(roster)
    for name, signature in stored.signatures:
        single = replace(roster, signatures=()).with_signature(name, signature)
        with suppress(RosterSignatureError):
            roster_signature.check_signatures(single, previous=holder.current)
            roster = roster.with_signature(name, signature)
    return roster


def _signer(holder: RosterHolder, name: str) -> MemberActor:
    return MemberActor(holder.current.member(name).actor_id)
