"""Act `issue` of a status credential (ports.status_list.CredentialStore)."""

from sqlalchemy import select

from idvault.domain import credential, request
from idvault.domain.error import NotFoundError, Reason, UnavailableError
from idvault.domain.event import Event
from idvault.ports.status_list import Credential, CredentialIssue
from idvault.storage.account import feed_rows as feed_row
from idvault.storage.account import rows as account
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.claim.tables import requests
from idvault.storage.credential import status_list
from idvault.storage.credential.tables import status_credentials, status_marks
from idvault.storage.dialect import insert_if_absent
from idvault.storage.log import entry as log


class SqlCredentialStore:
    """Credentials in the main database."""

    def __init__(self, *, database: Database) -> None:
        """Take the main database."""
        self._database = database

    async def issue(self, issue: CredentialIssue, *, event: Event) -> Credential:
        """Issue a credential, or find the one that this request already issued."""
        return await self._database.act(
            "credential.issue", lambda connection: _issue(connection, issue, event)
        )


async def _issue(connection: Connection, issue: CredentialIssue, event: Event) -> Credential:
    fresh = await insert_if_absent(
        connection,
        requests,
        relying_party=issue.request.relying_party,
        request_id=issue.request.request_id,
        fingerprint=issue.request.fingerprint,
        account_token=issue.account_token,
        claim_id=issue.credential_id,
        made_at=issue.now.business,
    )
    if not fresh:
        return await _repeated(connection, issue)
    owner = await account.lock(
        connection, account_token=issue.account_token, relying_party=issue.request.relying_party
    )
    if owner is None:
        raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
    credential.admit(account=owner, today=issue.today)
    number, place = await _place(connection, issue.candidates)
    await status_list.add_entry(
        connection,
        account_token=issue.account_token,
        credential_id=issue.credential_id,
        audience=issue.audience,
        number=number,
        place=place,
        issued_at=issue.issued_at,
        expires_at=issue.expires_at,
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
    )


async def _repeated(connection: Connection, issue: CredentialIssue) -> Credential:
    stored = (
        await connection.execute(
            select(requests).where(
                requests.c.relying_party == issue.request.relying_party,
                requests.c.request_id == issue.request.request_id,
            )
        )
    ).one()
    request.check_same(stored=stored.fingerprint, asked=issue.request.fingerprint)
    row = (
        await connection.execute(
            select(status_credentials).where(
                status_credentials.c.account_token == stored.account_token,
                status_credentials.c.credential_id == stored.claim_id,
            )
        )
    ).first()
    if row is None:  # it has run out, or the account was erased
        raise NotFoundError(Reason.REQUEST_NOT_FOUND)
    return Credential(
        row.credential_id,
        row.account_token,
        row.audience,
        row.number,
        row.place,
        row.issued_at,
        row.expires_at,
    )


async def _place(connection: Connection, candidates: tuple[int, ...]) -> tuple[int, int]:
    """Mark a place of the newest list, or where it has become crowded of a new one."""
    number = await status_list.newest(connection)
    for chosen in ([] if number is None else [number]) + [0 if number is None else number + 1]:
        await status_list.begin(connection, chosen)
        for place in candidates:
            if await insert_if_absent(connection, status_marks, number=chosen, place=place):
                return chosen, place
    raise UnavailableError(Reason.STORE_UNAVAILABLE)
