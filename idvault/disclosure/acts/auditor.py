"""The auditor's part of disclosures: request, read, cancel, open and confirm (docs/disclosure.md).

- A request must be recent and signed by an auditor of the current roster. Its log entry fixes the version of
  the record.
- Before anything is returned, an opening is in the log and a signed checkpoint covers it.
- A code is spent after all other checks, and never for a repeat.

A stored record counts only if a settlement entry of the account commits to its digest:

- For the present record, entries are tried newest first. Entries of failed claims are skipped. The first
  remaining entry must be that of a successful claim and commit to this record. A restored old version or a
  changed record does not match it.
- For a former version that a request names, any settlement entry may commit to it. A version that ended has
  no shred key, and is refused even if its row was put back.
- For a disclosure, the entry of its request must commit to the record's digest. The service writes this entry
  only after one of these checks, so it fixes the version that was requested.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta, tzinfo

from idvault.account.store import rows as account_rows
from idvault.account.store import version as account_version
from idvault.core.act import MemberActor, Tx, Vault, act, known, member_mutation
from idvault.core.db.connection import Connection
from idvault.core.request import MemberAsked, Request
from idvault.disclosure import rules as disclosure_rules
from idvault.disclosure.acts.disclosure import DisclosureContext, ShownDisclosure
from idvault.disclosure.ports import EndedClaim, Filed, Filing, GivenShare, RecordEvidence
from idvault.disclosure.store import lists
from idvault.disclosure.store import rows as disclosure_rows
from idvault.key.acts.version import ShredKeys
from idvault.log.acts.stored_log import Proofs
from idvault.log.rules import Logged
from idvault.people import acts as people_acts
from idvault_verify.account import AccountState
from idvault_verify.attest import disclosure as papers
from idvault_verify.attest import record_key
from idvault_verify.attest.disclosure import PaperError, Terms
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.claim import ClaimState
from idvault_verify.clock import ClockReading
from idvault_verify.disclosure import Disclosure
from idvault_verify.error import (
    DamagedError,
    ExhaustedError,
    IdvaultError,
    NotFoundError,
    PreconditionError,
    Reason,
)
from idvault_verify.event import EventType
from idvault_verify.record import SealedRecord
from idvault_verify.transparency import entry
from idvault_verify.transparency.entry import EntryError

_NUMBERS_A_DAY = 100_000
_RETRY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class CheckedRecord:
    """A record that matches the log. claim_id: of the claim that stored it; entry_id: of its settlement."""

    record: SealedRecord
    claim_id: str
    entry_id: str
    digest: bytes


def check(evidence: RecordEvidence) -> CheckedRecord:
    """Return the record with its settlement, or raise DamagedError (RECORD_DAMAGED)."""
    record, digest = evidence.record, evidence.record.digest()
    failed = [claim for claim in evidence.claims if claim.state != ClaimState.SUCCEEDED.value]
    succeeded = [claim for claim in evidence.claims if claim.state == ClaimState.SUCCEEDED.value]
    for logged in evidence.entries:
        if not _is_settlement(logged) or any(_fits(logged, record, claim, b"") for claim in failed):
            continue
        for claim in succeeded:
            if _fits(logged, record, claim, digest):
                return CheckedRecord(record, claim.claim_id, logged.entry_id, digest)
        break
    raise DamagedError(Reason.RECORD_DAMAGED)


def check_requested(evidence: RecordEvidence, *, filed: Filed, signed_request: bytes) -> CheckedRecord:
    """Return the record that a request fixed; raises DamagedError (RECORD_DAMAGED)."""
    record, digest = evidence.record, evidence.record.digest()
    requested = next((each for each in evidence.entries if each.entry_id == filed.entry_id), None)
    if requested is None:
        raise DamagedError(Reason.RECORD_DAMAGED)
    try:
        entry.check_opened(
            requested.leaf,
            type=EventType.DISCLOSURE_REQUEST,
            opening_key=requested.opening_key,
            account_token=record.account_token,
            fields={"request": signed_request, "record_digest": digest},
        )
    except EntryError as error:
        raise DamagedError(Reason.RECORD_DAMAGED) from error
    return check_former(evidence)


def check_former(evidence: RecordEvidence) -> CheckedRecord:
    """Return the record with the settlement that stored it; raises DamagedError (RECORD_DAMAGED)."""
    record, digest = evidence.record, evidence.record.digest()
    succeeded = [claim for claim in evidence.claims if claim.state == ClaimState.SUCCEEDED.value]
    for logged in filter(_is_settlement, evidence.entries):
        for claim in succeeded:
            if _fits(logged, record, claim, digest):
                return CheckedRecord(record, claim.claim_id, logged.entry_id, digest)
    raise DamagedError(Reason.RECORD_DAMAGED)


def _is_settlement(logged: Logged) -> bool:
    return entry.decode_leaf(logged.leaf).type == EventType.CLAIM_SETTLE.value


def _fits(logged: Logged, record: SealedRecord, claim: EndedClaim, digest: bytes) -> bool:
    try:
        entry.check_opened(
            logged.leaf,
            type=EventType.CLAIM_SETTLE,
            opening_key=logged.opening_key,
            account_token=record.account_token,
            fields={
                "claim_id": claim.claim_id,
                "state": claim.state,
                "failure_reason": claim.failure_reason,
                "record_digest": digest,
            },
        )
    except EntryError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class OpenedRecord:
    """Everything that the auditor's client needs; proofs: of settlement, request and opening."""

    shown: ShownDisclosure
    checked: CheckedRecord
    shred_value: bytes = field(repr=False)
    shares: tuple[GivenShare, ...]
    proofs: Proofs


