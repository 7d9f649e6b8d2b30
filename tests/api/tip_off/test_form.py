"""TipOffFormService: what the pages may ask, converted and bounded, over both databases."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from idvault.core import caller as callers
from idvault.core.act import SYSTEM, Vault
from idvault.core.db.database import Database
from idvault.core.edge.call import Caller
from idvault.platform import acts as platform_acts
from idvault_verify.error import FieldCode, IdvaultError, InvalidError, Reason, Violation
from idvault_verify.v1 import tip_off_pb2 as pb
from idvault_verify.v1.sanction_pb2 import StatementOfReasons
from tests.support.tip_off_world import TipOffWorld, key_files
from tools.support.databases import Databases
from tools.support.flow_world import PARTY, at

WEB = Caller("web-1", "web", "c" * 32)
OTHER = "im-other"


@pytest.fixture
async def world(databases: Databases, tmp_path: Path) -> AsyncIterator[TipOffWorld]:
    """Return the world with a new database and two platforms that have a form."""
    database = Database(url=databases.main_url)
    made = TipOffWorld(database, key_files(tmp_path))
    vault = made.world.vault
    for number, name in enumerate((PARTY, OTHER)):
        await platform_acts.register(vault, SYSTEM, at(0), name=name, role="platform", spki=str(number) * 64)
        await platform_acts.present(vault, SYSTEM, at(0), name, title="Title", origins=())
    yield made
    await made.world.claims.verification.drain()
    await database.close()


async def ask(world: TipOffWorld, method: str, message: Any) -> Any:
    return await getattr(world.forms, method)(message, caller=WEB, now=at(0), remaining=None)


async def refused(world: TipOffWorld, method: str, message: Any) -> IdvaultError:
    with pytest.raises(IdvaultError) as caught:
        await ask(world, method, message)
    return caught.value


def report(number: int = 1, **changes: Any) -> pb.FileTipOffFormRequest:
    given = {
        "request_id": f"00000000-0000-4000-8000-{number:012}",
        "platform": PARTY,
        "content": "post/17",
        "category": StatementOfReasons.CATEGORY_RUMOUR,
        "text": "not true (synthetic)",
    }
    return pb.FileTipOffFormRequest(**{**given, **changes})


async def test_a_report_is_its_platforms(world: TipOffWorld) -> None:
    """It is in that platform's queue alone, and its numbers open it there alone; a repeat is the same one."""
    filed = await ask(world, "FileTipOffForm", report(contact="a@b.example", content_copy=b"copy"))
    assert await ask(world, "FileTipOffForm", report(contact="a@b.example", content_copy=b"copy")) == filed
    [found] = (await world.asks().list_page()).tip_offs
    assert (await world.asks(party=OTHER).list_page()).tip_offs == ()
    assert (await world.get(found)).content == b"copy"
    numbers = {"reference": filed.reference, "secret": filed.secret}
    seen = await ask(world, "FollowTipOffForm", pb.FollowTipOffFormRequest(platform=PARTY, **numbers))
    assert (seen.state, seen.due_time) == (pb.TipOff.STATE_RECEIVED, filed.due_time)
    elsewhere = await refused(
        world, "FollowTipOffForm", pb.FollowTipOffFormRequest(platform=OTHER, **numbers)
    )
    assert elsewhere.reason is Reason.TIP_OFF_NOT_FOUND
    reused = await refused(world, "FileTipOffForm", report(contact="a@b.example"))
    assert reused.reason is Reason.REQUEST_ID_REUSED


async def test_an_unknown_platform_is_stored_nowhere(world: TipOffWorld) -> None:
    """Neither a report nor a count of tries is kept for a name without a form; a look leaves in its step."""
    for name in ("nobody", "web-1"):
        wrong = await refused(world, "FileTipOffForm", report(platform=name))
        assert wrong.reason is Reason.PLATFORM_NOT_FOUND
        message = pb.FollowTipOffFormRequest(platform=name, reference="0" * 12, secret="0" * 16)
        for _ in range(11):
            wrong = await refused(world, "FollowTipOffForm", message)
            assert wrong.reason is Reason.PLATFORM_NOT_FOUND
    assert len(world.waited) == 22


