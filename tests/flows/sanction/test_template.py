"""Templates of sanctions over both databases: kept, replaced, deleted, and never in the log."""

from dataclasses import replace

from idvault_client.sanctions import Degree, PlatformTemplate
from idvault_verify.error import Reason
from tests.support.refusal import fields_of, reason_of
from tools.support.flow_world import request_id
from tools.support.sanction_world import SanctionWorld, template


async def listed(world: SanctionWorld, *, party: str = "platform-a") -> list[PlatformTemplate]:
    return list((await world.asks(party=party).list_templates()).templates)


async def test_a_platform_keeps_its_templates(world: SanctionWorld) -> None:
    """Each is kept as it was given, replaced as a whole in its place, and deleted; the log has nothing."""
    asks = world.asks()
    first = await asks.set_template(template())
    second = await world.asks(1).set_template(
        template(title="Fraud", degree=Degree.LIMIT, measure="no-video", days=0)
    )
    assert await listed(world) == [first, second]
    assert replace(first, template_id="") == template()
    changed = replace(first, title="Rumour, second time", days=90)
    assert await world.asks(2).set_template(changed) == changed
    assert await listed(world) == [changed, second]
    await asks.delete_template(first.template_id)
    assert await listed(world) == [second]
    assert await listed(world, party="platform-b") == []
    assert await world.events("") == []


async def test_a_repeat_keeps_one(world: SanctionWorld) -> None:
    """The same request makes one template, and deletes it once."""
    asks, new, gone = world.asks(), request_id(1), request_id(2)
    made = await asks.set_template(template(), request_id=new)
    assert await asks.set_template(template(), request_id=new) == made
    assert await listed(world) == [made]
    assert await reason_of(asks.set_template(template(days=1), request_id=new)) is Reason.REQUEST_ID_REUSED
    for _ in range(2):
        await asks.delete_template(made.template_id, request_id=gone)
    assert await listed(world) == []


async def test_what_is_not_there(world: SanctionWorld) -> None:
    """Another platform's template is as unknown as one that was deleted."""
    made = await world.asks().set_template(template())
    theirs = world.asks(party="platform-b")
    assert await reason_of(theirs.set_template(made)) is Reason.TEMPLATE_NOT_FOUND
    assert await reason_of(theirs.delete_template(made.template_id)) is Reason.TEMPLATE_NOT_FOUND
    await world.asks().delete_template(made.template_id)
    assert await reason_of(world.asks().set_template(made)) is Reason.TEMPLATE_NOT_FOUND
    assert await reason_of(world.asks().delete_template(made.template_id)) is Reason.TEMPLATE_NOT_FOUND


async def test_a_refusal_names_every_field(world: SanctionWorld) -> None:
    """What is not chosen, what is too long, and the id of no template."""
    nothing = template(title="", ground=None, category=None, degree=None, measure="no-video", days=9_999)
    assert set(await fields_of(world.asks().set_template(nothing))) == {
        f"template.{name}" for name in ("title", "ground", "category", "degree", "days")
    }
    measured = template(measure="no-video")
    assert set(await fields_of(world.asks().set_template(measured))) == {"template.measure"}
    named = template(template_id="X")
    assert set(await fields_of(world.asks().set_template(named))) == {"template.template_id"}


async def test_there_are_a_hundred_at_most(world: SanctionWorld) -> None:
    """One more is refused; replacing one is not."""
    asks = world.asks()
    kept = [await asks.set_template(template(title=f"Rule {number}")) for number in range(100)]
    assert await reason_of(asks.set_template(template())) is Reason.TOO_MANY_ITEMS
    assert await asks.set_template(kept[0]) == kept[0]


async def test_a_page_that_ended_with_a_deleted_one_is_begun_anew(world: SanctionWorld) -> None:
    """Its token is refused by name, so that nobody takes the rest for empty."""
    asks = world.asks()
    for title in ("A", "B"):
        await asks.set_template(template(title=title))
    page = await asks.list_templates(page_size=1)
    await asks.delete_template(page.templates[0].template_id)
    again = asks.list_templates(page_size=1, page_token=page.next_page_token)
    assert set(await fields_of(again)) == {"page_token"}