@dataclass(kw_only=True, eq=False, repr=False)
class AuditorContext(DisclosureContext):
    """What auditors need besides. daily: requests per auditor and day of zone."""

    shred_keys: ShredKeys
    zone: tzinfo
    daily: int

    async def own(self, disclosure_id: str, actor_id: str) -> Filed:
        """Return a disclosure of an auditor; raises NotFoundError (REQUEST_NOT_FOUND)."""
        filed = await self.find(disclosure_id)
        disclosure_rules.check_owner(disclosure=filed.disclosure, actor_id=actor_id)
        return filed


async def evidence_of(
    vault: Vault, account_token: str, *, record_id: str | None = None
) -> RecordEvidence | None:
    """Return a record with its evidence, None if it does not exist; the present one without a record_id."""
    return await vault.read(
        "disclosure.evidence",
        lambda one: disclosure_rows.evidence(one, account_token=account_token, record_id=record_id),
    )


async def _filed_again(
    connection: Connection, _answer: bytes, filing: Filing, *_: object, **__: object
) -> Filed:
    return await disclosure_rows.get(connection, disclosure_id=filing.disclosure.disclosure_id)


async def _again(connection: Connection, _answer: bytes, disclosure_id: str, *_: object) -> Filed:
    return await disclosure_rows.get(connection, disclosure_id=disclosure_id)


async def _opened_again(_connection: Connection, answer: bytes, *_: object) -> str:
    return answer.decode()


# Rows are always locked in this order: the member's request, the budget, the account, the disclosure.
@member_mutation("disclosure.request", again=_filed_again)
async def request_stored(
    tx: Tx, filing: Filing, signed: bytes, *, named: bool, today: date, daily: int
) -> Filed:
    """Store a request that was checked before, of a version of an account's record.

    named: whether the auditor named the version; if not, it must be the present one of an account that is not
    erased. daily: how many the auditor may file today.

    Raises ExhaustedError (TOO_MANY_ATTEMPTS), PreconditionError, NotFoundError (ACCOUNT_NOT_FOUND), and
    AlreadyExistsError (REQUEST_ID_REUSED) if its id was used before.
    """
    made = filing.disclosure
    used = await disclosure_rows.charge(tx.connection, actor_id=tx.by.actor_id, day=today, daily=daily)
    if used is None:
        raise ExhaustedError(Reason.TOO_MANY_ATTEMPTS, retry_after=_RETRY)
    await _check_version(tx, made, named=named)
    event = await tx.log(
        EventType.DISCLOSURE_REQUEST,
        account_token=made.account_token,
        request=signed,
        record_digest=made.record_digest,
    )
    # Grows with each request of the auditor.
    number = today.toordinal() * _NUMBERS_A_DAY + used
    filed = Filed(made, filing.text, filing.digest, filing.threshold, event.entry_id, number)
    await disclosure_rows.add(tx.connection, filed)
    return filed


