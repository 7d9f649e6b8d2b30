"""The methods that prove an address: which field is wrong, and what the list of forms says."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from idvault.core.db.database import Database
from idvault_verify.error import FieldCode, InvalidError, NotFoundError, Reason, Violation
from idvault_verify.v1 import tip_off_pb2 as pb
from tests.support.contact_world import WEB, ContactWorld
from tests.support.tip_off_world import TipOffWorld, key_files
from tools.support.databases import Databases
from tools.support.flow_world import PARTY, at

REQUIRED, CHARACTER, LENGTH = FieldCode.REQUIRED, FieldCode.CHARACTER, FieldCode.LENGTH


@pytest.fixture
async def world(databases: Databases, tmp_path: Path) -> AsyncIterator[ContactWorld]:
    """Return the world with a new database and two platforms that have a form."""
    database = Database(url=databases.main_url)
    made = ContactWorld(TipOffWorld(database, key_files(tmp_path)), tmp_path)
    await made.prepare()
    yield made
    await made.reports.world.claims.verification.drain()
    await database.close()


async def ask(world: ContactWorld, method: str, message: Any) -> Any:
    call = getattr(world.reports.forms, method)
    return await call(message, caller=WEB, now=at(0), remaining=None)


SENT = {
    "request_id": "00000000-0000-4000-8000-000000000001",
    "platform": PARTY,
    "address": "a@example.org",
    "language": "zh",
}
TYPED = {
    "request_id": "00000000-0000-4000-8000-000000000002",
    "platform": PARTY,
    "proof_id": "a" * 32,
    "digits": "12345678",
}
WRONG: list[tuple[str, dict[str, str], str, FieldCode]] = [
    ("SendContactCode", {"platform": ""}, "platform", REQUIRED),
    ("SendContactCode", {"platform": "A_"}, "platform", CHARACTER),
    ("SendContactCode", {"address": ""}, "address", REQUIRED),
    ("SendContactCode", {"address": "a@b"}, "address", CHARACTER),
    ("SendContactCode", {"language": ""}, "language", CHARACTER),
    ("SendContactCode", {"language": "fr"}, "language", CHARACTER),
    ("ConfirmContactCode", {"platform": ""}, "platform", REQUIRED),
    ("ConfirmContactCode", {"proof_id": ""}, "proof_id", REQUIRED),
    ("ConfirmContactCode", {"proof_id": "A" * 32}, "proof_id", CHARACTER),
    ("ConfirmContactCode", {"digits": ""}, "digits", REQUIRED),
    ("ConfirmContactCode", {"digits": "1234567"}, "digits", LENGTH),
    ("ConfirmContactCode", {"digits": "1234567x"}, "digits", CHARACTER),
]


def message_of(method: str, changes: dict[str, str]) -> Any:
    """Return a request with changes."""
    if method == "SendContactCode":
        return pb.SendContactCodeRequest(**SENT | changes)
    return pb.ConfirmContactCodeRequest(**TYPED | changes)


async def test_a_wrong_field_is_named(world: ContactWorld) -> None:
    """The refusal names the field, and repeats nothing of it."""
    for method, changes, field, code in WRONG:
        with pytest.raises(InvalidError) as refused:
            await ask(world, method, message_of(method, changes))
        assert refused.value.violations == (Violation(field, code),), (method, changes)


async def test_a_request_id_is_demanded(world: ContactWorld) -> None:
    """As of every mutation."""
    for method in ("SendContactCode", "ConfirmContactCode"):
        with pytest.raises(InvalidError) as refused:
            await ask(world, method, message_of(method, {"request_id": ""}))
        assert refused.value.reason is Reason.INVALID_REQUEST_ID


async def test_an_unknown_platform_is_sent_nothing(world: ContactWorld) -> None:
    """A name without a form is refused before anything is stored."""
    for method in ("SendContactCode", "ConfirmContactCode"):
        with pytest.raises(NotFoundError) as refused:
            await ask(world, method, message_of(method, {"platform": "nobody"}))
        assert refused.value.reason is Reason.PLATFORM_NOT_FOUND
    assert await world.deliver() == {}


async def test_the_list_says_whether_codes_are_sent(world: ContactWorld) -> None:
    """As long as a worker says so."""
    listed = [await ask(world, "ListTipOffForms", pb.ListTipOffFormsRequest())]
    assert await world.offer()
    listed.append(await ask(world, "ListTipOffForms", pb.ListTipOffFormsRequest()))
    assert [each.proves_contact for each in listed] == [False, True]
