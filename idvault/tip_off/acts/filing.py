"""Files reports, and lets their reporters follow them with a reference and a secret.

Every call names its platform, which must have a form. Neither the vault nor its database learns from where a
visitor reports: the pages limit addresses, in memory, and the vault counts the reports of a form.
"""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from idvault.core import caller
from idvault.core.act import SYSTEM, Tx, Vault, act, mutation
from idvault.platform import acts as platform_acts
from idvault.platform.rules import PresentedPlatform
from idvault.public_account.store import rows as public_account_rows
from idvault.sanction.operation import rules as operation_rules
from idvault.sanction.operation.store import ROWS as OPERATIONS
from idvault.sealing.ports import CaseField
from idvault.tip_off import rules
from idvault.tip_off.acts.case import (
    PERHAPS_OLD,
    Acting,
    TipOffCall,
    TipOffContext,
    check_signs,
    log,
    sealed_texts,
    signed,
)
from idvault.tip_off.contact import acts as contact_acts
from idvault.tip_off.flood import rules as flood_rules
from idvault.tip_off.flood import store as flood_store
from idvault.tip_off.ports import TipOffSecrets
from idvault.tip_off.reporter import rules as reporter_rules
from idvault.tip_off.reporter import store as reporter_store
from idvault.tip_off.rules import TIP_OFF_DAYS
from idvault.tip_off.store import rows as tip_off_rows
from idvault.tip_off.store.rows import FollowedReport, ReferenceTakenError, TipOffText
from idvault.tip_off.supplement import rules as supplement_rules
from idvault_verify import deadline
from idvault_verify import tip_off as verify_tip_off
from idvault_verify.clock import ClockReading
from idvault_verify.error import NotFoundError, Reason
from idvault_verify.event import EventType
from idvault_verify.sanction import SanctionCategory
from idvault_verify.tip_off import (
    Dismissal,
    ReporterStanding,
    TargetKind,
    TipOff,
    TipOffChannel,
    TipOffOutcome,
    TipOffState,
    TipOffTarget,
)

TRIES_A_DAY = 10


@dataclass(frozen=True, slots=True)
class NewTipOff:
    """What somebody reports. reporter_token: the reporter's account, None if the report is anonymous.

    by_form: whether it comes by the platform's form on the hosted pages. proof_id: of the proof of the
    contact, which is an address then; empty if nobody proved it.
    """

    channel: TipOffChannel
    target: TipOffTarget
    category: SanctionCategory
    text: str = field(repr=False)
    contact: str = field(default="", repr=False)
    reporter_token: str | None = field(default=None, repr=False)
    evidence: tuple[bytes, ...] = field(default=(), repr=False)
    content: bytes = field(default=b"", repr=False)
    operation_id: str | None = None
    by_form: bool = False
    proof_id: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class TipOffFiling:
    """A report to file. accounts: tokens that must be the platform's. limit: reports per reporter and day.

    taken: who took it down, None if nobody did.
    """

    tip_off: TipOff
    texts: tuple[TipOffText, ...] = field(repr=False)
    accounts: tuple[str, ...] = field(repr=False)
    limit: int
    today: date
    day_ends: datetime
    by_form: bool = False
    taken: Acting | None = None
    proof_id: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class FiledReport:
    """A report and its reporter's secret."""

    tip_off: TipOff
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReporterView:
    """What a reporter may read: the report, decided if the one that it was merged into is, and its texts.

    former_reply: the one before that of the decision. supplement: what the reporter answered; can_supplement:
    whether that is possible now. is_overdue: whether the deadline passed before the decision.
    """

    tip_off: TipOff
    text: str = field(repr=False)
    former_reply: str = field(repr=False)
    reply: str = field(repr=False)
    supplement: str = field(repr=False)
    can_supplement: bool
    is_overdue: bool


async def file(
    vault: Vault, call: TipOffCall, now: ClockReading, wanted: NewTipOff, context: TipOffContext
) -> FiledReport:
    """File a report; raises InvalidError, NotFoundError, PreconditionError, ExhaustedError."""
    await vault.guard.check(now=now)
    rules.check(wanted.target)
    rules.check_filing(
        text=wanted.text, contact=wanted.contact, evidence=wanted.evidence, content=wanted.content
    )
    return _with_secret(await _stored(vault, call, now, wanted, context), call, context)


