"""What the mutations of reports share: who decides, and how a report and its texts change.

- A mutation of a report is signed (`CaseMutation`). Its act locks the report, first brings it to now
  (tip_off.rules.fall), then applies the rule, and writes every entry of tip_off.rules.happenings. What was
  merged into the report moves with it.
- Rows are locked in this order: request, report, merged ones, reporters.
"""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any, Concatenate, Generic, ParamSpec

from idvault.core.act import Mutation, Tx, Vault, mutation
from idvault.core.log_entry import Late
from idvault.core.policy import TipOffPolicy
from idvault.core.request import Fingerprinter, Request, keyed
from idvault.moderator import store as moderator_store
from idvault.moderator.acts import ModerationCall, Moderators, signed_act
from idvault.moderator.acts import stored as stored_moderators
from idvault.people.acts import RosterSource
from idvault.sealing.ports import CaseField, ModerationTextSealer
from idvault.tip_off import rules
from idvault.tip_off.ports import TipOffSecrets
from idvault.tip_off.referral import rules as referral_rules
from idvault.tip_off.reporter import rules as reporter_rules
from idvault.tip_off.reporter import store as reporter_store
from idvault.tip_off.store import rows
from idvault.tip_off.store.rows import TipOffText
from idvault_verify import moderator as moderator_rules
from idvault_verify.clock import ClockReading
from idvault_verify.error import (
    FieldCode,
    IdvaultError,
    InvalidError,
    NotFoundError,
    PreconditionError,
    Reason,
    Violation,
)
from idvault_verify.event import FIELDS, EventType, names_platform
from idvault_verify.seal import Part
from idvault_verify.tip_off import TipOff

P = ParamSpec("P")
Rule = Callable[..., TipOff]
"""A rule of tip_off.rules with everything but the report filled in."""

# What a repetition may be refused with: its signature is old, or its moderator revoked meanwhile.
PERHAPS_OLD = (InvalidError, NotFoundError, PreconditionError)


@dataclass(frozen=True, slots=True)
class TipOffCall:
    """A mutation's caller and content: what its repetitions must share.

    decision: what a moderator signed of it; None of what no moderator decides.
    """

    relying_party: str
    actor_id: str
    request_id: str
    method: str
    content: bytes = field(repr=False)
    decision: ModerationCall | None = None

    def request(self, fingerprinter: Fingerprinter) -> Request:
        """Return the request with its fingerprint."""
        signer = self.decision.moderator_id if self.decision else ""
        return replace(keyed(self, fingerprinter), signer=signer)


@dataclass(kw_only=True, eq=False, repr=False)
class TipOffContext:
    """What reports need beside the vault. signers: who may sign a sanction, as sanctions know them.

    rosters: where the authorities stand to which a report may be referred.
    """

    secrets: TipOffSecrets
    sealer: ModerationTextSealer
    signers: Moderators
    policy: TipOffPolicy
    rosters: RosterSource


@dataclass(frozen=True, slots=True)
class Acting:
    """Who works on a report, and what was signed."""

    moderator_id: str
    paper: bytes = field(repr=False)


@dataclass(frozen=True, eq=False)
class CaseMutation(Generic[P]):
    """A mutation of a report that a moderator signs; a repeat needs no signature of today."""

    act: Mutation[Concatenate[Acting, P], TipOff]

    async def __call__(
        self,
        vault: Vault,
        call: TipOffCall,
        now: ClockReading,
        tip_off_id: str,
        moderator_id: str,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> TipOff:
        """Run it for the moderator who works on the report; raises as a mutation and `signed` do.

        Raises NotFoundError (TIP_OFF_NOT_FOUND, MODERATOR_NOT_FOUND), PreconditionError (MODERATOR_REVOKED).
        """
        await vault.guard.check(now=now)
        request = call.request(vault.fingerprinter)
        try:
            acting = await self.acting(vault, call, now, moderator_id)
        except PERHAPS_OLD as refused:
            return await self.repeated(vault, request, refused)
        return await self.act.run(vault, call, now, request, tip_off_id, acting, *args, **kwargs)

    async def acting(self, vault: Vault, call: TipOffCall, now: ClockReading, moderator_id: str) -> Acting:
        """Return who works, with the signed paper; raises as `signed` does."""
        return Acting(moderator_id, await signed(vault, call, now=now))

    async def repeated(self, vault: Vault, request: Request, refused: IdvaultError) -> TipOff:
        """Return what the request has changed already; raises `refused` if it is new."""
        repeated = await self.act.known(vault, request)
        if repeated is None:
            raise refused
        return repeated


def case(
    name: str,
) -> Callable[[Callable[Concatenate[Tx, str, Acting, P], Coroutine[Any, Any, TipOff]]], CaseMutation[P]]:
    """Make a signed mutation of a function of an act, the report's id, and who works on it."""
    return lambda body: CaseMutation(mutation(name, again=rows.get)(body))


async def signed(vault: Vault, call: TipOffCall, *, now: ClockReading) -> bytes:
    """Return the paper of a decision; raises as moderator.acts.signed_paper does."""
    if call.decision is None:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("signature", FieldCode.REQUIRED))
    return await signed_act(stored_moderators(vault), call.decision, now=now)


