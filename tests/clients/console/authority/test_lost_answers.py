"""Calls of an officer whose end is not known: nothing is signed twice, and nothing that was typed is lost."""

import asyncio

import pytest

from idvault_client.errors import VaultError
from idvault_verify.error import Reason
from tests.clients.console.authority.steps import (
    BASIS,
    DOCUMENT,
    OPERATION,
    ORDER,
    REASON,
    REFERENCE,
    TARGET,
    fill,
    here,
    prepare,
    sign,
    withdraw,
)
from tests.support.console import Seen, Visitor
from tests.support.officer_room import OfficerRoom
from tools.support.flow_world import PARTY

SHOWN = f"Order {REFERENCE}"
OTHER_REFERENCE = "案 2026-18 (synthetic)"


async def delayed(visitor: Visitor, office: OfficerRoom, code: str) -> Seen:
    """Sign an order whose call is on its way for long; return the preview as it is then."""
    preview = await fill(visitor)
    office.edge().delay("IssueOrders")
    assert (await sign(visitor, preview, code)).status == 503
    office.edge().mend()
    again = await visitor.get(here(preview))
    assert (again.status, again.hidden("digest")) == (200, preview.hidden("digest"))
    return again


@pytest.mark.parametrize("seconds", [0, 600])
async def test_a_refused_repeat_does_not_settle_the_first_call(office: OfficerRoom, seconds: int) -> None:
    """The first call arrives after a second one was refused: its order is shown, and is the only one."""
    visitor = await office.enter()
    preview = await delayed(visitor, office, office.code())
    refused = await sign(visitor, preview, "000000")
    assert (refused.status, "tries are left" in refused.words) == (422, True)
    await office.edge().arrive()
    office.seconds = seconds
    assert (await sign(visitor, refused, office.code())).title == SHOWN
    assert len(await office.given()) == 1


async def test_a_preview_made_anew_does_not_settle_the_first_call(office: OfficerRoom) -> None:
    """It has other ids; the first call is looked for all the same, also after a change of the form."""
    visitor = await office.enter()
    for change in (False, True):
        preview = await delayed(visitor, office, office.code())
        office.seconds += 600
        anew = await visitor.get(here(preview))
        assert anew.hidden("digest") != preview.hidden("digest")
        if change:
            form = await visitor.get(here(preview).removesuffix("/check"))
            anew = await fill(visitor, form, reference=OTHER_REFERENCE)
            assert (anew.status, OTHER_REFERENCE in anew.words) == (200, True)
        office.seconds -= 600
        await office.edge().arrive()
        assert (await sign(visitor, anew, office.code())).title == SHOWN
    assert [each.terms.reference for each in await office.given()] == [REFERENCE] * 2


@pytest.mark.parametrize("reason", [None, Reason.REQUEST_ID_REUSED])
async def test_an_error_that_settles_nothing(office: OfficerRoom, reason: Reason | None) -> None:
    """An answer that is not valid, or that the ids are known: the vault may have the orders."""
    visitor = await office.enter()
    preview = await fill(visitor)

    def cut(method: str, when: str) -> None:
        if (method.rpartition("/")[2], when) == ("IssueOrders", "after"):
            raise VaultError(reason, "INTERNAL")

    office.edge().cut = cut
    failed = await sign(visitor, preview, office.code())
    assert (failed.status, failed.title) == (422, preview.title)
    office.edge().mend()
    office.seconds += 600
    assert (await visitor.get(here(preview))).title == SHOWN
    assert len(await office.given()) == 1


async def test_what_was_typed_without_the_vault_is_kept(office: OfficerRoom) -> None:
    """A form that is sent while nobody can say whether the first call arrived; so is its document."""
    visitor = await office.enter()
    preview = await fill(visitor)
    office.edge().lose("IssueOrders", "before")
    code = office.code()
    assert (await sign(visitor, preview, code)).status == 503
    form = await visitor.get(path := here(preview).removesuffix("/check"))
    office.edge().lose("GetIssuedOrder", "before")
    files = {"document": ("other.pdf", DOCUMENT * 2)}
    changed = {**ORDER, "reference": OTHER_REFERENCE}
    assert (await visitor.upload(path, form, files, **changed)).status == 503
    kept = await visitor.get(path)
    assert (OTHER_REFERENCE in kept.text, BASIS in kept.text, "other.pdf" in kept.text) == (True, True, True)
    assert (await visitor.get(f"{path}/check")).status == 503
    office.edge().mend()
    anew = await visitor.get(f"{path}/check")
    assert (f"other.pdf ({len(DOCUMENT) * 2} bytes)" in anew.words, OTHER_REFERENCE in anew.words) == (
        True,
        True,
    )
    await sign(visitor, anew, code)
    [given] = await office.given()
    assert (given.terms.reference, given.terms.document_size) == (OTHER_REFERENCE, len(DOCUMENT) * 2)


async def test_an_operation_typed_without_the_vault_is_kept(office: OfficerRoom) -> None:
    """As an order's form is."""
    visitor = await office.enter()
    preview = await prepare(visitor)
    office.edge().lose("OpenJointOperation")
    await sign(visitor, preview, office.code())
    form = await visitor.get(here(preview).removesuffix("/check"))
    office.edge().lose("GetJointOperation", "before")
    lost = await prepare(visitor, form, operation_title="another (synthetic)")
    assert lost.status == 503
    assert "another (synthetic)" in (await visitor.get(here(form))).text
    office.edge().mend()
    assert (await prepare(visitor, form)).title == OPERATION["operation_title"]
    assert len(await asyncio.to_thread(lambda: list(office.joint().every()))) == 1


async def test_a_reason_typed_without_the_vault_is_kept(office: OfficerRoom) -> None:
    """Of a withdrawal, whose order cannot be read just now."""
    visitor = await office.enter()
    [given] = await office.world.issue((PARTY, TARGET))
    path = f"/orders/{given.order_id}/withdraw"
    form = await visitor.get(path)
    office.edge().lose("GetIssuedOrder", "before")
    lost = await visitor.post(path, form, reason=REASON, code="000000")
    assert (lost.status, f'href="{path}">Back' in lost.text) == (503, True)
    office.edge().mend()
    assert REASON in (await visitor.get(path)).text
    assert "Withdrawn by you" in (await withdraw(visitor, given.order_id, office.code())).words
