"""What the history calls its cases: names that people know, asked for once."""

from datetime import UTC, datetime, timedelta

from idvault_people.moderation.own_history import OwnAct, OwnHistory
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import AuthorityOrder
from tests.support.console import Visitor
from tests.support.moderation_console import Office, submit
from tools.support import builders
from tools.support.sanction_world import signing


async def test_the_life_of_an_operation_is_listed(place: Office, browser: Visitor) -> None:
    """By its title: created, and closed."""
    page = await submit(browser, "/operations/new", title="May against fraud")
    (made,) = (await place.world.world.asks(place.age).list_operations()).operations
    await submit(browser, f"/operations/{made.operation_id}/closing", page)
    words = (await browser.get("/history")).words
    assert words.index("Operations · May against fraud closed") < words.index(
        "Operations · May against fraud created"
    )


async def test_a_name_is_asked_for_once(place: Office, key: ModeratorKey) -> None:
    """Of campaigns and orders, too; a case without a name is asked for again, and keeps its line."""
    named = AuthorityOrder("the authority (synthetic)", "order 7", builders.NOW.date(), bytes(range(32)))
    signed, until = signing(key, place.age), datetime.now(UTC) + timedelta(days=3)
    order = await place.world.world.asks(place.age).record_order(named, deadline=until, key=signed)
    campaign = await place.sessions.campaigns.create(title="Verify the old accounts")
    report = (await place.world.file()).tip_off
    own = OwnHistory()
    for where in (
        f"/campaigns/{campaign.campaign_id}",
        f"/orders/{order.order_id}",
        f"/reports/{report.tip_off_id}",
        f"/reports/{'a' * 32}",
    ):
        own.add(OwnAct(at=builders.NOW, where=where, kind=where.split("/")[1], act="new"))
    async with place.works(key, history=own) as browser:
        for _ in range(2):
            words = (await browser.get("/history")).words
            for called in ("Verify the old accounts", "order 7", report.reference, "aaaaaaaa"):
                assert f"· {called} " in words, called
    asked = {name: len(place.wire.calls(name)) for name in ("GetCampaign", "GetTipOff")}
    assert asked == {"GetCampaign": 1, "GetTipOff": 3}
