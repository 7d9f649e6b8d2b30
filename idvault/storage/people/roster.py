"""Which roster versions this deployment has adopted, and which are proposed (ports.roster)."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, delete, func, select, update

from idvault.domain import roster as rules
from idvault.domain.error import NotFoundError, PreconditionError, Reason
from idvault.domain.event import Event
from idvault.domain.moment import Moment
from idvault.domain.request import Request
from idvault.ports.roster import StoredProposal, StoredVersion
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.base.locking import for_change
from idvault.storage.dialect import insert_if_absent
from idvault.storage.log import entry as log
from idvault.storage.people import request as person_request
from idvault.storage.people.tables import roster, roster_proposals, roster_signatures, roster_versions

_ONLY = 1


class SqlRosterStore:
    """Rosters in the main database; what is in it counts only once its signatures were verified."""

    def __init__(self, *, database: Database) -> None:
        """Take the main database."""
        self._database = database

    async def adopt(self, adopted: StoredVersion, *, now: Moment, event: Event) -> bool:
        """Note a verified version once, with its event; True if this call was the one."""
        return await self._database.act(
            "roster.adopt", lambda connection: _adopt(connection, adopted, now, event)
        )

    async def newest(self) -> tuple[int, str] | None:
        """Return version and digest of the newest adopted version, None before the first."""

        async def read(connection: Connection) -> tuple[int, str] | None:
            row = (await connection.execute(select(roster))).first()
            return None if row is None else (row.version, row.digest)

        return await self._database.read("roster.newest", read)

    async def after(self, *, version: int) -> list[StoredVersion]:
        """Return the adopted versions above a version, in order."""
        above = roster_versions.c.version > version
        query = select(roster_versions).where(above).order_by(roster_versions.c.version)

        async def read(connection: Connection) -> list[StoredVersion]:
            rows = await connection.execute(query)
            return [StoredVersion(row.version, row.digest, row.file) for row in rows]

        return await self._database.read("roster.after", read)

    async def propose(
        self, proposal: StoredProposal, *, request: Request, now: Moment, event: Event
    ) -> StoredProposal:
        """Store a proposal with its event; return it with its signatures so far."""
        return await self._database.act(
            "roster.propose", lambda connection: _propose(connection, proposal, request, now, event)
        )

    async def sign(
        self,
        *,
        digest: str,
        name: str,
        signature: bytes,
        request: Request | None,
        now: Moment,
        event: Event,
    ) -> StoredProposal:
        """Add a verified signature with its event; return the proposal."""

        async def work(connection: Connection) -> StoredProposal:
            if request is not None:
                await person_request.remember(connection, request, now=now)
            return await _sign(connection, digest, (name, signature), now, event)

        return await self._database.act("roster.sign", work)

    async def proposals(self, *, version: int) -> Sequence[StoredProposal]:
        """Return the proposals for a version with their signatures, newest first."""
        query = (
            select(roster_proposals)
            .where(roster_proposals.c.version == version)
            .order_by(roster_proposals.c.proposed_at.desc(), roster_proposals.c.digest)
            .limit(rules.MOST_PROPOSALS)
        )
        return await self._database.read("roster.proposals", lambda connection: _read(connection, query))


async def _adopt(connection: Connection, adopted: StoredVersion, now: Moment, event: Event) -> bool:
    values = {"version": adopted.version, "digest": adopted.digest, "adopted_at": now.business}
    first = await insert_if_absent(connection, roster, singleton=_ONLY, **values)
    newest = (await connection.execute(for_change(select(roster)))).one()
    await _keep_file(connection, adopted, now)
    if not first:
        if adopted.version == newest.version and adopted.digest != newest.digest:
            raise PreconditionError(Reason.ROSTER_INVALID)
        if adopted.version <= newest.version:
            return False
        await connection.execute(update(roster).values(**values))
    await _forget(connection, roster_proposals.c.version <= adopted.version)
    await log.append(connection, event.with_fields(version=adopted.version, hash=adopted.digest))
    return True


async def _keep_file(connection: Connection, adopted: StoredVersion, now: Moment) -> None:
    if await insert_if_absent(
        connection,
        roster_versions,
        version=adopted.version,
        digest=adopted.digest,
        file=adopted.file,
        adopted_at=now.business,
    ):
        return
    query = select(roster_versions.c.digest).where(roster_versions.c.version == adopted.version)
    if (await connection.execute(query)).scalar_one() != adopted.digest:
        raise PreconditionError(Reason.ROSTER_INVALID)


async def _propose(
    connection: Connection, proposal: StoredProposal, request: Request, now: Moment, event: Event
) -> StoredProposal:
    # The one row of the roster in force is the lock: proposals are counted and made one after the other.
    await connection.execute(for_change(select(roster)))
    if await person_request.remember(connection, request, now=now) is None:
        await _forget(connection, roster_proposals.c.proposed_at < now.business - rules.PROPOSAL_LIFETIME)
        if not await _is_waiting(connection, proposal.digest):
            await _add(connection, proposal, now)
            await log.append(connection, event)
    return await _one(connection, proposal.digest)


async def _add(connection: Connection, proposal: StoredProposal, now: Moment) -> None:
    count = (await connection.execute(select(func.count()).select_from(roster_proposals))).scalar_one()
    rules.check_room(waiting=count)
    await insert_if_absent(
        connection,
        roster_proposals,
        digest=proposal.digest,
        version=proposal.version,
        file=proposal.file,
        proposed_at=now.business,
    )


async def _sign(
    connection: Connection, digest: str, signed: tuple[str, bytes], now: Moment, event: Event
) -> StoredProposal:
    # Locked, so that of two who sign at once the later one sees both signatures.
    query = select(roster_proposals.c.digest).where(roster_proposals.c.digest == digest)
    await connection.execute(for_change(query))
    found = await _one(connection, digest)
    if signed in found.signatures:
        return found
    name, signature = signed
    values = {"signature": signature, "signed_at": now.business}
    if not await insert_if_absent(connection, roster_signatures, digest=digest, name=name, **values):
        # Only a verified signature comes here: another one in its place was put there by somebody else.
        await connection.execute(
            update(roster_signatures)
            .where(roster_signatures.c.digest == digest, roster_signatures.c.name == name)
            .values(**values)
        )
    await log.append(connection, event)
    return await _one(connection, digest)


async def _is_waiting(connection: Connection, digest: str) -> bool:
    query = select(roster_proposals.c.digest).where(roster_proposals.c.digest == digest)
    return (await connection.execute(query)).first() is not None


async def _one(connection: Connection, digest: str) -> StoredProposal:
    found = await _read(connection, select(roster_proposals).where(roster_proposals.c.digest == digest))
    if not found:
        raise NotFoundError(Reason.REQUEST_NOT_FOUND)
    return found[0]


async def _read(connection: Connection, query: Select[Any]) -> list[StoredProposal]:
    found = []
    for row in (await connection.execute(query)).all():
        signatures = (
            select(roster_signatures.c.name, roster_signatures.c.signature)
            .where(roster_signatures.c.digest == row.digest)
            .order_by(roster_signatures.c.name)
        )
        signed = tuple((name, bytes(value)) for name, value in await connection.execute(signatures))
        found.append(StoredProposal(row.version, row.digest, bytes(row.file), signed))
    return found


async def _forget(connection: Connection, which: Any) -> None:
    gone = select(roster_proposals.c.digest).where(which)
    await connection.execute(delete(roster_signatures).where(roster_signatures.c.digest.in_(gone)))
    await connection.execute(delete(roster_proposals).where(which))