async def take(
    vault: Vault, call: TipOffCall, now: ClockReading, wanted: NewTipOff, context: TipOffContext
) -> FiledReport:
    """File a report that a moderator took down and signed; a repeat needs no signature of today.

    Raises as `file` does, and NotFoundError (MODERATOR_NOT_FOUND), PreconditionError (MODERATOR_REVOKED).
    """
    await vault.guard.check(now=now)
    rules.check_taken(wanted.channel)
    rules.check(wanted.target)
    rules.check_filing(text=wanted.text, contact=wanted.contact, evidence=wanted.evidence, content=b"")
    try:
        paper = await signed(vault, call, now=now)
    except PERHAPS_OLD:
        filed = await _file.known(vault, call.request(vault.fingerprinter))
        if filed is None:
            raise
    else:
        moderator_id = call.decision.moderator_id if call.decision else ""
        filed = await _stored(vault, call, now, wanted, context, taken=Acting(moderator_id, paper))
    return _with_secret(filed, call, context)


async def _stored(
    vault: Vault,
    call: TipOffCall,
    now: ClockReading,
    wanted: NewTipOff,
    context: TipOffContext,
    *,
    taken: Acting | None = None,
) -> TipOff:
    """Store a report under a reference that no other one has."""
    request = call.request(vault.fingerprinter)
    while True:
        filing = _filing(call, wanted, context, now, tip_off_id=vault.new_id())
        filing = replace(filing, taken=taken)
        try:
            new = filing.tip_off.tip_off_id
            return await _file.run(vault, call, now, request, new, filing, context.secrets)
        except ReferenceTakenError:
            continue  # a chance of 1 in 10^12 for each stored report


def _with_secret(filed: TipOff, call: TipOffCall, context: TipOffContext) -> FiledReport:
    secret = context.secrets.secret(
        relying_party=call.relying_party,
        tip_off_id=filed.tip_off_id,
        request_id=call.request_id,
        version=filed.secret_key,
    )
    return FiledReport(filed, secret.digits)


@mutation("tip_off.file", again=tip_off_rows.get)
async def _file(tx: Tx, tip_off_id: str, filing: TipOffFiling, secrets: TipOffSecrets) -> TipOff:
    """Store a new report with its texts, and count it for its reporter.

    One by a form is counted for the form and its day, whose row is locked last, by an act that locks no
    reporter; the first one of a day that came by a flooded form is logged. One that a moderator took down is
    counted for the moderator, likewise, and who it was is logged. Raises NotFoundError
    (ACCOUNT_NOT_FOUND, PUBLIC_ACCOUNT_NOT_FOUND, OPERATION_NOT_FOUND), PreconditionError (OPERATION_CLOSED,
    CONTACT_NOT_PROVED), ExhaustedError (TIP_OFF_LIMIT_REACHED) and ReferenceTakenError.
    """
    made = filing.tip_off
    await tip_off_rows.check_accounts(tx.connection, tx.party, filing.accounts)
    if made.target.kind is TargetKind.PUBLIC_ACCOUNT:
        await public_account_rows.get(tx.connection, tx.party, made.target.key)
    if made.operation_id is not None:
        named = await OPERATIONS.get(tx.connection, tx.party, made.operation_id)
        operation_rules.check_open(operation=named, now=tx.now.business)
    if made.reporter_id is not None:
        if filing.proof_id:
            await contact_acts.use(tx, filing.proof_id, made.reporter_id, secrets)
        made = replace(made, trusted=await _count(tx, filing, made.reporter_id))
    flood = await _flood(tx, filing) if filing.by_form else None
    # A trusted flagger's report comes first, whoever floods the form at the same time.
    made = replace(made, flooded=flood is not None and not made.trusted)
    await tip_off_rows.add(tx.connection, made)
    for text in filing.texts:
        await tip_off_rows.put_text(tx.connection, made, text, now=tx.now.business)
    await log(tx, EventType.TIP_OFF_FILE, tip_off_id=tip_off_id, evidence=b"".join(made.evidence))
    if filing.taken is not None:
        await _take(tx, filing, filing.taken)
    if flood is not None and flood_rules.begins(filed=flood.filed, most=flood.most):
        await log(tx, EventType.TIP_OFF_FLOOD, day=filing.today.isoformat(), limit=flood.most)
    return made


async def _take(tx: Tx, filing: TipOffFiling, taken: Acting) -> None:
    """Count and log who took a report down; raises PreconditionError, ExhaustedError."""
    await check_signs(tx, taken.moderator_id)
    count = await tip_off_rows.take(
        tx.connection, relying_party=tx.party, moderator_id=taken.moderator_id, day=filing.today
    )
    rules.check_takes(taken=count, remaining=filing.day_ends - tx.now.business)
    ids = {"tip_off_id": filing.tip_off.tip_off_id, "moderator_id": taken.moderator_id}
    await log(tx, EventType.TIP_OFF_TAKE, paper=taken.paper, **ids)


