"""Issues status tokens and credentials for third parties, and publishes the status lists and their keys.

A process announces the keys that it holds, and signs with the current one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from idvault.account import acts as account_acts
from idvault.account import rules as account_rules
from idvault.account.store import rows as account_rows
from idvault.core.act import SYSTEM, Tx, Vault, act, mutation
from idvault.core.policy import OperatorPolicy
from idvault.core.request import Fingerprinter, Request, keyed
from idvault.log.ports import Publication
from idvault.public_account.rules import public_account as public_account_rules
from idvault.public_account.store import rows as public_account_rows
from idvault.sealing.ports import Signer, Stated
from idvault.status.credential import rules, store
from idvault.status.credential.ports import Pairwise, StatusSigner
from idvault.status.credential.rules import Credential, CredentialIssue, StoredList
from idvault_verify import signing_key
from idvault_verify.account import Account, MinimumAssurance
from idvault_verify.attest import jose, status_token
from idvault_verify.attest.jose import PublicKey
from idvault_verify.attest.status_list import LIST_SIZE, StatusList
from idvault_verify.clock import ClockReading
from idvault_verify.error import NotFoundError, Reason, UnavailableError
from idvault_verify.event import EventType
from idvault_verify.signing_key import StatusKey
from idvault_verify.transparency import statement_key
from idvault_verify.transparency.note import NoteSigner
from idvault_verify.transparency.statement_key import StatementKey
from idvault_verify.transparency.tree import LogError


@act("status_key.announce")
async def announce(tx: Tx, key: StatusKey) -> None:
    """Store a key unless it is stored already."""
    await store.announce(tx.connection, key)
    tx.unchanged("the key set tells of it")


@act("status_key.vouch")
async def vouch(tx: Tx, public_key: bytes, note: bytes) -> None:
    """Store the note in which the log's key vouches for a key."""
    await store.vouch(tx.connection, public_key, note)
    tx.unchanged("the note is signed by the log's key")


async def keys_of(vault: Vault, purpose: str) -> list[StatusKey]:
    """Return the announced keys of a purpose."""
    found = await vault.read("status_key.all", store.all_keys)
    return [key for key in found if key.purpose == purpose]


class StatusKeys:
    """The keys of one purpose that this process holds."""

    def __init__(self, *, vault: Vault, signers: Sequence[Signer], purpose: str) -> None:
        """Initialise without the announced ones. signers: every key of the purpose in the key file."""
        self._vault = vault
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
            await announce(
                self._vault, SYSTEM, ClockReading(now, now), StatusKey(public_key, self._purpose, now)
            )
        self._announced = await self._all() if new else announced

    async def _all(self) -> list[StatusKey]:
        return await keys_of(self._vault, self._purpose)

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


async def vouch_for_statements(
    vault: Vault, now: ClockReading, *, signers: Callable[[datetime], Sequence[NoteSigner]], purpose: str
) -> None:
    """Vouch for the key that signs now and for those announced after it, unless a note is new enough.

    signers: the log's keys that sign at a time. purpose: of the edge's keys.

    * The worker has the log's key and the edge the other, so the note passes through the main database.
    * A note counts for a week and is renewed each day, and when another key of the log begins to sign. A key
      that was replaced gets no further one: what its thief states later than that counts for nothing.
    """
    keys = await keys_of(vault, purpose)
    current = signing_key.current(keys=keys, now=now.real)
    by = signers(now.real)
    for key in keys:
        wanted = current is None or key.announced_at >= current.announced_at
        if wanted and not _is_new(key, by, now.real):
            vouched = StatementKey(key.public_key, key.announced_at, now.real + COUNTS_FOR)
            await vouch(vault, SYSTEM, now, key.public_key, statement_key.vouch(vouched, by))


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


def _turning(tx: Tx, today: date) -> store.Turning:
    """Return what entries become in an act, with the operating system's randomness for those that wait."""
    entropy = tx.events.entropy

    def draw(longest: timedelta) -> timedelta:
        return rules.turn_delay(entropy.random(rules.TURN_SEED_SIZE), longest=longest)

    return store.Turning(today, tx.now, draw)


