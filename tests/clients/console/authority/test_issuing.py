"""A new order on the officer's console: the form, what will be signed, and the signature."""

import re

from idvault_verify.order import OrderMeasure
from idvault_verify.sanction import OrderState
from idvault_verify.tip_off import TargetKind
from tests.clients.console.authority.steps import (
    BASIS,
    DOCUMENT,
    DOCUMENT_HASH,
    ORDER,
    REFERENCE,
    TARGET,
    fill,
    here,
    sign,
)
from tests.support.console import Seen
from tests.support.officer_room import OfficerRoom
from tools.support import people
from tools.support.flow_world import PARTY
from tools.support.orders import OFFICE, OTHER_OFFICE, roster

MISTAKES = [
    ({"kind": ""}, "kind", "Enter this"),
    ({"kind": "PERSON"}, "kind", "Enter this"),
    ({"platform_1": ""}, "platform_1", "Enter this"),
    ({"platform_1": "Platform A"}, "platform_1", "small letters"),
    ({"target_1": ""}, "target_1", "Enter this"),
    ({"target_1": TARGET[:-1]}, "target_1", "begins with acct_"),
    ({"kind": "PUBLIC_ACCOUNT"}, "target_1", "32 characters"),
    ({"kind": "CONTENT", "target_1": "x" * 201}, "target_1", "too long"),
    ({"measure": ""}, "measure", "Enter this"),
    ({"measure": "REMOVE"}, "measure", "for contents only"),
    ({"reference": ""}, "reference", "Enter this"),
    ({"reference": "x" * 201}, "reference", "too long"),
    ({"reference": "a\u202eb"}, "reference", "cannot be seen"),
    ({"legal_basis": "x" * 501}, "legal_basis", "too long"),
    ({"deadline": ""}, "deadline", "Enter this"),
    ({"deadline": "tomorrow"}, "deadline", "as 2026-12-03 18:00"),
    ({"deadline": "0001-01-01 00:00"}, "deadline", "as 2026-12-03 18:00"),
    ({"deadline": "2026-03-02 11:59"}, "deadline", "at least 24 hours"),
    ({"deadline": "2027-03-03 12:00"}, "deadline", "at most 366 days"),
]


def signed_of(preview: Seen) -> list[str]:
    """Return the papers whose bytes a preview shows, in hex."""
    return re.findall(r'<code class="copy">([0-9a-f]{65,})</code>', preview.text)


async def test_what_is_signed_is_what_was_shown(office: OfficerRoom) -> None:
    """The preview has every field; the document is hashed here, with its size, and goes nowhere."""
    visitor = await office.enter()
    preview = await fill(visitor)
    assert (preview.status, preview.title) == (200, "Check exactly what you sign")
    shown = await sign(visitor, preview, office.code())
    assert shown.title == f"Order {REFERENCE}"
    [given] = await office.given()
    found = given.terms
    assert (found.platform, found.target_kind, found.target) == (PARTY, TargetKind.ACCOUNT, TARGET)
    assert (found.reference, found.legal_basis, found.measure) == (REFERENCE, BASIS, OrderMeasure.WARN)
    assert (found.document_digest.hex(), found.document_size) == (DOCUMENT_HASH, len(DOCUMENT))
    assert f"{found.deadline_at:%Y-%m-%d %H:%M}" == "2026-03-03 10:00"
    assert found.canonical().hex() in preview.text
    for text in (
        *(PARTY, TARGET, REFERENCE, BASIS, found.order_id, found.roster_digest, DOCUMENT_HASH, OFFICE),
        f"order.pdf ({len(DOCUMENT)} bytes)",
        "3 Mar 2026, 18:00 UTC+8 (3 Mar 2026, 10:00 UTC)",
    ):
        assert text in preview.words, text
    before, _, after = preview.text.partition("<details>")
    assert (DOCUMENT_HASH in before, DOCUMENT_HASH in after) == (False, True)
    assert DOCUMENT not in office.sent
    for secret in ("hpke", "ed25519"):
        assert people.secret(OFFICE, secret) not in office.sent


async def test_several_platforms_are_given_orders_at_once(office: OfficerRoom) -> None:
    """A row for each platform, which a button adds; an empty row is no order."""
    visitor = await office.enter()
    other = TARGET[:-1] + "8"
    page = await fill(visitor, step="more")
    page = await fill(visitor, page, step="more", platform_2="platform-b", target_2=other)
    assert (page.status, 'id="platform_3"' in page.text) == (200, True)
    preview = await fill(visitor, page, platform_2="platform-b", target_2=other)
    assert len(signed_of(preview)) == 2
    assert "Signed and given." not in (await visitor.get("/?done=given_all")).words
    listed = await sign(visitor, preview, office.code())
    assert (listed.title, "The vault has all the orders" in listed.words) == ("Orders", True)
    # It was told; whose orders are new to this page, it does not know.
    assert "Signed and given." not in (await visitor.get("/?done=given_all")).words
    assert [(each.platform, each.terms.target) for each in await office.given()] == [
        (PARTY, TARGET),
        ("platform-b", other),
    ]


