"""A report is upheld with a measure on content at the desk: nobody needs to know whose the content is."""

import pytest

from idvault.sanction.content_measure import acts as measure_acts
from idvault_client.tip_offs import TipOffReport
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.content_measure import ContentMeasureKind, ContentMeasureState
from idvault_verify.sanction import IssuerKind, Origin, SanctionCategory
from idvault_verify.tip_off import TargetKind, TipOffOutcome, TipOffTarget
from tests.support.console import Visitor
from tests.support.moderation_console import Office, form_of, submit
from tools.support.flow_world import PARTY

POST = "post/17"
REASONS = {
    "content_kind": "LABELLED",
    "ground": "AGAINST_TERMS",
    "rule_reference": "terms 4.2",
    "redress": "Write to appeals within 180 days",
    "reply": "You were right. Thank you.",
}


@pytest.fixture
async def made(place: Office, key: ModeratorKey) -> TipOffReport:
    """A report about a post, which the moderator works on."""
    target = TipOffTarget(TargetKind.CONTENT, POST)
    filed = (await place.world.file(target=target, evidence=(bytes(range(32)),))).tip_off
    return await place.world.assign(filed, key.moderator_id)


async def test_a_report_is_upheld_with_a_measure(
    place: Office, browser: Visitor, made: TipOffReport, key: ModeratorKey
) -> None:
    """Everything that is signed is shown first; nothing is sent before; sent twice, it is one act."""
    where = f"/reports/{made.tip_off_id}/content"
    page = await submit(browser, f"/reports/{made.tip_off_id}/decision", decision="content")
    assert page.title == f"Uphold with a measure on content: {made.reference}"
    fields = form_of(await browser.get(where), where)
    assert (fields["content"], fields["case_reference"]) == (POST, made.reference)
    assert fields.keys().isdisjoint({"account", "degree", "scope", "days", "operation"})
    page = await submit(browser, where, **REASONS)
    assert page.title == "Check before you sign"
    for word in (POST, "labelled", "terms 4.2", made.reference, bytes(range(32)).hex(), "without an end"):
        assert word in page.words, word
    assert "another moderator must confirm" not in page.words
    assert not place.wire.calls("ResolveTipOff")
    for _ in range(2):
        done = await submit(browser, where, page)
        assert f"Report {made.reference} is decided: upheld" in done.words
    assert len(place.wire.calls("ResolveTipOff")) == 1
    decided = (await place.world.get(made)).tip_off
    assert (decided.outcome, decided.sanction_id) == (TipOffOutcome.UPHELD, "")
    done = await browser.get(f"/reports/{made.tip_off_id}")
    assert f"Measure on content {decided.measure_id}" in done.words
    found = await measure_acts.find(place.world.world.vault, PARTY, decided.measure_id)
    assert (found.content, found.kind) == (POST, ContentMeasureKind.LABELLED)
    assert (found.state, found.imposed_by) == (ContentMeasureState.IN_FORCE, key.moderator_id)
    statement = found.statement
    assert (statement.origin, statement.tip_off) == (Origin.TIP_OFF, made.reference)
    assert (statement.category, statement.issuer_kind) == (SanctionCategory.RUMOUR, IssuerKind.PLATFORM)
    assert (statement.evidence, statement.end_at) == ((bytes(range(32)),), None)


async def test_what_is_wrong_is_named_before_anything_is_signed(
    place: Office, browser: Visitor, made: TipOffReport
) -> None:
    """Beside its field; what was typed stays."""
    where = f"/reports/{made.tip_off_id}/content"
    wrong = {"content": "x" * 201, "content_kind": "BURNT", "evidence": "", "rule_reference": " "}
    page = await submit(browser, where, **{**REASONS, **wrong})
    assert page.status == 422
    for name in wrong:
        assert f'href="#{name}"' in page.text, name
    assert "You were right. Thank you." in page.words
    assert not place.wire.calls("ResolveTipOff")


async def test_a_lost_answer_imposes_one_measure(place: Office, browser: Visitor, made: TipOffReport) -> None:
    """The form comes back with its number; signed again, it is the same decision."""
    where = f"/reports/{made.tip_off_id}/content"
    place.wire.loses = "ResolveTipOff"
    page = await submit(browser, where, await submit(browser, where, **REASONS))
    assert (page.status, "not known whether it was done" in page.words) == (503, True)
    page = await submit(browser, where, await submit(browser, where, page))
    assert f"Report {made.reference} is decided: upheld" in page.words
    assert len(place.wire.calls("ResolveTipOff")) == 2
    listed = await place.world.world.platform().content_measures.list_page(content=POST)
    assert [each.measure_id for each in listed.measures] == [(await place.world.get(made)).tip_off.measure_id]