@act("status_list.update")
async def _update(tx: Tx, today: date, limit: int) -> int:
    tx.unchanged("a list repeats what accounts are")
    return await store.follow(tx.connection, _turning(tx, today), limit=limit)


async def update(vault: Vault, now: ClockReading, *, today: date, limit: int) -> int:
    """Update the entries of up to `limit` changed accounts, and of as many whose time has come.

    Return how many accounts were checked. If that is less than limit, the lists include every change that was
    durable at the start, or the time at which they will is stored.
    """
    main = vault.main
    if (
        await main.one("status_list.pending", store.PENDING) is None
        and await main.one("status_list.turning", store.TURNING, now=now.real) is None
    ):
        return 0
    return await _update(vault, SYSTEM, now, today, limit)


@act("status_list.rebuild")
async def _rebuild(tx: Tx, number: int, start: int, today: date) -> None:
    tx.unchanged("a list repeats what accounts are")
    await store.rebuild(tx.connection, number, start, _turning(tx, today))


async def rebuild(vault: Vault, now: ClockReading, number: int, *, today: date) -> None:
    """Rebuild a list from the accounts, page by page: other acts run in between."""
    for start in range(0, LIST_SIZE, store.PAGE):
        await _rebuild(vault, SYSTEM, now, number, start, today)


async def list_numbers(vault: Vault) -> list[int]:
    """Return the numbers of the lists, in order."""
    return await vault.read("status_list.numbers", store.numbers)


async def get_list(vault: Vault, number: int) -> StoredList:
    """Return a list; raises NotFoundError."""
    return await vault.read("status_list.get", lambda one: store.get_list(one, number))


@dataclass(kw_only=True, eq=False, repr=False)
class StatusLists:
    """The public lists as one worker has published them. issued_by: the issuer's name.

    - The file is read before the list and replaced only if it has not changed meanwhile. So no worker reverts
      what another one published.
    - Every five minutes four lists are rebuilt from the accounts, in turn, so that a lost change is
      corrected. A full list takes seconds, and this cost does not grow with the number of lists.
    - The key set contains every key that may have signed something still valid, and the announced next key.
    """

    vault: Vault
    signer: StatusSigner
    files: Publication
    issued_by: str
    zone: tzinfo
    _published: dict[int, _PublishedList] = field(default_factory=dict, init=False)
    _rebuilt_at: datetime | None = field(default=None, init=False)
    _last_rebuilt: int = field(default=-1, init=False)

    async def run(self, *, now: ClockReading) -> None:
        """Update the lists and publish those that changed or must be re-signed; raises UnavailableError."""
        today = now.today(self.zone)
        if self._rebuilt_at is None or abs(now.real - self._rebuilt_at) >= REBUILD:
            await self._rebuild(await list_numbers(self.vault), now)
            self._rebuilt_at = now.real
        while await update(self.vault, now, today=today, limit=_BATCH) == _BATCH:
            pass
        for number in await list_numbers(self.vault):
            await self._publish(number, now=now.real)

    async def _rebuild(self, numbers: list[int], now: ClockReading) -> None:
        """Rebuild the lists after the one that was rebuilt last, beginning again after the newest."""
        last = self._last_rebuilt
        order = sorted(numbers, key=lambda number: (number <= last, number))
        for number in order[:REBUILT_AT_ONCE]:
            await rebuild(self.vault, now, number, today=now.today(self.zone))
            self._last_rebuilt = number

    async def publish_keys(self, *, now: ClockReading) -> None:
        """Publish the current key set if it has changed."""
        former = await self.files.read(status_token.KEYS_PATH)
        announced = await self.vault.read("status_key.all", store.all_keys)
        known = [
            PublicKey(key.public_key, purpose)
            for purpose in (status_token.TOKEN_PURPOSE, status_token.LIST_PURPOSE)
            for key in signing_key.published(
                keys=[key for key in announced if key.purpose == purpose], now=now.real
            )
        ]
        content = jose.key_set(known).to_bytes()
        if content != former:
            await self.files.replace(status_token.KEYS_PATH, former=former, content=content)

    async def _publish(self, number: int, *, now: datetime) -> None:
        path = status_token.list_path(number)
        former = await self.files.read(path)
        stored = await get_list(self.vault, number)
        mine = self._published.get(number)
        if mine is not None and mine.version == stored.version and now - mine.signed_at < REFRESH:
            return
        claims = status_token.list_claims(
            issued_by=self.issued_by,
            number=number,
            entries=StatusList(bits=1, data=stored.entries),
            issued_at=now,
        )
        token = self.signer.sign(claims, typ=status_token.LIST_TYPE, now=now)
        # If another worker was faster, the next run tries again.
        if await self.files.replace(path, former=former, content=token.encode()):
            self._published[number] = _PublishedList(stored.version, now)


