"""Operations at the desk: opened, shown with figures and lists, closed; an authority's closes by itself."""

import re
from uuid import uuid4

from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import Degree, OperationState
from tests.support.console import Visitor
from tests.support.moderation_console import Office, form_of, post, submit
from tests.support.tip_off_world import opened
from tools.support.sanction_world import reasons, signing

NEW = "/operations/new"


async def test_an_operation_is_opened_and_closed(place: Office, browser: Visitor) -> None:
    """Each is signed once; what is closed is in the other view, and offers nothing any more."""
    assert "No operation here." in (await browser.get("/operations")).words
    page = await submit(browser, NEW, title="")
    assert (page.status, 'href="#title"' in page.text) == (422, True)
    page = await submit(browser, NEW, page, title="May against fraud")
    assert page.title == "May against fraud"
    assert "Done. Now: open." in page.words
    slow = page
    (made,) = (await place.world.world.asks(place.age).list_operations()).operations
    here = f"/operations/{made.operation_id}"
    assert f'href="{here}"' in (await browser.get("/operations")).text
    page = await submit(browser, f"{here}/closing", page)
    assert "Done. Now: closed." in page.words
    assert f'action="{here}/closing"' not in page.text
    (made,) = (await place.world.world.asks(place.age).list_operations()).operations
    assert made.state is OperationState.CLOSED
    assert f'href="{here}"' not in (await browser.get("/operations")).text
    assert f'href="{here}?view=closed"' in (await browser.get("/operations?view=closed")).text
    assert (await browser.get(f"/operations/{'f' * 32}")).status == 404
    fields = {**form_of(slow, f"{here}/closing"), "once": "again", "request_id": str(uuid4())}
    late = await post(browser, f"{here}/closing", fields)
    assert (late.status, "Now: closed." in late.words) == (409, True)
    await browser.get("/?lang=zh")
    late = await post(browser, f"{here}/closing", {**fields, "once": "once more"})
    assert (late.status, "已结束" in late.words, "已关闭" in late.words) == (409, True, False)


async def test_its_figures_lead_to_its_lists(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """Reports by state and sanctions by degree; the list of reports shows those of the operation alone."""
    world, operation = place.world, await opened(place.world)
    inside = (await world.file(operation_id=operation.operation_id)).tip_off
    outside = (await world.file()).tip_off
    token, asks = await world.world.account(), world.world.asks(place.age)
    signed = signing(key, place.age)
    await asks.impose(token, Degree.WARN, reasons(), key=signed, operation=operation)
    page = await browser.get(f"/operations/{operation.operation_id}")
    assert "unassigned 1 assigned 0" in page.words
    assert "Warning 1 (in force 1, lifted 0, ended 0, overturned 0)" in page.words
    assert f'href="/reports/{inside.tip_off_id}"' in page.text
    assert outside.tip_off_id not in page.text
    (unassigned,) = re.findall(r'href="(/reports\?view=unassigned[^"]*)"', page.text)
    listed = await browser.get(unassigned.replace("&amp;", "&"))
    assert (inside.reference in listed.words, outside.reference in listed.words) == (True, False)
    assert f'value="{operation.operation_id}" selected' in listed.text
    sorted_too = await browser.get(f"/reports?operation={operation.operation_id}&sort=newest")
    assert outside.reference not in sorted_too.words
    await asks.close_operation(operation.operation_id, key=signed)
    listed = await browser.get(f"/reports?operation={operation.operation_id}")
    assert f'value="{operation.operation_id}" selected' in listed.text, "also of a closed one"
