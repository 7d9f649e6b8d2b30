"""The pages of campaigns: a new one by a form, its steps, and its figures."""

import re
from datetime import date, timedelta

import pytest

from idvault_client.backend.campaign import Funnel
from idvault_client.campaigns import CampaignProgress
from idvault_client.pages.rendering import saying
from idvault_people.console.visit import Visit
from idvault_people.moderation import campaign as pages_of_campaigns
from idvault_people.moderation import campaign_plan
from idvault_people.moderation import funnel as figures
from idvault_people.moderation.texts import TEXTS
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.campaign import CampaignState, InvitationEvent, ReverificationMethod
from idvault_verify.session import Proof
from idvault_verify.v1 import campaign_pb2
from tests.support.console import Seen, Visitor
from tests.support.moderation_console import Office, form_of, post, submit

NEW = "/campaigns/new"
METHOD = "methods.WHEN_DUE"
FILLED = {"title": "Verify your account", METHOD: "yes", "cohort.label": "2014", "reminder_days": "3, 7"}


async def created(browser: Visitor, **more: str) -> tuple[Seen, str]:
    """Create a campaign by clicks; return its page, and its address."""
    checked = await submit(browser, NEW, **{**FILLED, **more})
    page = await submit(browser, NEW, checked)
    (address,) = {each for each in page.text.split('"') if each.endswith("/start")}
    return page, address.removesuffix("/start")


async def test_a_campaign_from_its_form_to_its_end(
    place: Office, browser: Visitor, key: ModeratorKey
) -> None:
    """Shown before it is signed; created as a draft; each step is asked for, signed and done once."""
    empty = await browser.get("/campaigns")
    assert "Create one: it invites nobody before you start it." in empty.words
    checked = await submit(browser, NEW, **FILLED, incentive_text="A badge")
    assert checked.title == "Check the campaign"
    for words in (
        "accounts imported under “2014”",
        "after 3, then 7 days without an answer",
        "Invitations a day: at most 1000, with reminders",
        "Verify your account A badge",
        "Nothing is enforced.",
    ):
        assert words in checked.words
    assert not place.wire.calls("CreateCampaign")
    back = await submit(browser, NEW, checked, step="change")
    assert f'name="{METHOD}" id="methods-1" value="yes" checked' in back.text
    page = await submit(browser, NEW, checked)
    assert (page.title, "State draft" in page.words) == ("Verify your account", True)
    assert "No account belongs to it yet." in page.words
    assert '<p class="note good" role="status">Campaign created.</p>' in page.text
    (sent,) = place.wire.calls("CreateCampaign")
    assert campaign_pb2.CreateCampaignRequest.FromString(sent).signature.moderator_id == key.moderator_id
    (here,) = {each.removesuffix("/start") for each in page.text.split('"') if each.endswith("/start")}
    for step, state in (("start", "running"), ("pause", "paused"), ("resume", "running"), ("end", "ended")):
        slow = await browser.get(f"{here}/{step}")
        page = await submit(browser, f"{here}/{step}", slow)
        assert f"State {state}" in page.words
        assert '<p class="note good" role="status">Signed and sent.</p>' in page.text
        assert 'class="note good"' not in (await browser.get(here)).text, "it is said once"
        page = await post(browser, f"{here}/{step}", {**form_of(slow, f"{here}/{step}"), "once": "again"})
        assert f"State {state}" in page.words, "sent twice, done once"
    late = await submit(browser, f"{here}/pause")
    assert late.status == 409
    assert "Verify your account" not in (await browser.get("/campaigns")).words
    assert "Verify your account" in (await browser.get("/campaigns?view=all")).words
    assert (await browser.get(f"{here}/stop")).status == 404