async def _flood(tx: Tx, filing: TipOffFiling) -> flood_store.FormDay | None:
    """Count a report of a form; return its day if the form is flooded."""
    day = await flood_store.count(tx.connection, relying_party=tx.party, today=filing.today)
    return day if flood_rules.is_flooded(filed=day.filed, most=day.most) else None


async def _count(tx: Tx, filing: TipOffFiling, reporter_id: str) -> bool:
    """Count a report for its reporter; return whether that is a trusted flagger."""
    known = await reporter_store.obtain(tx.connection, tx.party, reporter_id, today=filing.today)
    counted = reporter_rules.file(
        known, limit=filing.limit, today=filing.today, day_ends=filing.day_ends, now=tx.now.business
    )
    await reporter_store.put(tx.connection, counted)
    return counted.standing is ReporterStanding.TRUSTED


async def follow(
    vault: Vault, party: str, *, reference: str, secret: str, context: TipOffContext, now: ClockReading
) -> ReporterView:
    """Return what a reporter may read; raises as `find` does."""
    found = await find(vault, party, reference=reference, secret=secret, context=context, now=now)
    return view(found, context, now=now)


async def find(
    vault: Vault, party: str, *, reference: str, secret: str, context: TipOffContext, now: ClockReading
) -> FollowedReport:
    """Return the report of a number and a secret; raises NotFoundError (TIP_OFF_NOT_FOUND).

    The refusal is the same for an unknown reference, a wrong secret, and a reference that is locked for
    the day: a refusal of its own for the last would tell which references exist.
    """
    reference = rules.read_digits(reference, field="reference", count=verify_tip_off.REFERENCE_DIGITS)
    secret = rules.read_digits(secret, field="secret", count=verify_tip_off.SECRET_DIGITS)
    day = now.real.date()
    # Counted before the secret is checked, so that concurrent calls share a count.
    tries = await charge(vault, SYSTEM, now, party, reference, day)
    if tries is None or tries > TRIES_A_DAY:
        raise NotFoundError(Reason.TIP_OFF_NOT_FOUND)
    found = await vault.read("tip_off.follow", lambda one: tip_off_rows.follow(one, party, reference))
    context.secrets.check(found.tip_off, secret=secret)
    # Only this try: a count that starts again would tell others who try that the reporter has read.
    await _refund(vault, SYSTEM, now, party, reference, day)
    return found


def view(found: FollowedReport, context: TipOffContext, *, now: ClockReading) -> ReporterView:
    """Return what a reporter may read of a report that was found; raises DamagedError (RECORD_DAMAGED)."""
    own = _opened(found.tip_off, found.texts, context)
    replies = own if found.leading is None else _opened(found.leading, found.leading_texts, context) or own
    # What this reporter was asked, and may have answered, before the report was merged.
    reply = own.get(tip_off_rows.REPLY) or replies.get(tip_off_rows.REPLY, "")
    decided = replies.get(tip_off_rows.DECISION_REPLY, "")
    return ReporterView(
        _told(found.tip_off, found.leading),
        text=own.get(tip_off_rows.TEXT, ""),
        former_reply=reply if decided else "",
        reply=decided or reply,
        supplement=own.get(tip_off_rows.SUPPLEMENT, ""),
        can_supplement=supplement_rules.is_open(found.tip_off),
        is_overdue=rules.is_overdue(tip_off=found.tip_off, now=now.business),
    )


def _opened(tip_off: TipOff, texts: Mapping[str, TipOffText], context: TipOffContext) -> Mapping[str, str]:
    places = {name: CaseField(tip_off.relying_party, tip_off.tip_off_id, name) for name in texts}
    return {name: context.sealer.open(places[name], each.sealed) for name, each in texts.items()}


@act("tip_off.charge")
async def charge(tx: Tx, party: str, reference: str, day: date) -> int | None:
    """Count a try of a report that exists, and return the day's tries; None for an unknown reference."""
    count = None
    # Within the act, so that an unknown reference waits for its turn as a known one does.
    if await tip_off_rows.of_reference(tx.connection, party, reference) is not None:
        count = await tip_off_rows.charge(tx.connection, relying_party=party, reference=reference, day=day)
    if count == TRIES_A_DAY + 1:
        await log(tx, EventType.TIP_OFF_EXHAUST, day=day.isoformat())
    else:
        tx.unchanged("the log tells only that the tries of a day are exhausted")
    return count


