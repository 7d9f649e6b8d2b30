"""The life cycle of a roster version: proposed, signed by custodians of the previous version, adopted.

Only attest.people.roster_signature decides which signatures are required; this flow collects them.
"""

from contextlib import suppress
from dataclasses import dataclass, replace

from idvault.core.entropy import Entropy
from idvault.core.request import Fingerprinter, Request
from idvault.log.acts.events import EventFactory
from idvault.log.acts.guard import LogGuard
from idvault.people.acts.roster_holder import RosterHolder
from idvault.people.ports.roster import RosterStore, StoredProposal
from idvault.verify.attest.people import roster as rosters
from idvault.verify.attest.people import roster_signature
from idvault.verify.attest.people.roster import Roster
from idvault.verify.attest.people.roster_signature import RosterSignatureError
from idvault.verify.attest.reading import RosterError
from idvault.verify.clock import ClockReading
from idvault.verify.error import NotFoundError, Reason
from idvault.verify.event import Event, EventType
from idvault.verify.seal import Part


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