async def test_the_newest_campaign_is_first(
    place: Office, browser: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many pages of the vault they fill."""
    monkeypatch.setattr(pages_of_campaigns, "_SIZE", 2)
    for number in range(5):
        await created(browser, title=f"Campaign {number}")
    page = await browser.get("/campaigns")
    assert re.findall(r"Campaign \d", page.words) == [f"Campaign {number}" for number in range(4, -1, -1)]


@pytest.mark.parametrize(
    ("typed", "pace"),
    [("1,000", 1_000), ("1 000 000", 1_000_000), ("1，000", 1_000), ("10 20", 0), ("1,0", 0), ("1" * 8, 0)],
)
def test_a_pace_with_grouped_digits(typed: str, pace: int) -> None:
    """It is one number: it never becomes a smaller one without a word."""
    given = Visit(language="en", say=saying(TEXTS, "en"), fields={**FILLED, "daily_limit": typed})
    plan, errors = campaign_plan.read(given, today=date(2026, 3, 1))
    assert (plan.daily_limit, "daily_limit" in errors) == (pace, not pace)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", ""),
        ("cohort.create_date_from", "May"),
        ("cohort.create_date_before", "2013-01-01"),
        (METHOD, ""),
        ("methods.HOSTED_LINK", "yes"),
        ("daily_limit", "0"),
        ("daily_limit", "many"),
        ("reminder_days", "7 3"),
        ("quiet_hours.start", "late"),
        ("quiet_hours.end", "22:00"),
        ("quiet_hours.time_zone", "Mars/Base"),
        ("enforcement_date", "2020-01-01"),
    ],
)
async def test_a_plan_that_is_wrong(place: Office, browser: Visitor, name: str, value: str) -> None:
    """It is said beside its field, and nothing is sent."""
    right = {**FILLED, "quiet_hours.start": "22:00", "quiet_hours.end": "08:00"}
    right |= {"cohort.create_date_from": "2013-01-01", "cohort.create_date_before": "2014-01-01"}
    page = await submit(browser, NEW, **{**right, name: value})
    field = "methods" if name.startswith("methods") else name
    assert (page.status, f'href="#{field}"' in page.text, f'id="{field}-error"' in page.text) == (
        422,
        True,
        True,
    )
    assert not place.wire.calls("CreateCampaign")


async def test_a_pace_can_be_typed_in_full(browser: Visitor) -> None:
    """With its commas, as the hint writes it."""
    page = await browser.get(NEW)
    assert re.findall(r'id="daily_limit"[^>]*maxlength="(\d+)"', page.text) == ["9"]
    checked = await submit(browser, NEW, page, **FILLED, daily_limit="1,000,000")
    assert "Invitations a day: at most 1000000" in checked.words


async def test_what_the_vault_refuses_is_said_on_the_form(place: Office, browser: Visitor) -> None:
    """A proof that the platform does not accept; what was typed is still there."""
    checked = await submit(browser, NEW, **FILLED, minimum_assurance="HOLDER")
    assert "What owners are asked to prove presence" in checked.words
    place.sessions.campaigns.servicer.offered = frozenset({Proof.NUMBER_MATCH})
    page = await submit(browser, NEW, checked)
    assert (page.status, "Verify your account" in page.text) == (409, True)
    assert 'role="alert"' in page.text
    assert "There is no campaign here." in (await browser.get("/campaigns")).words


async def test_the_figures_of_a_campaign(place: Office, browser: Visitor) -> None:
    """Funnel, curve, the tables behind them and the file have the same numbers."""
    campaigns, now = place.sessions.campaigns, place.age
    tokens = await campaigns.members(4, seconds=now)
    campaign = await campaigns.started(methods=(ReverificationMethod.WHEN_DUE,), seconds=now)
    batch = await campaigns.take(campaign, seconds=now)
    assert len(batch.invitations) == len(tokens)
    for token, event in zip(tokens, (InvitationEvent.OPENED, InvitationEvent.LATER), strict=False):
        for each in (InvitationEvent.SHOWN, event):
            await campaigns.record(campaign, token, each, seconds=now)
    for token, event in ((tokens[2], InvitationEvent.DISMISSED), (tokens[3], InvitationEvent.SHOWN)):
        await campaigns.record(campaign, token, event, seconds=now)
    here = f"/campaigns/{campaign.campaign_id}"
    page = await browser.get(here)
    for words in (
        "Accounts 4 – Invited 4 100%",
        "Opened it 1 25% Postponed it 1 25% Declined 1 25%",
        "No answer yet 2 50%",
        "by your own message",
    ):
        assert words in page.words
    assert page.text.count("<polyline") == 1
    saved = await browser.get(f"{here}/figures.csv")
    assert saved.headers["Content-Type"].startswith("text/csv")
    assert saved.text.splitlines()[-1] == "total,,4,4,1,1,1,0,0,0,2"


def progress(*coverage: tuple[date, int], invited: int = 0) -> CampaignProgress:
    days = ((date(2026, 3, 1), None, Funnel(invited=invited)),) if invited else ()
    return CampaignProgress("a" * 32, CampaignState.RUNNING, 200, Funnel(invited=invited), days, coverage)


def visit() -> Visit:
    return Visit(language="en", say=saying(TEXTS, "en"))


def test_a_curve() -> None:
    """In a box of a hundred, from above: days without a change are level, and one day is a line."""
    assert figures.curve(progress(), visit()) is None
    one = figures.curve(progress(invited=7), visit())
    assert one is not None
    assert (one.points, one.top) == ("0.00,100.00 100.00,100.00", 1)
    made = figures.curve(progress((date(2026, 3, 1), 4), (date(2026, 3, 3), 20)), visit())
    assert made is not None
    assert (made.points, made.top) == ("0.00,80.00 50.00,80.00 100.00,0.00", 10)
    assert made.label == "Verified accounts by day, from 1 March 2026 to 3 March 2026: 10% at the end"
    full = figures.curve(progress((date(2026, 3, 1), 260)), visit())
    assert full is not None
    assert (full.points, full.top) == ("0.00,0.00 100.00,0.00", 100), "a cohort that has shrunk"


def test_the_newest_days_come_first() -> None:
    """At most sixty of them; a share of nothing is a dash."""
    begin = date(2026, 1, 1)
    many = progress(*((begin + timedelta(days=number), number) for number in range(100)))
    rows = figures.coverage(many, visit())
    assert (len(rows), rows[0]) == (60, ("10 April 2026", "99 (49.5%)"))
    assert figures.share(3, 0) == "–"
    assert [each.share for each in figures.funnel(progress(invited=1), visit())][:2] == ["–", "100%"]
    # One decimal where it says something.
    assert (figures.share(1, 8), figures.share(0, 8)) == ("12.5%", "0%")
