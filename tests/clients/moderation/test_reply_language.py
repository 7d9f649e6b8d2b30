"""The usual reply is in the language of the report, and the moderator can choose the other one."""

import re
from html import unescape

import pytest

from idvault_client.tip_offs import TipOffReport
from idvault_people.moderation import usual_reply
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.tip_off import TargetKind, TipOffOutcome, TipOffTarget
from tests.support.console import Visitor
from tests.support.moderation_console import Office, form_of, submit

CHINESE = "照片是2015年的，不是昨天洪水。 (synthetic)"
ENGLISH = "The photograph is from 2015 (synthetic)"
REASONS = {
    "degree": "WARN",
    "ground": "AGAINST_TERMS",
    "rule_reference": "terms 4.2",
    "redress": "Write to appeals",
    "evidence": "00" * 32,
}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (CHINESE, "zh"),
        (ENGLISH, "en"),
        ("这张照片的地址是 https://im.example/a/long/path/of/many/words", "zh"),
        ("Look at the word 谣言 in this post", "en"),
        ("2015 :-(", "other"),
        ("", "other"),
    ],
)
def test_the_script_tells_the_language(text: str, language: str) -> None:
    """Of the words, not of an address in them; without any the language of the pages stays."""
    assert usual_reply.language_of(text, otherwise="other") == language


async def filed(place: Office, key: ModeratorKey, text: str) -> TipOffReport:
    """Return a report about an account, which the moderator works on."""
    target = TipOffTarget(TargetKind.ACCOUNT, await place.world.world.account())
    made = (await place.world.file(target=target, text=text)).tip_off
    return await place.world.assign(made, key.moderator_id)


@pytest.mark.parametrize(("text", "begins"), [(CHINESE, "感谢"), (ENGLISH, "Thank you")])
async def test_a_report_is_answered_in_its_language(
    place: Office, browser: Visitor, key: ModeratorKey, text: str, begins: str
) -> None:
    """Whatever the language of the desk; what is sent stands beside the decision."""
    made = await filed(place, key, text)
    page = await browser.get(f"/reports/{made.tip_off_id}")
    where = f"/reports/{made.tip_off_id}/decision"
    chosen = form_of(page, where)["reply_language"]
    await submit(browser, where, page, decision="dismiss.NO_VIOLATION")
    found = await place.world.get(made)
    assert found.reply.startswith(begins)
    beside = re.findall(rf'data-reply="{chosen}"[^>]*>([^<]*)<', page.text)
    assert any(found.reply in unescape(each) for each in beside)


async def test_the_other_language_is_chosen(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """Beside the report, and it goes on to the form of the sanction, where it can be changed again."""
    made = await filed(place, key, ENGLISH)
    where = f"/reports/{made.tip_off_id}"
    page = await submit(browser, f"{where}/decision", decision="sanction", reply_language="zh")
    form = form_of(page, f"{where}/sanction")
    assert (form["reply"], form["reply_language"]) == ("", "zh")
    page = await submit(browser, f"{where}/sanction", page, **REASONS)
    assert "感谢" in page.words.partition("What the reporter reads")[2]
    page = await submit(browser, f"{where}/sanction", page, step="change")
    assert form_of(page, f"{where}/sanction")["reply"] == ""
    page = await submit(browser, f"{where}/sanction", page, reply_language="en")
    assert "You were right, and we have acted." in page.words
    await submit(browser, f"{where}/sanction", page)
    found = await place.world.get(made)
    assert found.tip_off.outcome is TipOffOutcome.UPHELD
    assert found.reply.startswith("Thank you for your report.")


async def test_own_words_are_sent_as_they_are(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """Also after a change of the form; nobody translates them."""
    made = await filed(place, key, CHINESE)
    where = f"/reports/{made.tip_off_id}/sanction"
    page = await submit(browser, where, **REASONS, reply="We acted at once.")
    page = await submit(browser, where, page, step="change")
    assert form_of(page, where)["reply"] == "We acted at once."
    page = await submit(browser, where, page)
    await submit(browser, where, page)
    assert (await place.world.get(made)).reply == "We acted at once."


async def test_an_answered_reporter_has_no_usual_reply(
    place: Office, browser: Visitor, key: ModeratorKey
) -> None:
    """Nothing is added unless it is typed, and "only reply", which the vault would refuse, is not offered."""
    made = await filed(place, key, ENGLISH)
    await place.world.answer(made, key.moderator_id, "We look at it.")
    page = await browser.get(f"/reports/{made.tip_off_id}")
    assert "what you write here is added to it" in page.words
    assert 'name="reply_language"' not in page.text
    assert 'value="reply"' not in page.text
    await submit(browser, f"/reports/{made.tip_off_id}/decision", page, decision="dismiss.GONE")
    assert (await place.world.get(made)).reply == "We look at it."