@member_mutation("disclosure.cancel", again=_again)
async def cancel_stored(tx: Tx, disclosure_id: str) -> Filed:
    """Cancel a disclosure of who acts, and destroy its shares; raises NotFoundError, PreconditionError."""
    filed = await _lock_own(tx, disclosure_id)
    cancelled = disclosure_rules.cancel(disclosure=filed.disclosure, now=tx.now.business)
    await disclosure_rows.put(tx.connection, cancelled)
    await disclosure_rows.end(tx.connection, cancelled, now=tx.now.business)
    await tx.log(
        EventType.DISCLOSURE_CANCEL, account_token=cancelled.account_token, disclosure_id=disclosure_id
    )
    return replace(filed, disclosure=cancelled)


@member_mutation("disclosure.confirm", again=_again)
async def confirm_stored(tx: Tx, disclosure_id: str, record_digest: bytes) -> Filed:
    """Store that the shares open the record; raises NotFoundError, PreconditionError."""
    filed = await _lock_own(tx, disclosure_id)
    confirmed = disclosure_rules.confirm(disclosure=filed.disclosure, now=tx.now.business)
    await disclosure_rows.put(tx.connection, confirmed)
    await tx.log(
        EventType.DISCLOSURE_CONFIRM,
        account_token=confirmed.account_token,
        disclosure_id=disclosure_id,
        record_digest=record_digest,
    )
    return replace(filed, disclosure=confirmed)


@member_mutation(
    "disclosure.open", again=_opened_again, answer=lambda _disclosure_id, _digest, entry_id: entry_id.encode()
)
async def open_stored(tx: Tx, disclosure_id: str, record_digest: bytes, entry_id: str) -> str:
    """Store one opening of the version with this digest; return its entry's id, also to a repeat."""
    filed = await _lock_own(tx, disclosure_id)
    opened = disclosure_rules.open_once(disclosure=filed.disclosure, now=tx.now.business)
    stored = await account_version.find(
        tx.connection, account_token=opened.account_token, record_id=opened.record_id
    )
    if stored is None or stored.digest() != record_digest:
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    await disclosure_rows.put(tx.connection, opened)
    await disclosure_rows.add_opening(
        tx.connection, opened, entry_id=entry_id, record_digest=record_digest, now=tx.now.business
    )
    await tx.log(
        EventType.DISCLOSURE_OPEN,
        entry_id,
        account_token=opened.account_token,
        disclosure_id=disclosure_id,
        record_digest=record_digest,
    )
    return entry_id


@act("disclosure.report_share")
async def report_share_stored(tx: Tx, disclosure_id: str, custodian: str) -> bool:
    """Store that a custodian's share is wrong, once; False if that is stored."""
    filed = await _lock_own(tx, disclosure_id)
    reported = disclosure_rules.report_share(
        disclosure=filed.disclosure, custodian=custodian, now=tx.now.business
    )
    if reported == filed.disclosure:
        tx.unchanged("the share is reported")
        return False
    await disclosure_rows.report_share(tx.connection, reported, custodian, now=tx.now.business)
    await tx.log(
        EventType.DISCLOSURE_REPORT_SHARE,
        account_token=reported.account_token,
        disclosure_id=disclosure_id,
        custodian=custodian,
    )
    return True


async def _lock_own(tx: Tx, disclosure_id: str) -> Filed:
    filed = await disclosure_rows.lock(tx.connection, disclosure_id=disclosure_id)
    disclosure_rules.check_owner(disclosure=filed.disclosure, actor_id=tx.by.actor_id)
    return filed


