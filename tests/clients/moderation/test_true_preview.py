"""What is read before signing is what follows: the operation, the standing, the rule, a withdrawal."""

from hashlib import sha256

import pytest

from idvault.sanction import acts as sanction_acts
from idvault_client.tip_offs import TipOffReport
from idvault_people.moderation.shown import short_key
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import Degree, Origin
from idvault_verify.tip_off import TargetKind, TipOffTarget
from idvault_verify.v1 import sanction_pb2
from tests.support.console import Visitor
from tests.support.moderation_console import Office, form_of, submit
from tests.support.tip_off_world import closed, opened
from tools.support.flow_world import PARTY
from tools.support.orders import OFFICE, roster
from tools.support.sanction_world import reasons

REASONS = {
    "degree": "LIMIT",
    "measure": "no-video",
    "ground": "AGAINST_TERMS",
    "rule_reference": "terms 4.2",
    "redress": "Write to appeals",
    "evidence": "00" * 32,
}


async def reported(place: Office, key: ModeratorKey, *, operation_id: str = "") -> TipOffReport:
    """Return a report about an account, which the moderator works on."""
    target = TipOffTarget(TargetKind.ACCOUNT, await place.world.world.account())
    made = (await place.world.file(target=target, operation_id=operation_id)).tip_off
    return await place.world.assign(made, key.moderator_id)


async def test_the_operation_of_a_report_is_shown_and_signed(
    place: Office, browser: Visitor, key: ModeratorKey
) -> None:
    """Beside the report, in the form, on what is checked; "none", which would be untrue, is not offered."""
    operation = await opened(place.world)
    made = await reported(place, key, operation_id=operation.operation_id)
    assert f"Operation {operation.title}" in (await browser.get(f"/reports/{made.tip_off_id}")).words
    where = f"/reports/{made.tip_off_id}/sanction"
    page = await browser.get(where)
    assert form_of(page, where)["operation"] == operation.operation_id
    assert 'name="operation" id="operation-1" value=""' not in page.text
    page = await submit(browser, where, page, **REASONS)
    assert f"Operation {operation.title}" in page.words.partition("What the owner reads")[0]
    await submit(browser, where, page)
    found = (await place.world.get(made)).tip_off
    imposed = await sanction_acts.find(place.world.world.vault, PARTY, found.sanction_id)
    assert imposed.operation_id == operation.operation_id
    shown = await browser.get(f"/sanctions/{found.sanction_id}")
    assert f"Operation {operation.title}" in shown.words


@pytest.mark.parametrize("is_another_open", [True, False])
async def test_a_closed_operation_is_not_chosen(
    place: Office, browser: Visitor, key: ModeratorKey, is_another_open: bool
) -> None:
    """The sanction does not get it, and the form says so: none, or no field at all."""
    operation = await opened(place.world)
    made = await reported(place, key, operation_id=operation.operation_id)
    await closed(place.world, operation)
    if is_another_open:
        await opened(place.world)
    where = f"/reports/{made.tip_off_id}/sanction"
    form = form_of(await browser.get(where), where)
    assert form.get("operation") == ("" if is_another_open else None)


