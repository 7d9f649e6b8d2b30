"""Decides whether a campaign went right, from the registry's decisions and the database's content.

- Every claim has ended: in agreement with the registry, or timed out after 48 hours.
- Nobody is VERIFIED without a complete positive answer of the registry for one of the claim's ids.
- Each claim has one settlement entry in the log. Each id was used for only one name and number.
- Each id is charged once, and once more for each counted resend.
- No job, intake or slot is left behind.
"""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import func, select

from idvault.core.db.connection import Connection
from idvault.core.db.statement import scalar, statement
from idvault.core.tables.claim import claims, intakes, jobs, persons
from idvault.core.tables.log import log_entries, log_openings
from idvault.registry.nppa import NppaStatus
from idvault_verify.claim import ClaimState, FailureReason
from idvault_verify.event import EventType
from idvault_verify.transparency.entry import decode_leaf
from tools.torture.registry.campaign import LIFETIME, Campaign, Claimant


class WrongError(Exception):
    """A campaign went wrong; the text names a rule and a count, never a person."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a campaign. charged: the registry's decisions; resends: as counted by the jobs."""

    claims: int
    verified: int
    mismatched: int
    timed_out: int
    never_opened: int
    calls: int
    faults: int
    restarts: int
    charged: int
    resends: int
    charged_again: int
    hours: float

    def figures(self) -> dict[str, float]:
        """Return all counts by name."""
        return asdict(self)


async def judge(campaign: Campaign) -> Verdict:
    """Return the result of a campaign; raises WrongError."""
    stored = await campaign.database.read("judge", read)
    outcomes: Counter[str] = Counter()
    for claimant in campaign.claimants:
        outcomes[_outcome(claimant)] += 1
    _check_left(stored, outcomes)
    again = _check_registry(campaign, stored)
    return Verdict(
        claims=len(campaign.claimants),
        verified=outcomes["VERIFIED"],
        mismatched=outcomes["MISMATCH"],
        timed_out=outcomes["TIMED_OUT"],
        never_opened=outcomes["NEVER_OPENED"],
        calls=campaign.internet.calls,
        faults=sum(campaign.internet.faults.values()),
        restarts=campaign.restarts,
        charged=campaign.internet.ledger.counters.charged,
        resends=sum(stored["resends"].values()),
        charged_again=again,
        hours=campaign.seconds / 3600,
    )


def _outcome(claimant: Claimant) -> str:
    claim = claimant.claim
    if claim is None:
        return "NEVER_OPENED" if not claimant.retries else _wrong("a claim that was asked for was lost")
    if claim.state is ClaimState.PENDING:
        return _wrong("a claim did not end")
    if claim.state is ClaimState.SUCCEEDED:
        return "VERIFIED" if claimant.matches else _wrong("somebody unknown was verified")
    if claim.failure_reason is FailureReason.REGISTRY_TIMED_OUT:
        return "TIMED_OUT"
    if claim.failure_reason is FailureReason.MISMATCH and not claimant.matches:
        return "MISMATCH"
    return _wrong(f"a claim ended as {claim.failure_reason}")


def _check_left(stored: dict[str, Any], outcomes: Counter[str]) -> None:
    ended = sum(outcomes.values()) - outcomes["NEVER_OPENED"]
    _equal("claims in the database", stored["claims"], ended)
    _equal("settlement entries", len(stored["settlements"]), ended)
    _equal("accounts with one settlement entry", len(set(stored["settlements"])), ended)
    _equal("claims that ended early as timed out", stored["early"], 0)
    _equal("open jobs", stored["open"], 0)
    _equal("intakes", stored["intakes"], 0)
    _equal("slots", stored["slots"], outcomes["VERIFIED"])


def _check_registry(campaign: Campaign, stored: dict[str, Any]) -> int:
    """Check every id; return how many decisions were charged beyond the first per id."""
    ledger, again = campaign.internet.ledger, 0
    for token, ais in stored["ais"].items():
        decided = [ledger.decided.get(ai, []) for ai in ais]
        extra = sum(max(0, len(each) - 1) for each in decided)
        if extra > stored["resends"][token]:
            _wrong("a check was charged again without a resend")
        if token in stored["verified"] and NppaStatus.VERIFIED not in [
            one for each in decided for one in each
        ]:
            _wrong("somebody was verified without a positive answer")
        again += extra
    if any(len(people) > 1 for people in ledger.asked.values()):
        _wrong("an id was asked about two people")
    _equal("charged", sum(map(len, ledger.decided.values())), ledger.counters.charged)
    return again


_CLAIMS = statement(
    select(
        claims.c.account_token,
        claims.c.state,
        claims.c.failure_reason,
        claims.c.opened_at,
        claims.c.ended_at,
    )
)
_ENTRIES = statement(
    select(log_openings.c.account_token, log_entries.c.leaf).join(
        log_entries, log_entries.c.entry_id == log_openings.c.entry_id
    )
)
_AIS = statement(select(jobs.c.account_token, jobs.c.ais))
_RESENDS = statement(select(jobs.c.account_token, jobs.c.resends))
_OPEN = statement(select(func.count()).where(jobs.c.state != "DONE"), scalar)
_INTAKES = statement(select(func.count()).select_from(intakes), scalar)
_SLOTS = statement(select(func.sum(persons.c.accounts)), scalar)


async def read(connection: Connection) -> dict[str, Any]:
    """Return the database's content about claims, by name."""
    ended = await connection.all(_CLAIMS)
    late = FailureReason.REGISTRY_TIMED_OUT.value
    entries = await connection.all(_ENTRIES)
    return {
        "claims": len(ended),
        "verified": {row.account_token for row in ended if row.state == ClaimState.SUCCEEDED.value},
        "early": sum(row.failure_reason == late and row.ended_at < row.opened_at + LIFETIME for row in ended),
        "settlements": [
            token for token, leaf in entries if decode_leaf(leaf).type == EventType.CLAIM_SETTLE.value
        ],
        "ais": {token: ais.split() for token, ais in await connection.all(_AIS)},
        "resends": dict(tuple(row) for row in await connection.all(_RESENDS)),
        "open": await connection.only(_OPEN),
        "intakes": await connection.only(_INTAKES),
        "slots": await connection.only(_SLOTS),
    }


def _equal(what: str, found: int, wanted: int) -> None:
    if found != wanted:
        _wrong(f"{what}: {found} instead of {wanted}")


def _wrong(what: str) -> str:
    raise WrongError(what)