async def test_a_reporter_answers_on_a_page(world: TipOffWorld) -> None:
    """By the numbers of that report at that platform alone; a repeat is the same answer; refusals wait."""
    filed = await ask(world, "FileTipOffForm", report())
    [found] = (await world.asks().list_page()).tip_offs
    moderator = (await world.world.moderator(1)).moderator_id
    await world.answer(await world.assign(found, moderator), moderator)
    given = {"request_id": str(uuid4()), "secret": filed.secret, "text": "on Monday (synthetic)"}

    def answering(**changes: str) -> pb.SupplementTipOffFormRequest:
        return pb.SupplementTipOffFormRequest(
            **{"platform": PARTY, "reference": filed.reference, **given, **changes}
        )

    for changes, reason in (
        ({"platform": OTHER}, Reason.TIP_OFF_NOT_FOUND),
        ({"platform": "nobody"}, Reason.PLATFORM_NOT_FOUND),
        ({"secret": "0" * 16}, Reason.TIP_OFF_NOT_FOUND),
    ):
        assert (await refused(world, "SupplementTipOffForm", answering(**changes))).reason is reason
    assert len(world.waited) == 3
    for changes, field in (
        ({"text": ""}, "text"),
        ({"platform": ""}, "platform"),
        ({"secret": "1"}, "secret"),
    ):
        wrong = await refused(world, "SupplementTipOffForm", answering(**changes))
        assert isinstance(wrong, InvalidError)
        assert wrong.violations[0].field == field
    told = await ask(world, "SupplementTipOffForm", answering())
    assert (told.supplement, told.can_supplement) == (given["text"], False)
    assert await ask(world, "SupplementTipOffForm", answering()) == told
    again = await refused(world, "SupplementTipOffForm", answering(request_id=str(uuid4())))
    assert again.reason is Reason.ILLEGAL_TRANSITION


WRONG: list[tuple[dict[str, Any], str, FieldCode]] = [
    ({"platform": ""}, "platform", FieldCode.REQUIRED),
    ({"platform": "A_"}, "platform", FieldCode.CHARACTER),
    ({"content": ""}, "target.content", FieldCode.REQUIRED),
    ({"category": 0}, "category", FieldCode.REQUIRED),
    ({"text": ""}, "text", FieldCode.REQUIRED),
    ({"content_copy": bytes(65_537)}, "content_copy", FieldCode.LENGTH),
]


async def test_a_wrong_field_is_named(world: TipOffWorld) -> None:
    """The refusal names the field."""
    for changes, field, code in WRONG:
        wrong = await refused(world, "FileTipOffForm", report(**changes))
        assert isinstance(wrong, InvalidError)
        assert wrong.violations == (Violation(field, code),)


async def test_forms_are_listed_by_pages(world: TipOffWorld) -> None:
    """Each page says where the list continues; a token that is no name is refused."""
    first = await ask(world, "ListTipOffForms", pb.ListTipOffFormsRequest(page_size=1))
    assert [each.platform for each in first.forms] == [OTHER]
    token = first.next_page_token
    second = await ask(world, "ListTipOffForms", pb.ListTipOffFormsRequest(page_size=1, page_token=token))
    assert [(each.platform, each.platform_title) for each in second.forms] == [(PARTY, "Title")]
    assert second.next_page_token == ""
    wrong = await refused(world, "ListTipOffForms", pb.ListTipOffFormsRequest(page_token="No name"))
    assert isinstance(wrong, InvalidError)
    assert wrong.violations == (Violation("page_token", FieldCode.CHARACTER),)


async def test_a_form_is_its_platforms(world: TipOffWorld) -> None:
    """The pages call for all platforms: each platform's visitors wait in its turn (core.caller)."""
    with callers.serving(WEB.holder):
        await ask(world, "FileTipOffForm", report())
        assert callers.current() == callers.platform(PARTY)


async def test_an_unknown_name_has_no_turn_of_its_own(world: TipOffWorld) -> None:
    """A visitor who makes up names of platforms waits in the turn of the pages."""
    seen: list[str] = []
    presented_as = platform_acts.presented_as

    async def noting(vault: Vault, name: str) -> Any:
        seen.append(callers.current())
        return await presented_as(vault, name)

    with pytest.MonkeyPatch.context() as patch, callers.serving(WEB.holder):
        patch.setattr(platform_acts, "presented_as", noting)
        for method, message in (
            ("FileTipOffForm", report(platform="made-up-1")),
            ("FollowTipOffForm", pb.FollowTipOffFormRequest(platform="made-up-2")),
        ):
            assert (await refused(world, method, message)).reason is Reason.PLATFORM_NOT_FOUND
            assert callers.current() == WEB.holder
    assert seen == [WEB.holder] * 2
