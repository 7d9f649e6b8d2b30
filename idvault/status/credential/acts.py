"""Use cases of credentials, the status list and its keys.

Announces this process's status keys and signs with the current one.

Implements status.credential.ports.StatusSigner and StatementSigner.

Lets the log's key vouch for the key with which the platform edge makes statements (histories).

* The worker has the log's key and the edge the other, so the note passes through the main database.
* A note counts for a week and is renewed each day, and when another key of the log begins to sign. A key that
  was replaced gets no further one: what its thief states later than that counts for nothing.

Publishes the status lists and keys: changed entries at once, every list re-signed each minute.

- The file is read before the list and replaced only if it has not changed meanwhile. So no worker reverts
  what another one published.
- Every five minutes four lists are rebuilt from the accounts, in turn, so that a lost change is corrected. A
  full list takes seconds, and this cost does not grow with the number of lists.
- The key set contains every key that may have signed something still valid, and the announced next key.

Issues status tokens and status credentials (with a status list entry) for third parties.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from idvault.account import rules as account_rules
from idvault.account.ports import StatusStore
from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.policy import OperatorPolicy
from idvault.core.request import Fingerprinter, Request
from idvault.log.acts.guard import LogGuard
from idvault.log.ports import Publication
from idvault.sealing.ports import Signer, Stated
from idvault.status.credential import rules as credential_rules
from idvault.status.credential.ports import (
    Credential,
    CredentialIssue,
    CredentialStore,
    Pairwise,
    StatusKeyStore,
    StatusListStore,
    StatusSigner,
)
from idvault.verify import signing_key
from idvault.verify.attest import jose, status_token
from idvault.verify.attest.jose import PublicKey
from idvault.verify.attest.status_list import LIST_SIZE, StatusList
from idvault.verify.clock import ClockReading
from idvault.verify.error import NotFoundError, Reason, UnavailableError
from idvault.verify.event import EventType
from idvault.verify.seal import Part
from idvault.verify.signing_key import StatusKey
from idvault.verify.transparency import statement_key
from idvault.verify.transparency.note import NoteSigner
from idvault.verify.transparency.statement_key import StatementKey
from idvault.verify.transparency.tree import LogError


class StatusKeyFlow:
    """The keys of one purpose that this process holds."""

    def __init__(self, *, store: StatusKeyStore, signers: Sequence[Signer], purpose: str) -> None:
        """Initialise with the port. signers: every key of the purpose in the key file."""
        self._store = store
        self._signers = {signer.public_key: signer for signer in signers}
        self._purpose = purpose
        self._announced: list[StatusKey] = []

    def hold(self, signers: Sequence[Signer]) -> None:
        """Hold these keys from now on: every key of the purpose in the key file, which has changed."""
        self._signers = {signer.public_key: signer for signer in signers}

    async def announce(self, *, now: datetime) -> None:
        """Announce each key that is new; it signs once it has been announced for 24 hours."""
        announced = await self._all()
        new = self._signers.keys() - {key.public_key for key in announced}
        for public_key in sorted(new):
            await self._store.announce(StatusKey(public_key, self._purpose, now))
        self._announced = await self._all() if new else announced

    async def _all(self) -> list[StatusKey]:
        return [key for key in await self._store.all() if key.purpose == self._purpose]

    def sign(self, claims: dict[str, Any], *, typ: str, now: datetime) -> str:
        """Return a signed token; raises UnavailableError if this process has no usable key.

        If the key file lacks the current key, the newest usable key that it has signs; that one is still
        published.
        """
        known = [key for key in self._announced if key.public_key in self._signers]
        usable = [key for key in known if signing_key.usable_from(keys=self._announced, key=key) <= now]
        chosen = max(usable, key=lambda key: key.announced_at, default=None)
        if chosen is None:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        signer = self._signers[chosen.public_key]
        return jose.sign(claims, typ=typ, public_key=chosen.public_key, signer=signer.sign)

    async def state(self, message: bytes, *, now: datetime) -> Stated:
        """Return a statement's signature by the newest key of this process that the log's key vouches for.

        Raises UnavailableError (LOG_UNAVAILABLE) if there is none: the worker vouches within seconds.
        """
        mine = [key for key in await self._all() if key.public_key in self._signers and _counts(key, now)]
        chosen = max(mine, key=lambda key: key.announced_at, default=None)
        if chosen is None:
            raise UnavailableError(Reason.LOG_UNAVAILABLE)
        return Stated(self._signers[chosen.public_key].sign(message), chosen.note)


def _counts(key: StatusKey, now: datetime) -> bool:
    try:
        return statement_key.unverified(key.note).counts(now)
    except LogError:
        return False


COUNTS_FOR = timedelta(days=7)
RENEWED_AFTER = timedelta(days=1)


@dataclass(kw_only=True, eq=False, repr=False)
class StatementKeyFlow:
    """The notes of one worker. signers: the log's keys that sign at a time. purpose: of the edge's keys."""

    store: StatusKeyStore
    signers: Callable[[datetime], Sequence[NoteSigner]]
    purpose: str

    async def run(self, *, now: ClockReading) -> None:
        """Vouch for the key that signs now and for those announced after it, unless a note is new enough."""
        keys = [key for key in await self.store.all() if key.purpose == self.purpose]
        current = signing_key.current(keys=keys, now=now.real)
        signers = self.signers(now.real)
        for key in keys:
            wanted = current is None or key.announced_at >= current.announced_at
            if wanted and not _is_new(key, signers, now.real):
                vouched = StatementKey(key.public_key, key.announced_at, now.real + COUNTS_FOR)
                await self.store.vouch(key.public_key, note=statement_key.vouch(vouched, signers))


def _is_new(key: StatusKey, signers: Sequence[NoteSigner], now: datetime) -> bool:
    try:
        found = statement_key.read(key.note, [each.key for each in signers])
        signed = statement_key.signers_of(key.note)
    except LogError:
        return False
    names = {(each.key.name, each.key.key_id) for each in signers}
    return signed == names and found.ends - COUNTS_FOR + RENEWED_AFTER > now


REFRESH = timedelta(seconds=60)
REBUILD = timedelta(minutes=5)
REBUILT_AT_ONCE = 4
_BATCH = 500


@dataclass(slots=True)
class _PublishedList:
    """What this worker has published of a list."""

    version: int
    signed_at: datetime


class StatusListFlow:
    """The public lists of one worker."""

    def __init__(
        self,
        *,
        store: StatusListStore,
        keys: StatusKeyStore,
        signer: StatusSigner,
        files: Publication,
        issued_by: str,
        zone: tzinfo,
    ) -> None:
        """Initialise with the ports, the issuer's name and the deployment's time zone."""
        self._store = store
        self._keys = keys
        self._signer = signer
        self._files = files
        self._issued_by = issued_by
        self._zone = zone
        self._published: dict[int, _PublishedList] = {}
        self._rebuilt_at: datetime | None = None
        self._last_rebuilt = -1

    async def run(self, *, now: ClockReading) -> None:
        """Update the lists and publish those that changed or must be re-signed; raises UnavailableError."""
        today = now.today(self._zone)
        if self._rebuilt_at is None or abs(now.real - self._rebuilt_at) >= REBUILD:
            await self._rebuild(await self._store.numbers(), now)
            self._rebuilt_at = now.real
        while await self._store.update(today=today, now=now, limit=_BATCH) == _BATCH:
            pass
        for number in await self._store.numbers():
            await self._publish(number, now=now.real)

    async def _rebuild(self, numbers: list[int], now: ClockReading) -> None:
        """Rebuild the lists after the one that was rebuilt last, beginning again after the newest."""
        last = self._last_rebuilt
        order = sorted(numbers, key=lambda number: (number <= last, number))
        for number in order[:REBUILT_AT_ONCE]:
            await self._store.rebuild(number, today=now.today(self._zone), now=now)
            self._last_rebuilt = number

    async def publish_keys(self, *, now: ClockReading) -> None:
        """Publish the current key set if it has changed."""
        former = await self._files.read(status_token.KEYS_PATH)
        announced = await self._keys.all()
        known = [
            PublicKey(key.public_key, purpose)
            for purpose in (status_token.TOKEN_PURPOSE, status_token.LIST_PURPOSE)
            for key in signing_key.published(
                keys=[key for key in announced if key.purpose == purpose], now=now.real
            )
        ]
        content = jose.key_set(known).to_bytes()
        if content != former:
            await self._files.replace(status_token.KEYS_PATH, former=former, content=content)

    async def _publish(self, number: int, *, now: datetime) -> None:
        path = status_token.list_path(number)
        former = await self._files.read(path)
        stored = await self._store.get(number)
        mine = self._published.get(number)
        if mine is not None and mine.version == stored.version and now - mine.signed_at < REFRESH:
            return
        claims = status_token.list_claims(
            issued_by=self._issued_by,
            number=number,
            entries=StatusList(bits=1, data=stored.entries),
            issued_at=now,
        )
        token = self._signer.sign(claims, typ=status_token.LIST_TYPE, now=now)
        # If another worker was faster, the next run tries again.
        if await self._files.replace(path, former=former, content=token.encode()):
            self._published[number] = _PublishedList(stored.version, now)


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
        verified = credential_rules.attests(shown)
        expires_at = credential_rules.expires_at(
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
        expires_at = credential_rules.expires_at(
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