# A new list is started when this many random indices of the old one are all used: it is then mostly full.
_CANDIDATES = 16
_PLACE_BYTES = 4


@dataclass(frozen=True, slots=True)
class CredentialCommand:
    """A relying party's request for a credential, already validated.

    content: what repetitions of the request must share.
    """

    relying_party: str
    actor_id: str
    request_id: str
    content: bytes = field(repr=False)
    account_token: str
    audience: str
    public_account_id: str | None = None
    minimum: MinimumAssurance = MinimumAssurance.ANY

    @property
    def method(self) -> str:
        """The method that is called."""
        return "IssueStatusCredential"

    def request(self, fingerprinter: Fingerprinter) -> Request:
        """Return the request with its fingerprint."""
        return keyed(self, fingerprinter).of_account(self.account_token)


@dataclass(frozen=True, slots=True)
class Issued:
    """A signed token, and when it expires (real time, in whole seconds)."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TokenContext:
    """What is needed beside the vault. issued_by: the issuer's name. policy: for its time zone and quota."""

    signer: StatusSigner
    pairwise: Pairwise
    policy: OperatorPolicy
    issued_by: str


@dataclass(frozen=True, slots=True)
class TokenDemand:
    """For whom a status token is, and what it demands of the account."""

    audience: str
    minimum: MinimumAssurance = MinimumAssurance.ANY


async def issue_token(
    vault: Vault,
    party: str,
    account_token: str,
    now: ClockReading,
    *,
    demand: TokenDemand,
    context: TokenContext,
) -> Issued:
    """Return a status token; raises NotFoundError (ACCOUNT_NOT_FOUND), also for another's account.

    Raises PreconditionError (ASSURANCE_MISSING).
    """
    audience = demand.audience
    zone = context.policy.zone
    account = await _account(vault, party, account_token)
    shown = account_rules.project(account=account, today=now.today(zone), now=now.business)
    verified = rules.attests(shown)
    expires_at = rules.expires_at(
        expire_date=shown.expire_date if verified else None,
        lifetime=status_token.TOKEN_LIFETIME,
        now=now,
        zone=zone,
    )
    claims = status_token.status_claims(
        issued_by=context.issued_by,
        subject=context.pairwise.subject(audience=audience, account_token=account_token),
        audience=audience,
        status=shown,
        own=audience == party,
        issued_at=now.real,
        expires_at=expires_at,
        minimum=rules.check_minimum(status=shown, minimum=demand.minimum),
    )
    token = context.signer.sign(claims, typ=status_token.TOKEN_TYPE, now=now.real)
    return Issued(token, _whole(expires_at))


@mutation("credential.issue", again=store.find, of_account=True)
async def issued(tx: Tx, credential_id: str, issue: CredentialIssue) -> Credential:
    """Store a credential, or find one that the account has, which is handed out again."""
    connection, token = tx.connection, issue.account_token
    owner = await account_rows.lock_of(connection, account_token=token, relying_party=tx.party)
    await _admit(tx, issue, owner)
    newest = await store.newest(connection, issue)
    if newest is not None and rules.is_current(
        expires_at=newest.expires_at, renewed_until=issue.expires_at, now=tx.now.real
    ):
        await tx.answer(newest.credential_id, account_token=token)
        await store.hasten(connection, newest)
        tx.unchanged("the account has a current credential")
        return newest
    count = await store.count(connection, tx.party, issue.today)
    # The count of this one is taken back with the act.
    rules.check_quota(issued=count - 1, quota=issue.quota, now=tx.now, zone=issue.zone)
    number, place = await store.place_of(connection, issue.candidates)
    made = Credential(
        credential_id,
        token,
        issue.audience,
        number,
        place,
        issue.issued_at,
        issue.expires_at,
        issue.public_account_id,
        issue.minimum,
    )
    await store.add(connection, made)
    await account_rows.attested(connection, account_token=token)
    await tx.log(EventType.CREDENTIAL_ISSUE, account_token=token, credential_id=credential_id, list=number)
    return made