async def test_the_hardest_standing_is_shown(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """A limit does not make a suspended account a limited one; the code of the limit is shown, too."""
    made = await reported(place, key)
    where = f"/reports/{made.tip_off_id}/sanction"
    page = await submit(browser, where, **REASONS)
    assert "Standing publishing limited" in page.words
    assert "Code of the limit no-video" in page.words.partition("What the owner reads")[0]
    await place.world.world.impose(made.target.key, Degree.SUSPEND, key=key)
    page = await submit(browser, where, **REASONS)
    assert "Standing suspended" in page.words.partition("What everybody reads")[2]
    page = await submit(browser, where, **{**REASONS, "degree": "CLOSE", "measure": ""})
    assert "Standing closed" in page.words


async def test_an_order_leaves_nothing_to_the_next_sanction(
    place: Office, browser: Visitor, key: ModeratorKey
) -> None:
    """Neither its rule nor its way to appeal; a rule of the platform's is not kept either, the rest is."""
    token = await place.world.world.account()
    await submit_new(browser, token)
    form = form_of(await browser.get("/sanctions/new"), "/sanctions/new")
    assert (form["rule_reference"], form["redress"]) == ("", "Write to appeals")
    order = {"issuer": "AUTHORITY", "authority": "a (synthetic)", "order_reference": "7"}
    await submit_new(
        browser,
        token,
        **{**order, "order_date": "2026-02-27", "order_digest": "11" * 32, "redress": "The court"},
    )
    form = form_of(await browser.get("/sanctions/new"), "/sanctions/new")
    assert (form["rule_reference"], form["redress"]) == ("", "Write to appeals")


async def submit_new(browser: Visitor, token: str, **changes: str) -> None:
    """Impose a sanction on own initiative, or by an order."""
    given = {**REASONS, "category": "FRAUD", "case_reference": "case 17", **changes}
    page = await submit(browser, "/sanctions/new", account=token, **given)
    assert page.title == "Check before you sign", page.words
    page = await submit(browser, "/sanctions/new", page)
    assert "in force" in page.words


async def test_what_a_preview_needs_is_read_once(place: Office, browser: Visitor) -> None:
    """The account's sanctions and the operation, although several of its parts tell them."""
    token, operation = await place.world.world.account(), await opened(place.world)
    form = await browser.get("/sanctions/new")
    place.wire.sent.clear()
    given = {**REASONS, "category": "FRAUD", "case_reference": "case 17"}
    page = await submit(
        browser, "/sanctions/new", form, account=token, operation=operation.operation_id, **given
    )
    assert page.words.count(f"Operation {operation.title}") == 2
    lists = [
        sanction_pb2.ListSanctionsRequest.FromString(each).account_token
        for each in place.wire.calls("ListSanctions")
    ]
    assert lists.count(token) == 1
    assert len(place.wire.calls("GetOperation")) == 1


async def test_a_proposal_is_called_one(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """It was never in force: withdrawn, it is not called lifted."""
    token = await place.world.world.account()
    made = await place.world.world.impose(token, Degree.CLOSE, key=key, seconds=place.age)
    here = f"/sanctions/{made.sanction_id}"
    assert (await browser.get(here)).title == f"Proposed closing: {short_key(token)}"
    assert f"Proposed closing: {short_key(token)}" in (await browser.get("/sanctions?view=all")).words
    page = await submit(browser, f"{here}/end", reason="A mistake")
    for word in ("Now: withdrawn.", "State withdrawn", "Withdrawn by you", "Why it was withdrawn A mistake"):
        assert word in page.words, word
    assert "lifted" not in page.words


async def test_the_only_authority_is_chosen(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """One click less; and the page says all that the authority reads."""
    made = await reported(place, key)
    page = await browser.get(f"/reports/{made.tip_off_id}")
    assert "the platform and the day, but no text and no evidence" in page.words
    where = f"/reports/{made.tip_off_id}/decision"
    assert "authority" not in form_of(page, where), "there are two"
    place.roster = lambda: (roster(OFFICE),)
    async with place.works(key) as again:
        page = await again.get(f"/reports/{made.tip_off_id}")
        assert form_of(page, where)["authority"] == OFFICE


async def test_what_of_a_report_is_evidence_is_said(
    place: Office, browser: Visitor, key: ModeratorKey
) -> None:
    """On the sanction's page, by the hashes: of the copy, of the words, and of neither."""
    copy, text = b"a copy (synthetic)", "the words (synthetic)"
    for evidence, said in (
        ((sha256(copy).digest(),), {"This copy is"}),
        ((sha256(text.encode()).digest(), sha256(copy).digest()), {"This copy is", "These words are"}),
        ((bytes(32),), set()),
    ):
        target = TipOffTarget(TargetKind.ACCOUNT, await place.world.world.account())
        made = (await place.world.file(target=target, content=copy, text=text)).tip_off
        made = await place.world.assign(made, key.moderator_id)
        given = reasons(origin=Origin.TIP_OFF, tip_off=made.reference, evidence=evidence)
        decided = await place.world.uphold(made, key, target.key, given=given, reply="yes")
        words = (await browser.get(f"/sanctions/{decided.sanction_id}")).words
        assert {each for each in ("This copy is", "These words are") if each in words} == said
