"""What a decision with a sanction shows and asks before its last step, and that nothing is done before it."""

import re
from hashlib import sha256

from idvault.sanction import acts as sanction_acts
from idvault_client.tip_offs import TipOffReport
from idvault_people.moderation.shown import short_key
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import SanctionCategory
from idvault_verify.tip_off import TargetKind, TipOffOutcome, TipOffState, TipOffTarget
from tests.clients.moderation.test_decision import REASONS
from tests.support.console import Visitor
from tests.support.moderation_console import Office, form_of, post, submit
from tools.support.flow_world import PARTY


async def about_one_account(place: Office, key: ModeratorKey, count: int) -> list[TipOffReport]:
    """Reports about an account, of which the moderator has the first."""
    target = TipOffTarget(TargetKind.ACCOUNT, await place.world.world.account())
    made = [
        (await place.world.file(target=target, evidence=(), seconds=number)).tip_off
        for number in range(count)
    ]
    return [await place.world.assign(made[0], key.moderator_id), *made[1:]]


async def state(place: Office, report: TipOffReport) -> TipOffState | None:
    return (await place.world.get(report)).tip_off.state


async def test_reports_are_merged_by_the_last_step(
    place: Office, browser: Visitor, key: ModeratorKey
) -> None:
    """Until a sanction is signed its chosen reports stay apart; the preview says how many are answered."""
    made, same, left = await about_one_account(place, key, 3)
    case = f"/reports/{made.tip_off_id}"
    page = await browser.get(f"{case}?view=mine")
    assert "Continue" in page.words, "the button does not promise to sign"
    chosen = {f"duplicates.{same.tip_off_id}": "yes", "decision": "sanction"}
    fields = {**form_of(page, rf"{case}/decision\?view=mine"), **chosen}
    page = await post(browser, f"{case}/decision?view=mine", fields)
    assert f'href="{case}?view=mine">Back' in page.text, "the way back keeps the list"
    where = f"{case}/sanction?view=mine"
    fields = {**form_of(page, rf"{case}/sanction\?view=mine"), **REASONS}
    assert f"duplicates.{same.tip_off_id}" in fields
    assert await state(place, same) is TipOffState.RECEIVED
    page = await post(browser, where, fields)
    assert "Reporters who are answered 2" in " ".join(page.words.split())
    assert await state(place, same) is TipOffState.RECEIVED
    changed = await post(browser, where, {**form_of(page, rf"{case}/sanction\?view=mine"), "step": "change"})
    fields = form_of(changed, rf"{case}/sanction\?view=mine")
    assert f"duplicates.{same.tip_off_id}" in fields, "what was chosen stays"
    page = await post(browser, where, fields)
    await post(browser, where, form_of(page, rf"{case}/sanction\?view=mine"))
    assert (await place.world.get(same)).tip_off.outcome is TipOffOutcome.DUPLICATE
    assert await state(place, left) is TipOffState.RECEIVED


async def test_a_lost_answer_of_the_last_step_merges_once(
    place: Office, browser: Visitor, key: ModeratorKey
) -> None:
    """Sent again, it is the same decision with the same reports."""
    made, same = await about_one_account(place, key, 2)
    where = f"/reports/{made.tip_off_id}/sanction"
    fields = {**REASONS, f"duplicates.{same.tip_off_id}": "yes"}
    page = await submit(browser, where, await browser.get(where), **fields)
    place.wire.loses = "ResolveTipOff"
    page = await submit(browser, where, page)
    assert page.status == 503
    page = await submit(browser, where, page)
    page = await submit(browser, where, page)
    assert f"Report {made.reference} is decided: upheld" in page.words
    assert (await place.world.get(same)).tip_off.outcome is TipOffOutcome.DUPLICATE


async def test_the_account_stands_first(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """On the form and on what is read before signing: whom it falls on, and what was before."""
    (made,) = await about_one_account(place, key, 1)
    where = f"/reports/{made.tip_off_id}/sanction"
    page = await browser.get(where)
    for shown in (page, await submit(browser, where, page, **REASONS)):
        words = " ".join(shown.words.split())
        before = words.partition("What the owner reads")[0].partition("Degree")[0]
        told = f"Account {short_key(made.target.key)} Standing no sanction Earlier sanctions 0"
        assert f"What it falls on {told}" in before


async def test_the_reporter_s_words_are_evidence(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """If a report names no evidence, its words are chosen; without any the field says that it is needed."""
    (made,) = await about_one_account(place, key, 1)
    where = f"/reports/{made.tip_off_id}/sanction"
    page = await browser.get(where)
    assert "Needed: one SHA-256 a line" in page.words
    fields = form_of(page, where)
    assert fields.pop("copy_evidence.text") == "yes"
    refused = await post(browser, where, {**fields, **REASONS})
    assert (refused.status, "Preserved evidence: " in refused.words) == (422, True)
    page = await submit(browser, where, page, **REASONS)
    await submit(browser, where, page)
    found = await place.world.get(made)
    imposed = await sanction_acts.find(place.world.world.vault, PARTY, found.tip_off.sanction_id or "")
    assert imposed.statement.evidence == (sha256(found.text.encode()).digest(),)


async def test_errors_name_their_fields(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """In the order of the form, so that two that say the same can be told apart."""
    (made,) = await about_one_account(place, key, 1)
    where = f"/reports/{made.tip_off_id}/sanction"
    page = await submit(browser, where, **{**REASONS, "rule_reference": "", "redress": "", "ground": ""})
    summary = page.text.partition('<div class="errors"')[2].partition("</div>")[0]
    names = ["Ground: ", "Rule: ", "How to appeal: "]
    assert sorted(names, key=summary.find) == names
    assert all(each in summary for each in names)


async def test_hints_say_what_is_true(place: Office, browser: Visitor) -> None:
    """A decision without a usual reply asks for one, and an anonymous reporter is not said to be warned."""
    anonymous = (await place.world.file(reporter_token=None)).tip_off
    page = await browser.get(f"/reports/{anonymous.tip_off_id}")
    assert "The reporter is anonymous: nobody is warned. There is no usual reply: write one." in page.words
    assert page.words.count("There is no usual reply: write one.") == 3
    known = (await place.world.file(reporter_token=await place.world.person(1))).tip_off
    page = await browser.get(f"/reports/{known.tip_off_id}")
    assert "The reporter is warned, and the second time limited" in page.words


async def test_the_list_one_came_from_is_kept(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """Over a search, and over the form that merges: what follows is of the same list."""
    made, same, other = await about_one_account(place, key, 3)
    fraud = (await place.world.file(category=SanctionCategory.FRAUD)).tip_off
    asked = f"?q={made.target.key}"
    page = await browser.get(f"/reports/{made.tip_off_id}{asked}")
    assert f'href="/reports{asked}"' in page.text
    (before,) = re.findall(r'href="/reports/[0-9a-f]{32}([^"]*)" data-key="[jk]"', page.text)[:1]
    assert before == asked
    where = f"/reports/{made.tip_off_id}/duplicates"
    assert f'href="{where}{asked}"' in page.text
    form = form_of(await browser.get(f"{where}{asked}"), rf"{where}\{asked}")
    page = await post(browser, f"{where}{asked}", {**form, f"duplicates.{same.tip_off_id}": "yes"})
    assert f'href="/reports{asked}"' in page.text
    assert fraud.reference not in page.words
    assert other.reference in page.words
