"""An opened record of a document that reviewers saw: the auditor reads who signed in place of a registry."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import pytest_asyncio

from idvault_people.console.disclosure.revealing import Revealing
from idvault_verify.attest.payload import Payload
from tests.cli.disclosure.test_opaque import Words
from tests.support.commands import Commands
from tests.support.reviewed import FIRST, SECOND, WHO, seen
from tests.support.served_chamber import House, house_over
from tools.support.chamber import CUSTODIANS
from tools.support.databases import Databases

A, B, _ = CUSTODIANS


@pytest_asyncio.fixture
async def house(sqlite_databases: Databases, tmp_path: Path, idvault: Commands) -> AsyncIterator[House]:
    """Return a served chamber over SQLite files."""
    async with house_over(sqlite_databases, tmp_path, idvault) as made:
        yield made


async def test_an_auditor_sees_who_saw_the_document(house: House) -> None:
    """`open`, evidence and its page say the reviewers' ids and keys beside name and document."""
    disclosure_id = await house.request(await house.room.account(opaque=WHO, review=seen()))
    await house.room.approve(disclosure_id, A, B)
    opened = await house.run("auditor-a", "open", disclosure_id, code=house.room.codes.code())
    shown = "".join(opened.err.replace("│", " ").split())
    for key in (FIRST, SECOND):
        assert f"{key.moderator_id}(key{sha256(key.public_key).hexdigest()})" in shown
    assert "noregistrywasasked" in shown
    (line,) = [line for line in opened.out.splitlines() if line.startswith("evidence: ")]
    path = line.removeprefix("evidence: ")
    told = await house.run("auditor-a", "show", disclosure_id, "--evidence", path, json=True)
    content = json.loads(told.out)
    assert (content["real_name"], content["document_number"]) == (WHO.name, WHO.document.number)
    assert content["reviewed_by"].count("key ") == 2
    court = house.folder / "court"
    exported = await house.run("auditor-a", "export", path, "--out", court)
    assert exported.code == 0
    page = (court / f"{disclosure_id}.html").read_text("utf-8")
    assert FIRST.moderator_id in page
    assert "no registry was asked" in page


async def test_a_name_that_was_changed_afterwards_does_not_open(house: House) -> None:
    """An edge that sealed another name than the reviewers signed is found by the auditor's client."""
    lie = replace(WHO, name="EVE ERIKSSON")
    disclosure_id = await house.request(await house.room.account(opaque=lie, review=seen()))
    await house.room.approve(disclosure_id, A, B)
    opened = await house.run("auditor-a", "open", disclosure_id, code=house.room.codes.code())
    assert opened.code != 0
    assert "the record does not open" in opened.err
    assert "EVE" not in opened.err + opened.out


def test_the_console_shows_the_reviewers() -> None:
    """Masked with the name until the auditor asks."""
    revealing = Revealing(now=lambda: datetime(2026, 3, 1, tzinfo=UTC))
    visit = cast(Any, Words())
    revealing.show("/cases/1")
    shown = revealing.values(Payload(WHO, review=seen()), "/cases/1", visit)
    assert [name for name, _ in shown["identity"]] == ["real_name", "document_number", "reviewed_by"]
    assert FIRST.moderator_id in str(shown)
