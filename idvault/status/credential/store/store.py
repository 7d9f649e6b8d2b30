"""Act `issue` of a status credential (ports.credential.CredentialStore)."""

from dataclasses import dataclass

from sqlalchemy import delete, func, insert, literal_column, select

from idvault.account.store import feed_rows as feed_row
from idvault.account.store import rows as account
from idvault.core import account_request as request
from idvault.core.account_request import Made
from idvault.core.db.act import act
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement, param, scalar, statement, upsert
from idvault.core.tables.credential import credential_counts, status_credentials, status_lists, status_marks
from idvault.log.store import entry as log
from idvault.public_account.rules import public_account as public_rules
from idvault.public_account.store import rows as public_account
from idvault.status.credential import rules as credential
from idvault.status.credential.ports import Credential, CredentialIssue
from idvault.status.credential.store import rows
from idvault.verify.account import Account
from idvault.verify.attest.status_list import INVALID, StatusList
from idvault.verify.error import NotFoundError, Reason, UnavailableError
from idvault.verify.event import Event

_ADD = statement(insert(status_credentials))
_FIND = statement(
    select(status_credentials).where(
        status_credentials.c.account_token == param("token"),
        status_credentials.c.credential_id == param("credential_id"),
    ),
    rows.credential,
)
_NEWEST = statement(
    select(status_credentials)
    .where(
        status_credentials.c.account_token == param("token"),
        status_credentials.c.audience == param("audience"),
        func.coalesce(status_credentials.c.public_account_id, literal_column("''")) == param("public"),
    )
    .order_by(status_credentials.c.expires_at.desc())
    .limit(literal_column("1")),
    rows.credential,
)
_COUNT: Statement[int] = statement(
    upsert(credential_counts)
    .values(relying_party=param("party"), day=param("day"), issued=1)
    .on_conflict_do_update(
        index_elements=list(credential_counts.primary_key), set_={"issued": credential_counts.c.issued + 1}
    )
    .returning(credential_counts.c.issued),
    scalar,
)
_FORGET_COUNTS = statement(
    delete(credential_counts).where(
        credential_counts.c.relying_party == param("party"), credential_counts.c.day < param("day")
    )
)
_NEWEST_LIST: Statement[int | None] = statement(select(func.max(status_lists.c.number)), scalar)
_BEGIN_LIST = statement(upsert(status_lists).on_conflict_do_nothing(index_elements=[status_lists.c.number]))
_MARK = statement(
    upsert(status_marks)
    .on_conflict_do_nothing(index_elements=[status_marks.c.number, status_marks.c.place])
    .returning(status_marks.c.place)
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlCredentialStore:
    """Credentials in the main database."""

    database: Database

    @act("credential.issue")
    async def issue(self, connection: Connection, issue: CredentialIssue, *, event: Event) -> Credential:
        """Issue a credential, or return the one that this request got, or one that the account has."""
        repeated = await request.remember_for_account(
            connection,
            issue.request,
            account_token=issue.account_token,
            made=issue.credential_id,
            now=issue.now.business,
        )
        if repeated is not None:
            return await _repeated(connection, repeated)
        owner = await account.lock_of(
            connection, account_token=issue.account_token, relying_party=issue.request.caller
        )
        await _admit(connection, issue, owner)
        if (current := await _current(connection, issue)) is not None:
            await request.answer_for_account(
                connection, issue.request, account_token=issue.account_token, made=current.credential_id
            )
            return current
        await _count(connection, issue)
        number, place = await _place(connection, issue.candidates)
        await connection.run(
            _ADD,
            account_token=issue.account_token,
            credential_id=issue.credential_id,
            audience=issue.audience,
            number=number,
            place=place,
            issued_at=issue.issued_at,
            expires_at=issue.expires_at,
            public_account_id=issue.public_account_id,
        )
        await feed_row.attested(connection, account_token=issue.account_token)
        await log.append(connection, event.with_fields(credential_id=issue.credential_id, list=number))
        return Credential(
            issue.credential_id,
            issue.account_token,
            issue.audience,
            number,
            place,
            issue.issued_at,
            issue.expires_at,
            issue.public_account_id,
        )


async def _admit(connection: Connection, issue: CredentialIssue, owner: Account) -> None:
    """Raise NotFoundError or PreconditionError unless the account, or its public account, is attested now."""
    if issue.public_account_id is None:
        credential.admit(account=owner, today=issue.today, now=issue.now.business)
        return
    found = await public_account.lock_of(
        connection, account_token=owner.account_token, public_account_id=issue.public_account_id
    )
    if found is None:
        raise NotFoundError(Reason.PUBLIC_ACCOUNT_NOT_FOUND)
    public_rules.check_attested(
        public_account=found.public_account, owner=owner, today=issue.today, now=issue.now.business
    )


async def _repeated(connection: Connection, repeated: Made) -> Credential:
    found = await connection.one(_FIND, token=repeated.account_token, credential_id=repeated.made_id)
    if found is None:  # it has expired, or the account was erased
        raise NotFoundError(Reason.REQUEST_NOT_FOUND)
    return found


async def _current(connection: Connection, issue: CredentialIssue) -> Credential | None:
    """Return the credential that is handed out again, of an account that this act has locked."""
    newest = await connection.one(
        _NEWEST,
        token=issue.account_token,
        audience=issue.audience,
        public=issue.public_account_id or "",
    )
    if newest is not None and credential.is_current(
        expires_at=newest.expires_at, renewed_until=issue.expires_at, now=issue.now.real
    ):
        return newest
    return None


async def _count(connection: Connection, issue: CredentialIssue) -> None:
    """Count a new credential of the relying party; raises ExhaustedError (CREDENTIAL_QUOTA_REACHED)."""
    today = {"party": issue.request.caller, "day": issue.today}
    issued = await connection.one(_COUNT, **today)
    if issued is None:
        raise RuntimeError("an upsert returns its row")
    # The count of this one is taken back with the act.
    credential.check_quota(issued=issued - 1, quota=issue.quota, now=issue.now, zone=issue.zone)
    if issued == 1:
        await connection.run(_FORGET_COUNTS, **today)


async def _place(connection: Connection, candidates: tuple[int, ...]) -> tuple[int, int]:
    """Reserve a free index in the newest list, or in a new list if the newest is too full."""
    newest = await connection.one(_NEWEST_LIST)
    if newest is not None and (place := await _mark(connection, newest, candidates)) is not None:
        return newest, place
    number = 0 if newest is None else newest + 1
    # Every entry of a new list is INVALID.
    fresh = rows.packed(StatusList.filled(INVALID))
    await connection.run(_BEGIN_LIST, number=number, version=0, entries=fresh)
    if (place := await _mark(connection, number, candidates)) is not None:
        return number, place
    raise UnavailableError(Reason.STORE_UNAVAILABLE)


async def _mark(connection: Connection, number: int, candidates: tuple[int, ...]) -> int | None:
    """Reserve the first candidate index that was never used and return it; None if all were used."""
    for place in candidates:
        if await connection.one(_MARK, number=number, place=place) is not None:
            return place
    return None