async def _check_version(tx: Tx, made: Disclosure, *, named: bool) -> None:
    """Raise an error unless the disclosure is for a version that may be requested; see `request_stored`.

    Of an erased account only a version that a hold keeps may be requested.
    """
    version = {"account_token": made.account_token, "record_id": made.record_id}
    owner = await account_rows.lock(tx.connection, account_token=made.account_token)
    if owner is not None and owner.state is AccountState.ERASED:
        holds = await account_version.held(tx.connection, made.account_token)
        held = [each.record_id for each in holds if each.until > tx.now.business]
        if not named or made.record_id not in held:
            raise PreconditionError(Reason.ACCOUNT_ERASED)
    if named:
        found = await account_version.find(tx.connection, **version)
    else:
        found = await account_rows.find_record(tx.connection, made.account_token)
    if owner is None or found is None:
        raise _gone() if named else NotFoundError(Reason.ACCOUNT_NOT_FOUND)
    if (found.record_id, found.digest()) != (made.record_id, made.record_digest):
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)


def _gone() -> IdvaultError:
    """Return the error for a version that is not kept any more."""
    return PreconditionError(Reason.RECORD_VERSION_GONE)


async def request(
    context: AuditorContext, call: MemberAsked, *, signed: bytes, record_id: str, now: ClockReading
) -> ShownDisclosure:
    """Store a signed request; raises InvalidError, PreconditionError, ExhaustedError and others.

    record_id: the version that is requested; "" for the present one.
    """
    vault, actor_id = context.vault, call.actor_id
    async with context.refusals.logged(actor_id=actor_id, now=now):
        await vault.guard.check(now=now)
        asked = call.request(vault.fingerprinter)
        terms = _terms(context, signed, context.rosters.member(actor_id))
        if await known(vault, asked) is not None:
            return context.show(await context.own(terms.disclosure_id, actor_id))
        disclosure_rules.check_fresh(created_at=terms.created_at, now=now.real)
        filing = await _filing(context, terms, signed, record_id, actor_id, now)
        filed = await request_stored.run(
            vault,
            call,
            now,
            asked,
            filing,
            signed,
            named=bool(record_id),
            today=now.today(context.zone),
            daily=context.daily,
        )
        context.observe("request")
        return ShownDisclosure(filed, signed)


async def get(
    context: AuditorContext, *, actor_id: str, disclosure_id: str, now: ClockReading
) -> ShownDisclosure:
    """Return a disclosure of this auditor; raises NotFoundError (REQUEST_NOT_FOUND)."""
    async with context.refusals.logged(actor_id=actor_id, now=now):
        return context.show(await context.own(disclosure_id, actor_id))


async def page(
    context: AuditorContext, *, actor_id: str, below: int | None, limit: int
) -> tuple[list[ShownDisclosure], int | None]:
    """Return a page of the auditor's disclosures, newest first, and where the next page starts."""
    found = await context.vault.read(
        "disclosure.of_auditor",
        lambda one: lists.of_auditor(one, actor_id=actor_id, below=below, limit=limit + 1),
    )
    shown = [context.show(filed) for filed in found[:limit]]
    return shown, shown[-1].filed.number if len(found) > limit else None


async def quota(context: AuditorContext, *, actor_id: str, now: ClockReading) -> tuple[int, int]:
    """Return how many requests the auditor has filed today, and how many a day allows."""
    day = now.today(context.zone)
    filed = await context.vault.read(
        "disclosure.filed_on", lambda one: lists.filed_on(one, actor_id=actor_id, day=day)
    )
    return filed, context.daily


async def cancel(
    context: AuditorContext, call: MemberAsked, *, disclosure_id: str, now: ClockReading
) -> ShownDisclosure:
    """Cancel a disclosure of this auditor that was not opened. Released shares stay disclosed."""
    vault, actor_id = context.vault, call.actor_id
    async with context.refusals.logged(actor_id=actor_id, now=now):
        await vault.guard.check(now=now)
        asked = call.request(vault.fingerprinter)
        former = await known(vault, asked)
        filed = await context.own(disclosure_id, actor_id)
        if former is None:
            filed = await cancel_stored.run(vault, call, now, asked, disclosure_id)
            context.observe("cancel")
        return context.show(filed)


