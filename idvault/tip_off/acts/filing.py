"""Files reports, and lets their reporters follow them with a reference and a secret.

Reports from the public: the forms of the platforms that the operator presents on the hosted pages.

Every call names its platform, which must have a form. Neither the vault nor its database learns from where a
visitor reports: the pages limit addresses, in memory, and the vault counts the reports of a form.
"""

from base64 import b64encode
from dataclasses import dataclass, field, replace

from idvault.core import caller
from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.policy import TipOffPolicy
from idvault.core.request import Fingerprinter
from idvault.log.acts.guard import LogGuard
from idvault.platform.ports import PresentationStore
from idvault.platform.rules import PresentedPlatform
from idvault.sealing.moderation_text_ports import CaseField, ModerationTextSealer
from idvault.tip_off import rules as tip_off_rules
from idvault.tip_off.acts.tip_off import TipOffCall, maker
from idvault.tip_off.ports import ReferenceTakenError, TipOffFiling, TipOffSecrets, TipOffStore, TipOffText
from idvault.tip_off.rules import TIP_OFF_DAYS
from idvault.verify import deadline
from idvault.verify import tip_off as verify_tip_off
from idvault.verify.clock import ClockReading
from idvault.verify.error import NotFoundError, Reason
from idvault.verify.event import SYSTEM_ACTOR
from idvault.verify.sanction import SanctionCategory
from idvault.verify.tip_off import (
    Dismissal,
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

    by_form: whether it comes by the platform's form on the hosted pages.
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


@dataclass(frozen=True, slots=True)
class FiledReport:
    """A report and its reporter's secret."""

    tip_off: TipOff
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReporterView:
    """What a reporter may read: the report, decided if the one that it was merged into is, and the reply."""

    tip_off: TipOff
    reply: str = field(repr=False)


@dataclass(kw_only=True, eq=False, repr=False)
class FilingFlow:
    """Reports as the public sees them."""

    store: TipOffStore
    secrets: TipOffSecrets
    sealer: ModerationTextSealer
    fingerprinter: Fingerprinter
    guard: LogGuard
    entropy: Entropy
    policy: TipOffPolicy

    def __post_init__(self) -> None:
        """Make events with the entropy source."""
        self._events = EventFactory(entropy=self.entropy)

    async def file(self, call: TipOffCall, *, wanted: NewTipOff, now: ClockReading) -> FiledReport:
        """File a report; raises InvalidError, NotFoundError, PreconditionError, ExhaustedError."""
        await self.guard.check(now=now)
        tip_off_rules.check(wanted.target)
        tip_off_rules.check_filing(
            text=wanted.text, contact=wanted.contact, evidence=wanted.evidence, content=wanted.content
        )
        request, make = call.request(self.fingerprinter), maker(self._events, call.actor_id, now)
        while True:
            filing = self._filing(call, wanted, now)
            try:
                filed = await self.store.file(filing, request=request, make=make, now=now)
            except ReferenceTakenError:
                continue  # a chance of 1 in 10^12 for each stored report
            break
        secret = self.secrets.secret(
            relying_party=call.relying_party,
            tip_off_id=filed.tip_off_id,
            request_id=call.request_id,
            version=filed.secret_key,
        )
        return FiledReport(filed, secret.digits)

    async def follow(
        self, *, relying_party: str, reference: str, secret: str, now: ClockReading
    ) -> ReporterView:
        """Return what a reporter may read; raises NotFoundError (TIP_OFF_NOT_FOUND).

        The refusal is the same for an unknown reference, a wrong secret, and a reference that is locked for
        the day: a refusal of its own for the last would tell which references exist.
        """
        reference = tip_off_rules.read_digits(
            reference, field="reference", count=verify_tip_off.REFERENCE_DIGITS
        )
        secret = tip_off_rules.read_digits(secret, field="secret", count=verify_tip_off.SECRET_DIGITS)
        day = now.real.date()
        # Counted before the secret is checked, so that concurrent calls share a count.
        tries = await self.store.charge(
            relying_party=relying_party,
            reference=reference,
            day=day,
            limit=TRIES_A_DAY,
            make=maker(self._events, SYSTEM_ACTOR, now),
            now=now,
        )
        if tries is None or tries > TRIES_A_DAY:
            raise NotFoundError(Reason.TIP_OFF_NOT_FOUND)
        found = await self.store.follow(relying_party=relying_party, reference=reference)
        self.secrets.check(found.tip_off, secret=secret)
        # Only this try: a count that starts again would tell others who try that the reporter has read.
        await self.store.refund(relying_party=relying_party, reference=reference, day=day)
        reply = ""
        if found.reply is not None:
            place = CaseField(relying_party, found.reply_of, found.reply.name)
            reply = self.sealer.open(place, found.reply.sealed)
        return ReporterView(_told(found.tip_off, found.leading), reply)

    def _filing(self, call: TipOffCall, wanted: NewTipOff, now: ClockReading) -> TipOffFiling:
        tip_off_id = self._events.new_id()
        zone, today = self.policy.zone, now.today(self.policy.zone)
        secret = self.secrets.secret(
            relying_party=call.relying_party,
            tip_off_id=tip_off_id,
            request_id=call.request_id,
            version=None,
        )
        made = TipOff(
            tip_off_id=tip_off_id,
            relying_party=call.relying_party,
            reference=tip_off_rules.reference_of(tip_off_id),
            channel=wanted.channel,
            target=wanted.target,
            category=wanted.category,
            evidence=wanted.evidence,
            reporter_id=self._reporter_id(call.relying_party, wanted),
            trusted=False,
            filed_at=now.business,
            due_at=deadline.due_at(start=now.business, days=TIP_OFF_DAYS, zone=zone),
            secret_hash=secret.hash,
            secret_key=secret.key_version,
            operation_id=wanted.operation_id,
        )
        tokens = [wanted.target.key] if wanted.target.kind is TargetKind.ACCOUNT else []
        if wanted.reporter_token is not None:
            tokens.append(wanted.reporter_token)
        return TipOffFiling(
            made,
            self._texts(made, wanted),
            tuple(tokens),
            self.policy.reports_per_day,
            today,
            deadline.end_of_day(today, zone=zone),
            wanted.by_form,
        )

    def _reporter_id(self, relying_party: str, wanted: NewTipOff) -> str | None:
        token = tip_off_rules.proved(token=wanted.reporter_token, channel=wanted.channel)
        if token is None:
            return None
        return self.secrets.reporter_id(relying_party=relying_party, kind="account", value=token)

    def _texts(self, made: TipOff, wanted: NewTipOff) -> tuple[TipOffText, ...]:
        given = {
            "text": wanted.text,
            "contact": wanted.contact,
            "content": b64encode(wanted.content).decode(),
        }
        places = {name: CaseField(made.relying_party, made.tip_off_id, name) for name in given}
        return tuple(
            TipOffText(name, self.sealer.seal(places[name], text)) for name, text in given.items() if text
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


@dataclass(kw_only=True, eq=False, repr=False)
class FormFlow:
    """Reports as the hosted pages take them."""

    platforms: PresentationStore
    filing: FilingFlow

    async def list(self, *, after: str, limit: int) -> tuple[list[PresentedPlatform], str]:
        """Return the platforms with a form whose names follow `after`, and where the list continues."""
        found = await self.platforms.presented(after=after, limit=limit + 1)
        return found[:limit], found[limit - 1].name if len(found) > limit else ""

    async def file(self, call: TipOffCall, *, wanted: NewTipOff, now: ClockReading) -> FiledReport:
        """File a report; raises InvalidError, NotFoundError, ExhaustedError."""
        await self._serve(call.relying_party)
        return await self.filing.file(call, wanted=replace(wanted, by_form=True), now=now)

    async def follow(self, *, name: str, reference: str, secret: str, now: ClockReading) -> ReporterView:
        """Return what a reporter may read; raises NotFoundError."""
        await self._serve(name)
        return await self.filing.follow(relying_party=name, reference=reference, secret=secret, now=now)

    async def _serve(self, name: str) -> None:
        """Wait from now on in a platform's turn, and not in that of all pages; raises NotFoundError.

        Not before the platform is known: a visitor could make up names, each with a turn of its own.
        """
        await self.platforms.presented_as(name=name)
        caller.serve(caller.platform(name))
