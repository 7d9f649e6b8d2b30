"""A report by telephone, by letter or at a counter: one form, then number and secret for the reporter."""

import re
from datetime import timedelta

import pytest

from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import SanctionCategory
from idvault_verify.tip_off import TargetKind, TipOffChannel
from tests.support.console import Visitor
from tests.support.moderation_console import Office, form_of, post, submit
from tests.support.tip_off_world import opened
from tools.support.flow_world import PARTY

WHERE = "/reports/new"
SAID = "She says that the post names the wrong school (synthetic)"
ASKED = {"channel": "PHONE", "kind": "CONTENT", "target": "post/99", "category": "PRIVACY", "text": SAID}


async def test_a_report_is_taken_down(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """Number and secret are shown once, and with both its reporter reads on; sent again, it is one report."""
    operation = await opened(place.world)
    page = await browser.get(WHERE)
    asked = {**ASKED, "contact": "555 (synthetic)", "operation": operation.operation_id}
    slips = [await submit(browser, WHERE, page, **asked)]
    assert "/reply" not in slips[0].words, "the pages do not know this platform"
    await place.world.present()
    slips.append(await submit(browser, WHERE, page, **asked))
    assert f"https://verify.example/r/{PARTY}/reply" in slips[1].words
    assert slips[0].title == "Number and secret"
    found = [re.findall(r'class="number">([0-9 ]+)<', slip.text) for slip in slips]
    assert found[0] == found[1], "a reload shows the same"
    number, secret = (each.replace(" ", "") for each in found[0])
    assert "refresh" in {name.lower() for name in slips[0].headers}, "it does not stay on the screen"
    (report,) = (await place.world.asks(place.age).list_page()).tip_offs
    assert (report.reference, report.channel, report.category) == (
        number,
        TipOffChannel.PHONE,
        SanctionCategory.PRIVACY,
    )
    assert (report.target.kind, report.target.key) == (TargetKind.CONTENT, "post/99")
    assert report.operation_id == operation.operation_id
    case = await place.world.get(report)
    assert (case.text, case.contact) == (SAID, "555 (synthetic)")
    followed = await place.world.asks(place.age).follow(number, secret)
    assert followed.reference == number
    assert secret not in place.logs.read_text("utf-8")
    later = [await browser.get(path) for path in ("/reports", f"/reports/{report.tip_off_id}")]
    assert not any(found[0][1] in each.words or secret in each.words for each in later)


async def test_another_language_shows_the_same_slip(place: Office, browser: Visitor) -> None:
    """The switch sends the form again, which is the same act: number and secret stay, in the other words."""
    form = form_of(await browser.get(WHERE), "/reports/new")
    slip = await post(browser, WHERE, {**form, **ASKED})
    header = slip.text.partition("<header")[2].partition("</header>")[0]
    assert f'action="{WHERE}?lang=zh"' in header
    hidden = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', header))
    assert hidden.keys() == {"request_id", "form"}, "the paper is shown to others: nothing of the report"
    assert SAID not in slip.text
    place.later = timedelta(seconds=400)
    again = await browser.send(f"{WHERE}?lang=zh", hidden)
    found = [re.findall(r'class="number">([0-9 ]+)<', each.text) for each in (slip, again)]
    assert (len(found[0]), found[0] == found[1]) == (2, True)
    assert (again.title, f'action="{WHERE}?lang=en"' in again.text) == ("编号和密码", True)
    assert len((await place.world.asks(place.age).list_page()).tip_offs) == 1
    first, left = [int(each.headers["Refresh"].partition(";")[0]) for each in (slip, again)]
    assert (first, 190 <= left <= 200) == (600, True), "no language begins the ten minutes anew"
    assert f'data-once="{left}"' in again.text
    place.later = timedelta(seconds=601)
    for sent in (hidden, {**form, **ASKED}):
        late = await browser.send(WHERE, sent)
        assert (late.status, late.headers.get("Location")) == (303, "/reports")
    assert len(place.wire.calls("TakeTipOff")) == 1


@pytest.mark.parametrize("missing", ["channel", "kind", "target", "category", "text"])
async def test_what_is_missing_is_named(place: Office, browser: Visitor, missing: str) -> None:
    """Beside its field, and nothing is filed; what was typed stays."""
    page = await submit(browser, WHERE, **{**ASKED, missing: ""})
    assert (page.status, f'href="#{missing}"' in page.text) == (422, True)
    assert ("post/99" in page.text) is (missing != "target")
    assert not place.wire.calls("TakeTipOff")


async def test_what_the_vault_refuses_is_named(place: Office, browser: Visitor) -> None:
    """A token that is none, beside the field of the target."""
    page = await submit(browser, WHERE, **{**ASKED, "kind": "ACCOUNT", "target": "somebody"})
    assert (page.status, 'href="#target"' in page.text) == (422, True)
    place.wire.loses = "TakeTipOff"
    page = await submit(browser, WHERE, **ASKED)
    assert (page.status, "not known whether it was done" in page.words) == (503, True)
    page = await submit(browser, WHERE, page)
    assert page.title == "Number and secret"
    assert len((await place.world.asks(place.age).list_page()).tip_offs) == 1