async def log(tx: Tx, kind: EventType, *, party: str = "", paper: bytes = b"", **fields: Part) -> None:
    """Write an entry about a report, which names no account. paper: kept in those that have one.

    party: the platform that is told, if the act is the worker's.
    """
    if "paper" in FIELDS[kind]:
        fields["paper"] = paper
    await tx.log(kind, by=tx.by, account_token="", party=party, **fields)


async def write(tx: Tx, stored: TipOff, rule: Rule | None = None, *, paper: bytes = b"") -> TipOff:
    """Store what a rule makes of a locked report, after the reminders that are due; return it."""
    present = rules.fall(tip_off=stored, now=tx.now.business)
    changed = present if rule is None else rule(tip_off=present)
    if changed == stored:
        return stored
    await rows.put(tx.connection, changed)
    refused = stored.proposal_id not in (None, changed.proposal_id, changed.sanction_id)
    if refused or referral_rules.is_lost(stored, changed):
        await rows.delete_proposed(tx.connection, stored)
    for before, after in ((stored, present), (present, changed)):
        for kind, fields in rules.happenings(before, after):
            if names_platform(kind.value):
                late = Late(after.relying_party, after.filed_at)
                await tx.log_miss(kind, late, by=tx.by, account_token="", **fields)
            else:
                await log(tx, kind, party=stored.relying_party, paper=paper, **fields)
    return changed


async def change(tx: Tx, tip_off_id: str, acting: Acting, rule: Rule) -> tuple[TipOff, list[TipOff]]:
    """Change a report, and the reports that were merged into it; return both."""
    await check_signs(tx, acting.moderator_id)
    stored = await rows.lock(tx.connection, tx.party, tip_off_id)
    changed = await write(tx, stored, rule, paper=acting.paper)
    if (changed.answered_at, changed.state) == (stored.answered_at, stored.state):
        return changed, []
    merged = await rows.lock_merged(tx.connection, tx.party, [tip_off_id])
    return changed, await join(tx, merged, changed, paper=acting.paper)


async def join(tx: Tx, merged: Sequence[TipOff], into: TipOff, *, paper: bytes) -> list[TipOff]:
    """Bring merged reports to the state of the report that they belong to; return them."""
    rule = partial(rules.join, into=into, now=tx.now.business)
    return [await write(tx, one, rule, paper=paper) for one in merged]


async def judge(tx: Tx, leading: TipOff, decided: Sequence[TipOff]) -> None:
    """Count a decision for the reporters of the reports that it is about."""
    # In one order, so that two decisions never wait for each other.
    for one in sorted(decided, key=lambda each: each.reporter_id or ""):
        if one.reporter_id is None:
            continue
        outcome = rules.judged(tip_off=one, leading=leading)
        party = leading.relying_party
        known = await reporter_store.obtain(tx.connection, party, one.reporter_id, today=date.min)
        counted = reporter_rules.judge(known, outcome=outcome, now=tx.now.business)
        await reporter_store.put(tx.connection, counted)


async def check_signs(tx: Tx, moderator_id: str) -> None:
    """Refuse a moderator who is unknown, or revoked at this time."""
    moderator_rules.check_signs(await moderator_store.ROWS.get(tx.connection, tx.party, moderator_id))


def sealed_texts(
    call: TipOffCall,
    tip_off_id: str,
    name: str,
    text: str,
    *,
    sealer: ModerationTextSealer,
    author: str | None = None,
) -> tuple[TipOffText, ...]:
    """Return a text, and the salt with which it was signed: they are deleted together.

    Sealed before the act: a key that another process has made is read from its file first.
    """
    salt = call.decision.text_salt.hex() if call.decision else ""
    return tuple(
        TipOffText(place, sealer.seal(CaseField(call.relying_party, tip_off_id, place), content), by)
        for place, content, by in ((name, text, author), (rows.SALT + name, salt, None))
    )


async def put_texts(tx: Tx, tip_off: TipOff, texts: Sequence[TipOffText]) -> None:
    """Store sealed texts of a report."""
    for each in texts:
        await rows.put_text(tx.connection, tip_off, each, now=tx.now.business)
