"""Rows of the roster versions that this deployment has adopted, and of the proposed ones.

A roster counts only once its signatures have been verified.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, select, update

from idvault.account.store.rows import unpack_ids
from idvault.core.db.connection import Connection
from idvault.core.db.listing import among
from idvault.core.db.statement import Statement, for_change, param, scalar, statement, upsert
from idvault.core.tables.custody import handed_quorums
from idvault.core.tables.people import roster, roster_proposals, roster_signatures, roster_versions
from idvault.people import rules
from idvault.people.rules import StoredProposal, StoredVersion
from idvault_verify.error import NotFoundError, PreconditionError, Reason

_ONLY = 1
_THIS = roster_proposals.c.digest == param("digest")
_NEW_SIGNATURE = {"signature": param("signature"), "signed_at": param("signed_at")}

# The number and the digest of the newest adopted version.
NEWEST = statement(select(roster.c.version, roster.c.digest), tuple[int, str])
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


_HANDED = statement(select(handed_quorums.c.quorum_id, handed_quorums.c.share_quorum_ids))
_FORGET_ADOPTED = _deletions(roster_proposals.c.version <= param("version"))
_FORGET_OLD = _deletions(roster_proposals.c.proposed_at < param("before"))


async def handed(connection: Connection) -> Mapping[str, tuple[str, ...]]:
    """Return each present quorum that a hand-over created, with the roster's quorum for each place."""
    return {row.quorum_id: unpack_ids(row.share_quorum_ids) for row in await connection.all(_HANDED)}


async def lock(connection: Connection) -> tuple[int, str] | None:
    """Return the newest adopted version, locked: proposals are counted and added one at a time."""
    return await connection.one(_LOCK)


async def after(connection: Connection, *, version: int) -> list[StoredVersion]:
    """Return the adopted versions after a version, in order."""
    return await connection.all(_AFTER, version=version)


async def adopt(connection: Connection, adopted: StoredVersion, *, now: datetime) -> bool:
    """Store a version as the newest one; False if it is stored, or below the newest.

    Raises PreconditionError (ROSTER_INVALID) if the version was adopted with another digest.
    """
    values = {"version": adopted.version, "digest": adopted.digest, "adopted_at": now}
    first = await connection.one(_FIRST, **values) is not None
    former = await lock(connection)
    await _keep_file(connection, adopted, now)
    if former is not None and not first:
        version, digest = former
        if adopted.version == version and adopted.digest != digest:
            raise PreconditionError(Reason.ROSTER_INVALID)
        if adopted.version <= version:
            return False
        await connection.run(_NEXT, **values)
    return True


async def _keep_file(connection: Connection, adopted: StoredVersion, now: datetime) -> None:
    row = {"version": adopted.version, "digest": adopted.digest, "file": adopted.file, "adopted_at": now}
    new = await connection.one(_ADD_VERSION, **row)
    if new is None and await connection.one(_DIGEST, version=adopted.version) != adopted.digest:
        raise PreconditionError(Reason.ROSTER_INVALID)


async def forget_adopted(connection: Connection, *, version: int) -> None:
    """Delete the proposals for a version and for earlier ones."""
    for forget in _FORGET_ADOPTED:
        await connection.run(forget, version=version)


async def forget_old(connection: Connection, *, before: datetime) -> None:
    """Delete the proposals that were made before a time."""
    for forget in _FORGET_OLD:
        await connection.run(forget, before=before)


async def is_proposed(connection: Connection, digest: str) -> bool:
    """Return whether a proposal waits."""
    return await connection.one(_PROPOSAL, digest=digest) is not None


async def waiting(connection: Connection) -> int:
    """Return how many proposals wait."""
    return await connection.only(_COUNT)


async def add(connection: Connection, proposal: StoredProposal, *, now: datetime) -> None:
    """Insert a proposal without its signatures."""
    row = {"version": proposal.version, "digest": proposal.digest, "file": proposal.file}
    await connection.one(_ADD_PROPOSAL, **row, proposed_at=now)


async def sign(connection: Connection, digest: str, name: str, signature: bytes, *, now: datetime) -> None:
    """Store a verified signature of a proposal that this act has locked."""
    await connection.run(_SIGN, digest=digest, name=name, signature=signature, signed_at=now)


async def get(connection: Connection, digest: str) -> StoredProposal:
    """Return a proposal with its signatures so far; raises NotFoundError (REQUEST_NOT_FOUND)."""
    return await _found(connection, _PROPOSAL, digest)


async def lock_proposal(connection: Connection, digest: str) -> StoredProposal:
    """Return the same, locked; raises as `get` does."""
    return await _found(connection, _LOCK_PROPOSAL, digest)


async def proposals(connection: Connection, *, version: int) -> Sequence[StoredProposal]:
    """Return the proposals for a version with their signatures, newest first."""
    return await _signed(connection, await connection.all(_PROPOSALS, version=version))


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
