"""Creates, moves and reads campaigns."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any

from idvault.campaign import rules, store
from idvault.campaign.invitation.rules import CampaignProgress, Stage
from idvault.campaign.invitation.store import progress as figures
from idvault.campaign.rules import Verb
from idvault.core.act import Tx, Vault, mutation
from idvault.core.request import Asked, Fingerprinter, Request
from idvault.moderator.acts import ModerationCall, signed_act, stored
from idvault_verify.campaign import Campaign, CampaignPlan, ReverificationMethod
from idvault_verify.clock import ClockReading
from idvault_verify.event import EventType
from idvault_verify.session import Proof

_EVENTS = {
    Verb.START: EventType.CAMPAIGN_START,
    Verb.PAUSE: EventType.CAMPAIGN_PAUSE,
    Verb.RESUME: EventType.CAMPAIGN_RESUME,
    Verb.END: EventType.CAMPAIGN_END,
}


@dataclass(frozen=True, slots=True)
class CampaignCall(Asked):
    """A mutation's caller and content. decision: what a moderator signed; None if the platform decides."""

    decision: ModerationCall | None = None

    def request(self, fingerprinter: Fingerprinter) -> Request:
        """Return the request with its fingerprint, and its signer: a repeat names the same moderator."""
        signer = "" if self.decision is None else self.decision.moderator_id
        return replace(Asked.request(self, fingerprinter), signer=signer)


async def _paper(vault: Vault, call: CampaignCall, now: ClockReading) -> Mapping[str, Any]:
    """Return what the log keeps of a moderator's signature, nothing without; raises as `signed_act` does."""
    if call.decision is None:
        return {}
    return {"paper": await signed_act(stored(vault), call.decision, now=now)}


@mutation("campaign.create", again=store.get)
async def _create(
    tx: Tx, campaign_id: str, plan: CampaignPlan, plan_hash: bytes, paper: Mapping[str, Any]
) -> Campaign:
    made = rules.make(campaign_id=campaign_id, relying_party=tx.party, plan=plan, now=tx.now.business)
    await store.add(tx.connection, made)
    await tx.log(EventType.CAMPAIGN_CREATE, campaign_id=campaign_id, plan_hash=plan_hash, **paper)
    return made


async def create(
    vault: Vault,
    call: CampaignCall,
    now: ClockReading,
    *,
    plan: CampaignPlan,
    plan_hash: bytes,
    proofs: Collection[Proof],
    zone: tzinfo,
) -> Campaign:
    """Create a campaign; raises InvalidError, PreconditionError, AlreadyExistsError and UnavailableError.

    plan_hash: of the plan as received. proofs: those that its accounts can give.
    """
    checked = rules.check_plan(plan=plan, today=now.today(zone))
    rules.check_reach(plan=checked, proofs=proofs)
    paper = await _paper(vault, call, now)
    return await _create(vault, call, now, vault.new_id(), checked, plan_hash, paper)


@mutation("campaign.move", again=store.get)
async def _move(tx: Tx, campaign_id: str, verb: Verb, paper: Mapping[str, Any]) -> Campaign:
    before = await store.lock(tx.connection, tx.party, campaign_id)
    after = rules.move(campaign=before, verb=verb, now=tx.now.business)
    await store.put_state(tx.connection, after)
    await tx.log(_EVENTS[verb], campaign_id=campaign_id, **paper)
    return after


async def move(vault: Vault, call: CampaignCall, now: ClockReading, campaign_id: str, verb: Verb) -> Campaign:
    """Move a campaign; raises NotFoundError (REQUEST_NOT_FOUND), PreconditionError and as `signed_act`."""
    return await _move(vault, call, now, campaign_id, verb, await _paper(vault, call, now))


async def get(vault: Vault, party: str, campaign_id: str) -> Campaign:
    """Return a campaign; raises NotFoundError (REQUEST_NOT_FOUND)."""
    return await vault.read("campaign.get", lambda one: store.get(one, party, campaign_id))


async def page(vault: Vault, party: str, *, start: int, limit: int) -> tuple[list[Campaign], int | None]:
    """Return a page of campaigns, oldest first, and the start of the next page (None at the end)."""
    found = await vault.read(
        "campaign.list", lambda one: store.page(one, party, start=start, limit=limit + 1)
    )
    return found[:limit], start + limit if len(found) > limit else None


async def progress(vault: Vault, party: str, campaign_id: str) -> tuple[Campaign, CampaignProgress]:
    """Return a campaign with its figures; raises NotFoundError (REQUEST_NOT_FOUND)."""
    found = await get(vault, party, campaign_id)
    return found, await vault.read("campaign.progress", lambda one: figures.read(one, found))


async def people(vault: Vault) -> Mapping[tuple[ReverificationMethod, Stage], int]:
    """Return how many owners reached each stage, over all RUNNING campaigns."""
    return await vault.read("campaign.people", figures.people)
