"""The acts of measures on content, interrupted at each statement, on both databases."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from idvault.core.act import SYSTEM
from idvault.moderator.acts import ModerationCall
from idvault.sanction.content_measure import acts
from idvault.sanction.content_measure.rules import NewContentMeasure
from idvault.sanction.objection.acts import FIELD
from idvault.sealing.ports import CaseField
from idvault_client.sanctions import PlatformContentMeasure
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.content_measure import ContentMeasureKind
from idvault_verify.sanction import AppealState
from tests.storage import torn
from tests.storage.torn import Act
from tests.support.appeal_world import AppealWorld
from tools.support.fakes.moderation_text import moderation_sealer
from tools.support.flow_world import PARTY, at, request_id
from tools.support.sanction_world import ACTOR, TERMS, reasons, signing
from tools.support.storage_world import World

DAY = 86_400


def decided(key: ModeratorKey) -> ModerationCall:
    """Return a moderator's call, as an act knows it."""
    return ModerationCall(PARTY, ACTOR, request_id(8), "Decide", b"", moderator_id=key.moderator_id)


async def _imposed(sanctions: AppealWorld) -> tuple[PlatformContentMeasure, ModeratorKey]:
    key, removed = await sanctions.moderator(1), ContentMeasureKind.REMOVED
    on = sanctions.platform().content_measures
    return await on.impose("post/17", removed, reasons(), key=signing(key, 0)), key


async def _appealed(sanctions: AppealWorld) -> PlatformContentMeasure:
    made, _ = await _imposed(sanctions)
    return await sanctions.platform().content_measures.file_appeal(made.measure_id, "no (synthetic)")


async def _impose(sanctions: AppealWorld) -> Act:
    key, vault = await sanctions.moderator(1), sanctions.vault
    call, wanted = decided(key), NewContentMeasure("post/17", ContentMeasureKind.LABELLED, reasons())
    request, made = call.decided(vault.fingerprinter), vault.new_id()
    run = acts.store_measure.act.run
    return lambda: run(vault, call, at(0), request, made, b"paper", wanted, signer=key.moderator_id)


async def _reverse(sanctions: AppealWorld) -> Act:
    made, key = await _imposed(sanctions)
    vault, call = sanctions.vault, decided(key)
    request, given = call.decided(vault.fingerprinter), {"signer": key.moderator_id, "reason": "a mistake"}
    run = acts.store_reversal.act.run
    return lambda: run(vault, call, at(0), request, made.measure_id, b"paper", **given)


async def _file(sanctions: AppealWorld) -> Act:
    made, key = await _imposed(sanctions)
    vault, call = sanctions.vault, decided(key)
    text = moderation_sealer().seal(CaseField(PARTY, made.measure_id, FIELD), "no (synthetic)")
    request, run = call.request(vault.fingerprinter), acts.store_appeal.run
    return lambda: run(vault, call, at(0), request, made.measure_id, text=text, terms=TERMS)


async def _decide(sanctions: AppealWorld) -> Act:
    made, other = await _appealed(sanctions), await sanctions.moderator(2)
    vault, call = sanctions.vault, decided(other)
    request, run = call.decided(vault.fingerprinter), acts.store_decision.act.run
    given: dict[str, Any] = {"signer": other.moderator_id, "reason": "read again", "terms": TERMS}
    given["verdict"] = AppealState.UPHELD
    return lambda: run(vault, call, at(30 * DAY), request, made.measure_id, b"paper", **given)


async def _note_overdue(sanctions: AppealWorld) -> Act:
    stored = await acts.find(sanctions.vault, PARTY, (await _appealed(sanctions)).measure_id)
    return lambda: acts.note_overdue(sanctions.vault, SYSTEM, at(30 * DAY), stored)


async def _delete_text(sanctions: AppealWorld) -> Act:
    made, other = await _appealed(sanctions), await sanctions.moderator(2)
    on = sanctions.platform().content_measures
    await on.decide_appeal(made, AppealState.REJECTED, "read again", key=signing(other, 0))
    stored = await acts.find(sanctions.vault, PARTY, made.measure_id)
    return lambda: acts.delete_text(sanctions.vault, SYSTEM, at(120 * DAY), stored)


Prepare = Callable[[AppealWorld], Awaitable[Act]]
ACTS: dict[Prepare, str] = {
    _impose: "content_measure.impose",
    _reverse: "content_measure.reverse",
    _file: "content_measure.appeal",
    _decide: "content_measure.decide",
    _note_overdue: "content_measure.note_overdue",
    _delete_text: "content_measure.delete_text",
}


class TestTornMeasures(torn.InterruptedActs):
    """Measure, appeal, text and log entries: all of them or nothing."""

    acts = ACTS

    @pytest.fixture
    def ground(self, world: World) -> AppealWorld:
        return AppealWorld(world.database)
