"""What auditors' and custodians' acts of disclosures share: their context, logged refusals, the end by time.

A refused attempt of a roster member is in the log: at most one entry a minute for each actor and reason.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from idvault.core.act import SYSTEM, MemberActor, Tx, Vault, act
from idvault.core.second_factor import SecondFactorCheck
from idvault.disclosure import rules
from idvault.disclosure.ports import CaseTextSealer, Filed
from idvault.disclosure.store import lists, rows
from idvault.disclosure.store import rows as disclosure_rows
from idvault.log.acts.stored_log import LogProofs
from idvault.people.acts import RosterSource
from idvault_verify.clock import ClockReading
from idvault_verify.error import IdvaultError, UnavailableError
from idvault_verify.event import EventType

_VERB = "refuse"


@act("disclosure.refuse")
async def refuse(tx: Tx, reason: str) -> None:
    """Count a refusal of who acts; log the count unless there was an entry in this minute."""
    which = {"actor_id": tx.by.actor_id, "reason": reason}
    await disclosure_rows.begin_refusals(tx.connection, **which)
    tally = await disclosure_rows.lock_refusals(tx.connection, **which)
    tally, told = rules.refuse(tally=tally, now=tx.now.business)
    await disclosure_rows.put_refusals(tx.connection, tally, **which)
    if told:
        await tx.log(EventType.DISCLOSURE_REFUSE, reason=reason, count=told)
    else:
        tx.unchanged("one entry a minute tells of refusals")


@act("disclosure.flush")
async def flush(tx: Tx, reason: str) -> bool:
    """Log the count of refusals without an entry once their minute is over; False if there are none."""
    which = {"actor_id": tx.by.actor_id, "reason": reason}
    tally, told = rules.flush(
        tally=await disclosure_rows.lock_refusals(tx.connection, **which), now=tx.now.business
    )
    if not told:
        tx.unchanged("nothing was counted, or the minute is not over")
        return False
    await disclosure_rows.put_refusals(tx.connection, tally, **which)
    await tx.log(EventType.DISCLOSURE_REFUSE, reason=reason, count=told)
    return True


async def flush_all(vault: Vault, now: ClockReading) -> int:
    """Write log entries for the refusals that are only counted so far; return how many entries."""
    found = await vault.read("disclosure.silent", lambda one: disclosure_rows.silent(one, now=now.business))
    return sum([await flush(vault, MemberActor(actor_id), now, reason) for actor_id, reason in found])


@dataclass(kw_only=True, eq=False, repr=False)
class Refusals:
    """Writes a refusal to the log before the caller receives it. observe: counts the verb."""

    vault: Vault
    observe: Callable[[str], None]

    @asynccontextmanager
    async def logged(self, *, actor_id: str, now: ClockReading) -> AsyncIterator[None]:
        """Log a refusal raised in the context, then re-raise it.

        UnavailableError is not a refusal. If the refusal cannot be written to the log, UnavailableError is
        raised instead of it.
        """
        try:
            yield
        except UnavailableError:
            raise
        except IdvaultError as error:
            await self.note(actor_id=actor_id, reason=error.reason.value, now=now)
            raise

    async def note(self, *, actor_id: str, reason: str, now: ClockReading) -> None:
        """Count one refusal, with a log entry if the last entry was in another minute."""
        await refuse(self.vault, MemberActor(actor_id), now, reason)
        self.observe(_VERB)


@dataclass(frozen=True, slots=True)
class ShownDisclosure:
    """A disclosure as returned to its auditor, and to custodians who decided it.

    denials: the signed denials by custodian.
    """

    filed: Filed
    signed_request: bytes = field(repr=False)
    denials: Mapping[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(kw_only=True, eq=False, repr=False)
class DisclosureContext:
    """What auditors and custodians need beside their requests. observe: counts verbs."""

    vault: Vault
    case_texts: CaseTextSealer
    rosters: RosterSource
    second_factor: SecondFactorCheck
    proofs: LogProofs
    refusals: Refusals
    observe: Callable[[str], None]

    async def find(self, disclosure_id: str) -> Filed:
        """Return a disclosure; raises NotFoundError (REQUEST_NOT_FOUND)."""
        return await self.vault.read(
            "disclosure.get", lambda one: disclosure_rows.get(one, disclosure_id=disclosure_id)
        )

    def signed_request(self, filed: Filed) -> bytes:
        """Return what the auditor signed; raises DamagedError (RECORD_DAMAGED)."""
        return self.case_texts.open(disclosure_id=filed.disclosure.disclosure_id, sealed=filed.text)

    def denials(self, filed: Filed) -> Mapping[str, bytes]:
        """Return the signed denials by custodian; raises DamagedError (RECORD_DAMAGED)."""
        disclosure_id = filed.disclosure.disclosure_id
        return {
            custodian: self.case_texts.open(disclosure_id=disclosure_id, sealed=denial, custodian=custodian)
            for custodian, denial in filed.denials.items()
        }

    def show(self, filed: Filed) -> ShownDisclosure:
        """Return a disclosure as auditor and custodians see it; raises DamagedError (RECORD_DAMAGED)."""
        return ShownDisclosure(filed, self.signed_request(filed), self.denials(filed))


@act("disclosure.expire")
async def expire(tx: Tx, disclosure_id: str) -> bool:
    """Expire a disclosure if its time is over; destroy its shares and its version if nobody needs them.

    Returns False if it was over before.
    """
    filed = await rows.lock(tx.connection, disclosure_id=disclosure_id)
    expired = rules.expire(disclosure=filed.disclosure, now=tx.now.business)
    if not rules.needs_shares(disclosure=expired, now=tx.now.business):
        await rows.end(tx.connection, expired, now=tx.now.business)
    if expired == filed.disclosure:
        tx.unchanged("only an expiry has an entry")
        return False
    await rows.put(tx.connection, expired)
    await tx.log(
        EventType.DISCLOSURE_EXPIRE, account_token=expired.account_token, disclosure_id=disclosure_id
    )
    return True


async def sweep(vault: Vault, now: ClockReading, *, limit: int, observe: Callable[[str], None]) -> int:
    """Expire and destroy what is due, and log counted refusals; return how many disclosures were due.

    observe: counts verbs. Safe to run at any time in any number of processes, also while the log takes no
    entries.
    """
    due = await vault.read("disclosure.due", lambda one: lists.due(one, now=now.business, limit=limit))
    for each in due:
        if await expire(vault, SYSTEM, now, each.disclosure_id):
            observe("expire")
    await flush_all(vault, now)
    return len(due)