async def test_a_mistake_is_told_at_its_field(office: OfficerRoom) -> None:
    """In the summary and at the field, without the value; all that was typed stays, the document, too."""
    visitor = await office.enter()
    for changes, field, text in MISTAKES:
        wrong = await fill(visitor, **changes)
        assert (wrong.status, f'href="#{field}"' in wrong.text, text in wrong.words) == (422, True, True), (
            text
        )
        summary = wrong.text.partition('class="errors"')[2].partition("</div>")[0]
        # Each error names its field: several may say the same.
        assert re.search(rf'<a href="#{field}">[^<:]+: [^<]+</a>', summary), summary
        assert not any(value in summary for value in changes.values() if len(value) > 4), summary
        assert f"Chosen: order.pdf ({len(DOCUMENT)} bytes)" in wrong.words
        again = await visitor.post(here(wrong), wrong, **ORDER)
        assert again.title == "Check exactly what you sign"
        assert DOCUMENT_HASH in again.text


async def test_all_mistakes_are_told_at_once(office: OfficerRoom) -> None:
    """In the order of the page; a document that is missing or empty is one of them."""
    visitor = await office.enter()
    page = await visitor.get("/new")
    wrong = await visitor.upload(here(page), page, {"document": ("empty.pdf", b"")}, kind="ACCOUNT")
    places = [wrong.text.index(f'href="#{each}"') for each in ("platform_1", "target_1", "measure")]
    places += [wrong.text.index(f'href="#{each}"') for each in ("reference", "legal_basis", "deadline")]
    assert places == sorted(places)
    assert "This file is empty" in wrong.words
    missing = await visitor.post(here(page), await visitor.get("/new"), **ORDER)
    assert 'href="#document"' in missing.text
    page = await fill(visitor, step="more")
    twice = await fill(visitor, page, platform_2=PARTY, target_2=TARGET)
    assert "already above" in twice.words


async def test_nothing_that_was_typed_is_lost(office: OfficerRoom) -> None:
    """By another language, by the way back, by a refusal; a form that nobody filled in is blank."""
    visitor = await office.enter()
    wrong = await fill(visitor, measure="")
    chinese = await visitor.get(f"{here(wrong)}?lang=zh")
    for text in (REFERENCE, BASIS, TARGET, "order.pdf"):
        assert text in chinese.text, text
    await visitor.get("/?lang=en")
    preview = await fill(visitor)
    refused = await sign(visitor, preview, "")
    assert (refused.status, 'href="#code"' in refused.text) == (422, True)
    refused = await sign(visitor, refused, "000000")
    assert (refused.status, "9 tries are left" in refused.words) == (422, True)
    back = await visitor.get(here(refused).removesuffix("/check"))
    assert all(text in back.text for text in (REFERENCE, BASIS, TARGET, "order.pdf"))
    assert (await sign(visitor, refused, office.code())).title == f"Order {REFERENCE}"
    unknown = f"/new/{'0' * 32}"
    assert REFERENCE not in (await visitor.get(unknown)).text
    assert (await visitor.get(f"{unknown}/check")).title == "New order"
    assert (await visitor.post(f"{unknown}/check", await visitor.get(unknown))).title == "New order"


async def test_what_the_vault_refuses_is_said_on_the_preview(office: OfficerRoom) -> None:
    """A platform that nobody registered; nothing was given, and the form can be corrected."""
    visitor = await office.enter()
    preview = await fill(visitor, platform_1="nobody")
    refused = await sign(visitor, preview, office.code())
    assert (refused.status, "never registered at the vault" in refused.words) == (422, True)
    assert await office.given() == []
    corrected = await fill(visitor, await visitor.get(here(refused).removesuffix("/check")))
    assert (await sign(visitor, corrected, office.code())).title == f"Order {REFERENCE}"


async def test_an_order_is_given_once(office: OfficerRoom) -> None:
    """A double click, the same form in another tab, and a repeat after a lost answer are one order."""
    visitor = await office.enter()
    preview = await fill(visitor)
    fields = {name: preview.hidden(name) for name in ("form", "once", "digest")} | {"code": office.code()}
    for _ in range(2):
        assert (await visitor.send(here(preview), fields)).status == 303
    path = here(preview).removesuffix("/check")
    for page in (await visitor.get(path), await visitor.get(f"{path}/check"), await fill(visitor, preview)):
        assert page.title == f"Order {REFERENCE}"
    assert len(await office.given()) == 1
    second = await fill(visitor)
    office.edge().lose("IssueOrders")
    lost = await sign(visitor, second, office.code())
    assert (lost.status, "safe to repeat" in lost.words) == (503, True)
    office.edge().mend()
    office.seconds += 600
    for path in (here(second), here(second).removesuffix("/check")):
        assert (await visitor.get(path)).status == 200
    assert (await visitor.get(here(second))).title == f"Order {REFERENCE}"
    assert len(await office.given()) == 2