async def _admit(tx: Tx, issue: CredentialIssue, owner: Account) -> None:
    """Raise NotFoundError or PreconditionError unless the account, or its public account, is attested now."""
    now = tx.now.business
    if issue.public_account_id is None:
        rules.admit(account=owner, minimum=issue.minimum, today=issue.today, now=now)
        return
    found = await public_account_rows.lock_of(
        tx.connection, account_token=owner.account_token, public_account_id=issue.public_account_id
    )
    if found is None:
        raise NotFoundError(Reason.PUBLIC_ACCOUNT_NOT_FOUND)
    public_account_rules.check_attested(
        public_account=found.public_account, owner=owner, today=issue.today, now=now
    )


async def issue_credential(
    vault: Vault, command: CredentialCommand, now: ClockReading, *, context: TokenContext
) -> Issued:
    """Issue a credential, or return the one that this request got, or one that the account has.

    Raises AlreadyExistsError, NotFoundError, PreconditionError, ExhaustedError and UnavailableError.
    """
    await vault.guard.check(now=now)
    account = await _account(vault, command.relying_party, command.account_token)
    request, made = command.request(vault.fingerprinter), vault.new_id()
    wanted = _issue(vault, command, account, now, context.policy)
    found = await issued.run(vault, command, now, request, made, wanted)
    return Issued(_signed(found, now, context), found.expires_at)


async def _account(vault: Vault, party: str, account_token: str) -> Account:
    account = await account_acts.find(vault.main, party, account_token)
    if account is None:
        raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
    return account


def _issue(
    vault: Vault, command: CredentialCommand, account: Account, now: ClockReading, policy: OperatorPolicy
) -> CredentialIssue:
    expires_at = rules.expires_at(
        # A public account outlasts its owner's verification, to the end of its term.
        expire_date=None if command.public_account_id else account.expire_date,
        lifetime=status_token.CREDENTIAL_LIFETIME,
        now=now,
        zone=policy.zone,
    )
    entropy = vault.events.entropy
    return CredentialIssue(
        account_token=command.account_token,
        audience=command.audience,
        candidates=tuple(
            int.from_bytes(entropy.random(_PLACE_BYTES), "big") % LIST_SIZE for _ in range(_CANDIDATES)
        ),
        today=now.today(policy.zone),
        issued_at=_whole(now.real),
        expires_at=_whole(expires_at),
        quota=policy.credentials_per_day,
        zone=policy.zone,
        public_account_id=command.public_account_id,
        minimum=command.minimum,
    )


async def issued_today(vault: Vault, *, now: ClockReading, zone: tzinfo) -> dict[str, int]:
    """Return how many new credentials each platform got today, of its quota. zone: of the quota."""
    return await vault.read("credential.issued", lambda one: store.issued(one, day=now.today(zone)))


def _signed(found: Credential, now: ClockReading, context: TokenContext) -> str:
    public, attested = found.public_account_id, found.public_account_id or found.account_token
    claims: dict[str, Any] = {
        "issued_by": context.issued_by,
        "subject": context.pairwise.subject(audience=found.audience, account_token=attested),
        "audience": found.audience,
        "list_number": found.list_number,
        "list_index": found.list_index,
        "issued_at": found.issued_at,
        "expires_at": found.expires_at,
    }
    if public is None:
        made = status_token.credential_claims(minimum=found.minimum, **claims)
        return context.signer.sign(made, typ=status_token.CREDENTIAL_TYPE, now=now.real)
    made = status_token.public_account_claims(public_account_id=public, **claims)
    return context.signer.sign(made, typ=status_token.PUBLIC_ACCOUNT_TYPE, now=now.real)


def _whole(time: datetime) -> datetime:
    return time.replace(microsecond=0)
