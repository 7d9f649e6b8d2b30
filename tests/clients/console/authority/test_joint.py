"""Joint operations on the officer's console: a new one, the list, and counts with withheld cells in words."""

import asyncio

from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import Degree, SanctionCategory
from tests.clients.console.authority.steps import OPERATION, here, prepare, sign
from tests.support.officer_room import OfficerRoom
from tools.support.flow_world import PARTY

TITLE = OPERATION["operation_title"]


async def test_an_operation_is_opened_as_it_was_shown(office: OfficerRoom) -> None:
    """Title, categories, platforms and days are on the preview; then it is in the list."""
    visitor = await office.enter()
    empty = await visitor.get("/operations")
    assert ("opened no joint operation yet" in empty.words, 'href="/operations/new"' in empty.text) == (
        True,
        True,
    )
    preview = await prepare(visitor, **{"category.RUMOUR": "1"})
    shown = await sign(visitor, preview, office.code())
    assert shown.title == TITLE
    [found] = await asyncio.to_thread(lambda: list(office.joint().every()))
    terms = found.terms
    assert (terms.title, terms.platforms) == (TITLE, (PARTY, "platform-b"))
    assert terms.categories == (SanctionCategory.RUMOUR, SanctionCategory.FRAUD)
    assert terms.canonical().hex() in preview.text
    for text in (TITLE, "rumour, fraud", f"{PARTY}, platform-b", "1 March 2026", "31 March 2026"):
        assert text in preview.words, text
    listed = await visitor.get("/operations")
    assert f'href="/operations/{found.operation_id}"' in listed.text
    assert "First day 1 March 2026, in the vault's time zone Last day 31 March 2026" in shown.words
    assert f"{TITLE} rumour, fraud {PARTY}, platform-b 1 Mar 2026, 00:00 UTC" in listed.words
    assert "1 Apr 2026, 00:00 UTC" in listed.words
    assert ("Signed and opened." in shown.words, 'class="due"' in listed.text) == (True, True)
    signed = await visitor.get(f"/operations/{found.operation_id}/signed")
    assert signed.body == found.signed_operation
    assert f"operation-{found.operation_id}.bin" in signed.headers["Content-Disposition"]
    assert "running" in listed.words
    for seconds, state in ((-86_400, "not begun yet"), (40 * 86_400, "closed")):
        office.seconds = seconds
        assert state in (await visitor.get("/operations")).words
    path = here(preview).removesuffix("/check")
    for again in (path, f"{path}/check"):
        assert (await visitor.get(again)).title == TITLE


async def test_counts_are_told_in_words(office: OfficerRoom, key: ModeratorKey) -> None:
    """Of each platform by degree; 1 to 4 are withheld, none is said as 0, and there is no sum."""
    visitor = await office.enter()
    shown = await sign(visitor, await prepare(visitor), office.code())
    assert f"{PARTY} Sanctions 0 Reports 0 platform-b Sanctions 0 Reports 0" in shown.words
    [found] = await asyncio.to_thread(lambda: list(office.joint().every()))
    operation = await office.world.asks(0).get_operation(found.operation_id)
    token = await office.world.account()
    for _ in range(5):
        await office.world.impose(token, Degree.WARN, key=key, operation=operation)
    await office.world.impose(token, Degree.LIMIT, key=key, operation=operation)
    counted = await visitor.get(f"/operations/{found.operation_id}")
    assert f"{PARTY} Warnings 5 Publishing limited 1 to 4 (withheld) Reports 0" in counted.words
    assert token not in counted.text


async def test_a_mistake_is_told_at_its_field(office: OfficerRoom) -> None:
    """Without the value, and nothing that was typed is lost."""
    visitor = await office.enter()
    for changes, field, text in (
        ({"operation_title": ""}, "operation_title", "Enter this"),
        ({"operation_title": "x" * 201}, "operation_title", "too long"),
        ({"category.FRAUD": ""}, "categories", "Enter this"),
        ({"platforms": " , "}, "platforms", "Enter this"),
        ({"platforms": "platform-a Platform-B"}, "platforms", "Name number 2 is no platform's name"),
        ({"platforms": " ".join(f"p{each}" for each in range(101))}, "platforms", "At most 100 platforms"),
        ({"first_day": ""}, "first_day", "Enter this"),
        ({"last_day": "soon"}, "last_day", "Write the day as"),
        ({"first_day": "2026-04-01"}, "last_day", "Not before the first day"),
        ({"first_day": "2024-04-01"}, "first_day", "within 366 days"),
    ):
        wrong = await prepare(visitor, **changes)
        assert (wrong.status, f'href="#{field}"' in wrong.text, text in wrong.words) == (422, True, True), (
            text
        )
        assert (await prepare(visitor, wrong)).title == "Check exactly what you sign"
        kept = await visitor.get(f"{here(wrong)}?lang=en")
        assert TITLE in kept.text
        assert 'id="category-FRAUD" value="1" checked' in kept.text


async def test_a_lost_answer_opens_no_second_operation(office: OfficerRoom) -> None:
    """Sent again, the preview leads to the operation; an unknown platform is told, and can be corrected."""
    visitor = await office.enter()
    preview = await prepare(visitor)
    office.edge().lose("OpenJointOperation")
    code = office.code()
    assert (await sign(visitor, preview, code)).status == 503
    office.edge().mend()
    assert (await sign(visitor, preview, code)).title == TITLE
    unknown = await prepare(visitor, platforms="nobody")
    refused = await sign(visitor, unknown, office.code())
    assert (refused.status, "never registered" in refused.words) == (422, True)
    assert len(await asyncio.to_thread(lambda: list(office.joint().every()))) == 1
    office.ahead = -3_600
    late = await prepare(visitor)
    refused = await sign(visitor, late, office.code())
    assert (refused.status, "Compare this machine's clock" in refused.words) == (422, True)
    assert refused.hidden("digest") != late.hidden("digest")
    missing = await visitor.get(f"/operations/{'0' * 32}")
    assert (missing.status, "no joint operation of yours" in missing.words) == (404, True)