async def open_record(
    context: AuditorContext,
    call: MemberAsked,
    *,
    disclosure_id: str,
    code: str,
    now: ClockReading,
    patience: float,
) -> OpenedRecord:
    """Open once, and return what the auditor's one-time key can decrypt.

    A repeat with the same request_id is the same opening; it also returns the shares released since.

    Waits up to `patience` seconds for the checkpoint, then raises UnavailableError (LOG_UNAVAILABLE). The
    opening still counts, and a repeat with the same request_id continues to wait. Raises DamagedError
    (RECORD_DAMAGED).
    """
    actor_id = call.actor_id
    async with context.refusals.logged(actor_id=actor_id, now=now):
        asked = call.request(context.vault.fingerprinter)
        # Read before looking for the request: what a concurrent repeat changes must not make this call fail.
        filed = await context.own(disclosure_id, actor_id)
        kept = await known(context.vault, asked)
        entry_id = kept.decode() if kept is not None else await _open_once(context, filed, asked, code, now)
        return await _hand_over(context, disclosure_id, actor_id, entry_id, now=now, patience=patience)


async def confirm(
    context: AuditorContext, call: MemberAsked, *, disclosure_id: str, now: ClockReading
) -> ShownDisclosure:
    """Store that the shares open the record, so that no further share is taken."""
    vault, actor_id = context.vault, call.actor_id
    async with context.refusals.logged(actor_id=actor_id, now=now):
        await vault.guard.check(now=now)
        asked = call.request(vault.fingerprinter)
        former = await known(vault, asked)
        filed = await context.own(disclosure_id, actor_id)
        if former is None:
            checked = await _checked(context, filed)
            filed = await confirm_stored.run(vault, call, now, asked, disclosure_id, checked.digest)
            context.observe("confirm")
        return context.show(filed)


async def report_share(
    context: AuditorContext, *, actor_id: str, disclosure_id: str, custodian: str, now: ClockReading
) -> None:
    """Log that a custodian's share is not the one that was sealed, once for each custodian."""
    vault = context.vault
    async with context.refusals.logged(actor_id=actor_id, now=now):
        await vault.guard.check(now=now)
        await context.own(disclosure_id, actor_id)
        if await report_share_stored(vault, MemberActor(actor_id), now, disclosure_id, custodian):
            context.observe("report_share")


async def _open_once(
    context: AuditorContext, filed: Filed, asked: Request, code: str, now: ClockReading
) -> str:
    vault, wanted = context.vault, filed.disclosure
    await vault.guard.check(now=now)
    disclosure_rules.check_may_open(disclosure=wanted, now=now.business)
    checked = await _checked(context, filed)
    # Looked up before the code is spent and the opening counts; read only afterwards.
    if not await context.shred_keys.has(account_token=wanted.account_token, record_id=wanted.record_id):
        raise await _without_key(context, wanted)
    who = MemberActor(wanted.auditor_actor_id)
    await context.second_factor.check(actor_id=who.actor_id, code=code, now=now)
    entry_id = await open_stored.run(
        vault, who, now, asked, wanted.disclosure_id, checked.digest, vault.new_id()
    )
    context.observe("open")
    return entry_id


