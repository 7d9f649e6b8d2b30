"""Issues status tokens and status credentials (with a status list entry) for third parties."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from idvault.account.ports.account import StatusStore
from idvault.account.rules import account as account_rules
from idvault.core.entropy import Entropy
from idvault.core.policy import OperatorPolicy
from idvault.core.request import Fingerprinter, Request
from idvault.log.acts.events import EventFactory
from idvault.log.acts.guard import LogGuard
from idvault.status.credential import rules as credential
from idvault.status.credential.ports import (
    Credential,
    CredentialIssue,
    CredentialStore,
    Pairwise,
    StatusSigner,
)
from idvault.verify.attest import status_token
from idvault.verify.attest.status_list import LIST_SIZE
from idvault.verify.clock import ClockReading
from idvault.verify.error import NotFoundError, Reason
from idvault.verify.event import EventType
from idvault.verify.seal import Part

# A new list is started when this many random indices of the old one are all used: it is then mostly full.
_CANDIDATES = 16
_PLACE_BYTES = 4


@dataclass(frozen=True, slots=True)
class CredentialCommand:
    """A relying party's request for a credential, already validated.

    fields: all fields of the request except request_id, in field-number order, as received.
    """

    relying_party: str
    actor_id: str
    request_id: str
    fields: tuple[Part, ...]
    account_token: str
    audience: str
    public_account_id: str | None = None


@dataclass(frozen=True, slots=True)
class Issued:
    """A signed token, and when it expires (real time, in whole seconds)."""

    token: str
    expires_at: datetime


class StatusTokenFlow:
    """Tokens and credentials for a relying party's accounts."""

    def __init__(
        self,
        *,
        accounts: StatusStore,
        credentials: CredentialStore,
        signer: StatusSigner,
        pairwise: Pairwise,
        fingerprinter: Fingerprinter,
        guard: LogGuard,
        entropy: Entropy,
        policy: OperatorPolicy,
        issued_by: str,
    ) -> None:
        """Initialise with the ports and the issuer's name; policy: for its time zone."""
        self._accounts = accounts
        self._credentials = credentials
        self._signer = signer
        self._pairwise = pairwise
        self._fingerprinter = fingerprinter
        self._guard = guard
        self._entropy = entropy
        self._events = EventFactory(entropy=entropy)
        self._policy = policy
        self._issued_by = issued_by

    async def issue_token(
        self, *, relying_party: str, account_token: str, audience: str, now: ClockReading
    ) -> Issued:
        """Return a status token; raises NotFoundError (ACCOUNT_NOT_FOUND), also for another's account."""
        account = await self._accounts.get(relying_party=relying_party, account_token=account_token)
        if account is None:
            raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
        shown = account_rules.project(account=account, today=now.today(self._policy.zone), now=now.business)
        verified = credential.attests(shown)
        expires_at = credential.expires_at(
            expire_date=shown.expire_date if verified else None,
            lifetime=status_token.TOKEN_LIFETIME,
            now=now,
            zone=self._policy.zone,
        )
        claims = status_token.status_claims(
            issued_by=self._issued_by,
            subject=self._pairwise.subject(audience=audience, account_token=account_token),
            audience=audience,
            status=shown,
            own=audience == relying_party,
            issued_at=now.real,
            expires_at=expires_at,
        )
        token = self._signer.sign(claims, typ=status_token.TOKEN_TYPE, now=now.real)
        return Issued(token, _whole(expires_at))

    async def issue_credential(self, command: CredentialCommand, *, now: ClockReading) -> Issued:
        """Issue a credential, or return the one that this request got, or one that the account has.

        Raises AlreadyExistsError, NotFoundError, PreconditionError, ExhaustedError and UnavailableError.
        """
        await self._guard.check(now=now)
        account = await self._accounts.get(
            relying_party=command.relying_party, account_token=command.account_token
        )
        if account is None:
            raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
        expires_at = credential.expires_at(
            # A public account outlasts its owner's verification, to the end of its term.
            expire_date=None if command.public_account_id else account.expire_date,
            lifetime=status_token.CREDENTIAL_LIFETIME,
            now=now,
            zone=self._policy.zone,
        )
        issue = self._issue(command, expires_at, now)
        event = self._events.event(
            EventType.CREDENTIAL_ISSUE,
            actor_id=command.actor_id,
            now=now,
            account_token=command.account_token,
        )
        found = await self._credentials.issue(issue, event=event)
        return Issued(self._signed(found, now), found.expires_at)

    def _issue(self, command: CredentialCommand, expires_at: datetime, now: ClockReading) -> CredentialIssue:
        fingerprint = self._fingerprinter.fingerprint(method="IssueStatusCredential", fields=command.fields)
        kept_id = self._fingerprinter.kept_id(
            relying_party=command.relying_party, request_id=command.request_id
        )
        return CredentialIssue(
            request=Request(command.relying_party, kept_id, fingerprint),
            credential_id=self._events.new_id(),
            account_token=command.account_token,
            audience=command.audience,
            candidates=tuple(
                int.from_bytes(self._entropy.random(_PLACE_BYTES), "big") % LIST_SIZE
                for _ in range(_CANDIDATES)
            ),
            today=now.today(self._policy.zone),
            issued_at=_whole(now.real),
            expires_at=_whole(expires_at),
            quota=self._policy.credentials_per_day,
            zone=self._policy.zone,
            now=now,
            public_account_id=command.public_account_id,
        )

    def _signed(self, found: Credential, now: ClockReading) -> str:
        public, attested = found.public_account_id, found.public_account_id or found.account_token
        claims: dict[str, Any] = {
            "issued_by": self._issued_by,
            "subject": self._pairwise.subject(audience=found.audience, account_token=attested),
            "audience": found.audience,
            "list_number": found.list_number,
            "list_index": found.list_index,
            "issued_at": found.issued_at,
            "expires_at": found.expires_at,
        }
        if public is None:
            made = status_token.credential_claims(**claims)
            return self._signer.sign(made, typ=status_token.CREDENTIAL_TYPE, now=now.real)
        made = status_token.public_account_claims(public_account_id=public, **claims)
        return self._signer.sign(made, typ=status_token.PUBLIC_ACCOUNT_TYPE, now=now.real)


def _whole(time: datetime) -> datetime:
    return time.replace(microsecond=0)