@act("tip_off.refund")
async def _refund(tx: Tx, party: str, reference: str, day: date) -> None:
    await tip_off_rows.refund(tx.connection, relying_party=party, reference=reference, day=day)
    tx.unchanged("the log does not tell that a reporter has read")


def _filing(
    call: TipOffCall, wanted: NewTipOff, context: TipOffContext, now: ClockReading, *, tip_off_id: str
) -> TipOffFiling:
    party, policy, today = call.relying_party, context.policy, now.today(context.policy.zone)
    secret = context.secrets.secret(
        relying_party=party, tip_off_id=tip_off_id, request_id=call.request_id, version=None
    )
    made = TipOff(
        tip_off_id=tip_off_id,
        relying_party=party,
        reference=rules.reference_of(tip_off_id),
        channel=wanted.channel,
        target=wanted.target,
        category=wanted.category,
        evidence=wanted.evidence,
        reporter_id=_reporter_id(party, wanted, context),
        trusted=False,
        filed_at=now.business,
        due_at=deadline.due_at(start=now.business, days=TIP_OFF_DAYS, zone=policy.zone),
        secret_hash=secret.hash,
        secret_key=secret.key_version,
        operation_id=wanted.operation_id,
    )
    tokens = [wanted.target.key] if wanted.target.kind is TargetKind.ACCOUNT else []
    if wanted.reporter_token is not None:
        tokens.append(wanted.reporter_token)
    return TipOffFiling(
        made,
        _texts(call, made, wanted, context),
        tuple(tokens),
        policy.reports_per_day,
        today,
        deadline.end_of_day(today, zone=policy.zone),
        wanted.by_form,
        proof_id=wanted.proof_id,
    )


def _reporter_id(party: str, wanted: NewTipOff, context: TipOffContext) -> str | None:
    token = reporter_rules.proved(token=wanted.reporter_token, channel=wanted.channel)
    if wanted.proof_id:
        return context.secrets.reporter_id(relying_party=party, kind=contact_acts.KIND, value=wanted.contact)
    if token is None:
        return None
    return context.secrets.reporter_id(relying_party=party, kind="account", value=token)


def _texts(
    call: TipOffCall, made: TipOff, wanted: NewTipOff, context: TipOffContext
) -> tuple[TipOffText, ...]:
    """Return the texts that there are; what a moderator signed, with its salt."""
    given = {
        tip_off_rows.TEXT: wanted.text,
        tip_off_rows.PROVED_CONTACT if wanted.proof_id else tip_off_rows.CONTACT: wanted.contact,
        "content": b64encode(wanted.content).decode(),
    }
    under_salt: tuple[TipOffText, ...] = ()
    if call.decision is not None:
        under_salt = sealed_texts(
            call, made.tip_off_id, tip_off_rows.TEXT, given.pop(tip_off_rows.TEXT), sealer=context.sealer
        )
    places = {name: CaseField(made.relying_party, made.tip_off_id, name) for name in given}
    return under_salt + tuple(
        TipOffText(name, context.sealer.seal(places[name], text)) for name, text in given.items() if text
    )


def _told(tip_off: TipOff, leading: TipOff | None) -> TipOff:
    """Return a report as its reporter sees it: a merged one as the report that it was merged into."""
    if leading is None:
        return tip_off
    abusive = leading.outcome is TipOffOutcome.ABUSIVE  # the other reporter's abuse, not this one's
    return replace(
        tip_off,
        state=leading.state if leading.state is not TipOffState.MERGED else TipOffState.ASSIGNED,
        outcome=TipOffOutcome.DISMISSED if abusive else leading.outcome,
        dismissal=Dismissal.OTHER if abusive else leading.dismissal,
    )


async def forms(vault: Vault, *, after: str, limit: int) -> tuple[list[PresentedPlatform], str]:
    """Return the platforms with a form whose names follow `after`, and where the list continues."""
    found = await platform_acts.presented(vault, after=after, limit=limit + 1)
    return found[:limit], found[limit - 1].name if len(found) > limit else ""


async def has_form(vault: Vault, name: str) -> bool:
    """Return whether the hosted pages have a form of a platform, and so a page for its reporters."""
    try:
        await platform_acts.presented_as(vault, name)
    except NotFoundError:
        return False
    return True


async def serve(vault: Vault, name: str) -> None:
    """Wait from now on in a platform's turn, and not in that of all pages.

    Not before the platform is known: a visitor could make up names, each with a turn of its own. Raises
    NotFoundError (PLATFORM_NOT_FOUND) for one without a form.
    """
    await platform_acts.presented_as(vault, name)
    caller.serve(caller.platform(name))