async def test_a_lost_call_is_signed_again(office: OfficerRoom) -> None:
    """If it did not arrive: from the preview, without typing anything again but a code."""
    visitor = await office.enter()
    preview = await fill(visitor)
    office.edge().lose("IssueOrders", "before")
    code = office.code()
    lost = await sign(visitor, preview, code)
    assert (lost.status, f'href="{here(preview)}">Back' in lost.text) == (503, True)
    office.edge().mend()
    again = await visitor.get(here(preview))
    assert (await sign(visitor, again, code)).title == f"Order {REFERENCE}"
    assert len(await office.given()) == 1


async def test_an_old_preview_is_shown_again(office: OfficerRoom) -> None:
    """After five minutes, and when it is not the one that was shown; a new roster makes a new one."""
    visitor = await office.enter()
    preview = await fill(visitor)
    office.seconds += 301
    old = await sign(visitor, preview, office.code())
    assert (old.status, "too old or has changed" in old.words) == (422, True)
    other = await visitor.post(here(old), old, digest=preview.hidden("digest"), code=office.code())
    assert other.status == 422
    office.world.rosters.versions.append(roster(OFFICE, OTHER_OFFICE, version=2))
    assert (await sign(visitor, other, office.code())).status == 422
    refused = visitor.seen[-1]
    assert "The roster has just changed" in refused.words
    assert (await sign(visitor, refused, office.code())).title == f"Order {REFERENCE}"
    [given] = await office.given()
    assert given.state is OrderState.OPEN


async def test_a_deadline_that_has_come_near_is_told_again(office: OfficerRoom) -> None:
    """Who waits with the preview until less than a day is left corrects the form."""
    visitor = await office.enter()
    preview = await fill(visitor, deadline="2026-03-02 12:10")
    assert preview.title == "Check exactly what you sign"
    office.seconds += 900
    late = await sign(visitor, preview, office.code())
    assert (late.status, late.title, 'href="#deadline"' in late.text) == (422, "New order", True)
    assert here(late) == here(preview).removesuffix("/check")


async def test_only_the_newest_forms_are_kept(office: OfficerRoom) -> None:
    """Twenty, in memory alone."""
    visitor = await office.enter()
    first = here(await fill(visitor)).removesuffix("/check")
    for _ in range(20):
        await fill(visitor)
    assert REFERENCE not in (await visitor.get(first)).text


async def test_a_form_that_is_not_kept_any_more_is_taken_whole(office: OfficerRoom) -> None:
    """Its page still has every row that was added, so each of them becomes an order, up to twenty."""
    visitor = await office.enter()
    rows = {f"platform_{each}": PARTY for each in range(2, 23)}
    rows |= {f"target_{each}": f"{TARGET[:-2]}{each + 10}" for each in range(2, 23)}
    preview = await fill(visitor, **rows)
    assert (preview.title, len(signed_of(preview))) == ("Check exactly what you sign", 20)
    form = await visitor.get(here(preview).removesuffix("/check"))
    assert f"{TARGET[:-2]}30" in form.text
    assert f"{TARGET[:-2]}31" not in form.text


async def test_a_clock_that_is_wrong_is_named(office: OfficerRoom) -> None:
    """What the vault takes for an old signature, and a deadline that is too near by its clock."""
    visitor = await office.enter()
    preview = await fill(visitor, deadline="2026-03-02 12:02")
    office.ahead = 300
    late = await sign(visitor, preview, office.code())
    assert (late.status, "at least 24 hours after the vault takes" in late.words) == (422, True)
    office.ahead = 3_600
    refused = await sign(visitor, late, office.code())
    assert (refused.status, "Compare this machine's clock" in refused.words) == (422, True)
    assert await office.given() == []


async def test_a_clock_that_was_set_right_makes_a_new_preview(office: OfficerRoom) -> None:
    """After a refusal the preview is a new one, as its text says; so is one that comes from the future."""
    visitor = await office.enter()
    office.seconds, office.ahead = 3_600, -3_600
    preview = await fill(visitor)
    refused = await sign(visitor, preview, office.code())
    assert (refused.status, "sign the new preview" in refused.words) == (422, True)
    assert refused.hidden("digest") != preview.hidden("digest")
    office.seconds, office.ahead = 0, 0
    future = await sign(visitor, refused, office.code())
    assert (future.status, "too old or has changed" in future.words) == (422, True)
    assert (await sign(visitor, future, office.code())).title == f"Order {REFERENCE}"
    assert len(await office.given()) == 1
