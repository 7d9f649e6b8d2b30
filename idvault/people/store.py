"""The roster versions that this deployment has adopted, and the proposed ones (people.ports)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, select, update

from idvault.core import log_entry
from idvault.core import person_request as member_request
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.listing import among
from idvault.core.db.locking import for_change
from idvault.core.db.statement import Statement, param, scalar, statement, upsert
from idvault.core.request import Request
from idvault.core.tables.people import roster, roster_proposals, roster_signatures, roster_versions
from idvault.people import rules
from idvault.people.ports import StoredProposal, StoredVersion
from idvault.verify.clock import ClockReading
from idvault.verify.error import NotFoundError, PreconditionError, Reason
from idvault.verify.event import Event

_ONLY = 1
_THIS = roster_proposals.c.digest == param("digest")
_NEW_SIGNATURE = {"signature": param("signature"), "signed_at": param("signed_at")}

_NEWEST = statement(select(roster.c.version, roster.c.digest), tuple[int, str])
_LOCK = statement(for_change(select(roster.c.version, roster.c.digest)), tuple[int, str])
_FIRST = statement(
    upsert(roster)
    .values(singleton=_ONLY, version=param("version"), digest=param("digest"), adopted_at=param("adopted_at"))
    .on_conflict_do_nothing(index_elements=[roster.c.singleton])
    .returning(roster.c.version)
)
_NEXT = statement(
    update(roster).values(version=param("version"), digest=param("digest"), adopted_at=param("adopted_at"))
)
_ADD_VERSION = statement(
    upsert(roster_versions)
    .on_conflict_do_nothing(index_elements=[roster_versions.c.version])
    .returning(roster_versions.c.version)
)
_DIGEST = statement(
    select(roster_versions.c.digest).where(roster_versions.c.version == param("version")), scalar
)
_AFTER = statement(
    select(roster_versions)
    .where(roster_versions.c.version > param("version"))
    .order_by(roster_versions.c.version),
    lambda row: StoredVersion(row.version, row.digest, row.file),
)
_PROPOSALS = statement(
    select(roster_proposals)
    .where(roster_proposals.c.version == param("version"))
    .order_by(roster_proposals.c.proposed_at.desc(), roster_proposals.c.digest)
    .limit(rules.MOST_PROPOSALS)
)
_PROPOSAL = statement(select(roster_proposals).where(_THIS))
# Locked: if two members sign at once, the second one sees both signatures.
_LOCK_PROPOSAL = statement(for_change(select(roster_proposals).where(_THIS)))
_COUNT = statement(select(func.count()).select_from(roster_proposals), scalar)
_ADD_PROPOSAL = statement(
    upsert(roster_proposals)
    .on_conflict_do_nothing(index_elements=[roster_proposals.c.digest])
    .returning(roster_proposals.c.digest)
)
_SIGNATURES = statement(
    select(roster_signatures.c.digest, roster_signatures.c.name, roster_signatures.c.signature)
    .where(among(roster_signatures.c.digest, "digests"))
    .order_by(roster_signatures.c.name)
)
# Only verified signatures get here. A different stored signature was not written by this store, so it is
# overwritten.
_SIGN = statement(
    upsert(roster_signatures)
    .values(digest=param("digest"), name=param("name"), **_NEW_SIGNATURE)
    .on_conflict_do_update(
        index_elements=[roster_signatures.c.digest, roster_signatures.c.name], set_=_NEW_SIGNATURE
    )
)


def _deletions(which: ColumnElement[bool]) -> tuple[Statement[Any], Statement[Any]]:
    gone = roster_signatures.c.digest.in_(select(roster_proposals.c.digest).where(which))
    return statement(delete(roster_signatures).where(gone)), statement(delete(roster_proposals).where(which))


_FORGET_ADOPTED = _deletions(roster_proposals.c.version <= param("version"))
_FORGET_OLD = _deletions(roster_proposals.c.proposed_at < param("before"))


@dataclass(kw_only=True, eq=False, repr=False)
class SqlRosterStore:
    """Rosters in the main database; a roster counts only once its signatures have been verified."""

    database: Database

    @act("roster.adopt")
    async def adopt(
        self, connection: Connection, adopted: StoredVersion, *, now: ClockReading, event: Event
    ) -> bool:
        """Store a verified version once, with its event; True if this call stored it."""
        values = {"version": adopted.version, "digest": adopted.digest, "adopted_at": now.business}
        first = await connection.one(_FIRST, **values) is not None
        newest = await connection.one(_LOCK)
        await _keep_file(connection, adopted, now)
        if newest is not None and not first:
            version, digest = newest
            if adopted.version == version and adopted.digest != digest:
                raise PreconditionError(Reason.ROSTER_INVALID)
            if adopted.version <= version:
                return False
            await connection.run(_NEXT, **values)
        for forget in _FORGET_ADOPTED:
            await connection.run(forget, version=adopted.version)
        await log_entry.append(connection, event.with_fields(version=adopted.version, hash=adopted.digest))
        return True

    async def newest(self) -> tuple[int, str] | None:
        """Return the version and digest of the newest adopted version, or None before the first."""
        return await self.database.one("roster.newest", _NEWEST)

    @read("roster.after")
    async def after(self, connection: Connection, *, version: int) -> list[StoredVersion]:
        """Return the adopted versions above a version, in order."""
        return await connection.all(_AFTER, version=version)

    @act("roster.propose")
    async def propose(
        self,
        connection: Connection,
        proposal: StoredProposal,
        *,
        request: Request,
        now: ClockReading,
        event: Event,
    ) -> StoredProposal:
        """Store a proposal with its event; return it with its signatures so far."""
        # The row of the roster in force serves as a lock: proposals are counted and added one at a time.
        await connection.one(_LOCK)
        if await member_request.remember(connection, request, now=now) is None:
            for forget in _FORGET_OLD:
                await connection.run(forget, before=now.business - rules.PROPOSAL_LIFETIME)
            if await connection.one(_PROPOSAL, digest=proposal.digest) is None:
                await _add(connection, proposal, now)
                await log_entry.append(connection, event)
        return await _found(connection, _PROPOSAL, proposal.digest)

    @act("roster.sign")
    async def sign(
        self,
        connection: Connection,
        *,
        digest: str,
        name: str,
        signature: bytes,
        request: Request | None,
        now: ClockReading,
        event: Event,
    ) -> StoredProposal:
        """Add a verified signature with its event; return the proposal."""
        if request is not None:
            await member_request.remember(connection, request, now=now)
        found = await _found(connection, _LOCK_PROPOSAL, digest)
        if (name, signature) in found.signatures:
            return found
        await connection.run(_SIGN, digest=digest, name=name, signature=signature, signed_at=now.business)
        await log_entry.append(connection, event)
        return await _found(connection, _PROPOSAL, digest)

    @read("roster.proposals")
    async def proposals(self, connection: Connection, *, version: int) -> Sequence[StoredProposal]:
        """Return the proposals for a version with their signatures, newest first."""
        return await _signed(connection, await connection.all(_PROPOSALS, version=version))


async def _keep_file(connection: Connection, adopted: StoredVersion, now: ClockReading) -> None:
    new = await connection.one(
        _ADD_VERSION,
        version=adopted.version,
        digest=adopted.digest,
        file=adopted.file,
        adopted_at=now.business,
    )
    if new is None and await connection.one(_DIGEST, version=adopted.version) != adopted.digest:
        raise PreconditionError(Reason.ROSTER_INVALID)


async def _add(connection: Connection, proposal: StoredProposal, now: ClockReading) -> None:
    rules.check_room(waiting=await connection.one(_COUNT) or 0)
    await connection.one(
        _ADD_PROPOSAL,
        digest=proposal.digest,
        version=proposal.version,
        file=proposal.file,
        proposed_at=now.business,
    )


async def _found(connection: Connection, query: Statement[Row[Any]], digest: str) -> StoredProposal:
    rows = await connection.all(query, digest=digest)
    if not rows:
        raise NotFoundError(Reason.REQUEST_NOT_FOUND)
    return (await _signed(connection, rows))[0]


async def _signed(connection: Connection, rows: Sequence[Row[Any]]) -> list[StoredProposal]:
    signatures = defaultdict[str, list[tuple[str, bytes]]](list)
    if rows:
        for digest, name, signature in await connection.all(
            _SIGNATURES, digests=[row.digest for row in rows]
        ):
            signatures[digest].append((name, bytes(signature)))
    return [
        StoredProposal(row.version, row.digest, bytes(row.file), tuple(signatures[row.digest]))
        for row in rows
    ]