async def _hand_over(
    context: AuditorContext,
    disclosure_id: str,
    actor_id: str,
    entry_id: str,
    *,
    now: ClockReading,
    patience: float,
) -> OpenedRecord:
    filed = await context.own(disclosure_id, actor_id)
    opened = filed.disclosure
    if not disclosure_rules.needs_shares(disclosure=opened, now=now.business):
        raise PreconditionError(Reason.DISCLOSURE_EXPIRED)
    checked = await _checked(context, filed)
    # Shares and the shred key are read only after the opening is known to be in the log.
    proofs = await context.proofs.wait(
        (checked.entry_id, filed.entry_id, entry_id), account_token=opened.account_token, patience=patience
    )
    shares = await context.vault.read(
        "disclosure.shares", lambda one: disclosure_rows.shares(one, disclosure_id=disclosure_id)
    )
    if sum(share.resealed is not None for share in shares) < filed.threshold:
        raise PreconditionError(Reason.DISCLOSURE_EXPIRED)
    shred_key = await context.shred_keys.find(account_token=opened.account_token, record_id=opened.record_id)
    if shred_key is None:
        raise await _without_key(context, opened)
    value = record_key.shred_value(shred_key=shred_key, record_id=opened.record_id)
    return OpenedRecord(context.show(filed), checked, value, tuple(shares), proofs)


async def _checked(context: AuditorContext, filed: Filed) -> CheckedRecord:
    wanted = filed.disclosure
    evidence = await evidence_of(context.vault, wanted.account_token, record_id=wanted.record_id)
    if evidence is None:
        erased = await _is_erased(context, wanted.account_token)
        raise PreconditionError(Reason.ACCOUNT_ERASED) if erased else _gone()
    return check_requested(evidence, filed=filed, signed_request=context.signed_request(filed))


async def _without_key(context: AuditorContext, wanted: Disclosure) -> IdvaultError:
    """Return the error for a version whose shred key was destroyed, or is lost."""
    if await _is_erased(context, wanted.account_token):
        return PreconditionError(Reason.ACCOUNT_ERASED)
    present = await context.vault.main.one("account.record", account_rows.RECORD, token=wanted.account_token)
    is_former = present is not None and present.record_id != wanted.record_id
    return _gone() if is_former else DamagedError(Reason.RECORD_DAMAGED)


async def _is_erased(context: AuditorContext, account_token: str) -> bool:
    return await context.vault.read(
        "account.erased", lambda one: account_rows.is_erased(one, account_token=account_token)
    )


async def _asked_for(context: AuditorContext, account_token: str, record_id: str) -> CheckedRecord:
    """Return the version that a request names, the present one for ""."""
    evidence = await evidence_of(context.vault, account_token)
    if not record_id or (evidence is not None and evidence.record.record_id == record_id):
        if evidence is None:
            raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
        return check(evidence)
    evidence = await evidence_of(context.vault, account_token, record_id=record_id)
    # A row that was put back has no key: nobody is asked for a share of it.
    if evidence is None or not await context.shred_keys.has(account_token=account_token, record_id=record_id):
        raise _gone()
    return check_former(evidence)


async def _filing(  # noqa: PLR0917 - what a request consists of
    context: AuditorContext, terms: Terms, signed: bytes, record_id: str, actor_id: str, now: ClockReading
) -> Filing:
    wanted = await _asked_for(context, terms.account_token, record_id)
    quorum = people_acts.quorum_of_record(rosters=context.rosters, record=wanted.record)
    disclosure = Disclosure(
        disclosure_id=terms.disclosure_id,
        auditor=terms.auditor,
        auditor_actor_id=actor_id,
        account_token=terms.account_token,
        record_id=wanted.record.record_id,
        record_digest=wanted.digest,
        openings=terms.openings,
        created_at=now.business,
        # Counted from the service's clock, so that a clock difference cannot extend it.
        expire_at=now.business + terms.lifetime,
    )
    text = context.case_texts.seal(disclosure_id=terms.disclosure_id, text=signed)
    return Filing(disclosure, text, papers.digest(signed), quorum.threshold)


def _terms(context: AuditorContext, signed: bytes, roster_member: RosterMember) -> Terms:
    terms = papers.parse_request(signed)
    terms.check()
    if terms.auditor != roster_member.name:
        raise PaperError("signed_request", "the request names another auditor")
    papers.check_signature(signed, roster_member=roster_member, field="signed_request")
    if terms.roster_digest != context.rosters.current.digest():
        raise PreconditionError(Reason.ROSTER_INVALID)
    return terms
