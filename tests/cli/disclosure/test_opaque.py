"""An opened record without a name: the auditor reads whom to ask, in the shell and on every page."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest_asyncio

from idvault_people.console.disclosure.revealing import Revealing
from idvault_verify.attest.payload import Payload
from idvault_verify.claim import OpaqueIdentity
from tests.support.commands import Commands
from tests.support.served_chamber import House, house_over
from tools.support import builders
from tools.support.chamber import CUSTODIANS
from tools.support.databases import Databases

A, B, _ = CUSTODIANS
OPAQUE = OpaqueIdentity("https://provider.example", "A" * 43)


@pytest_asyncio.fixture
async def house(sqlite_databases: Databases, tmp_path: Path, idvault: Commands) -> AsyncIterator[House]:
    """Return a served chamber over SQLite files."""
    async with house_over(sqlite_databases, tmp_path, idvault) as made:
        yield made


async def test_an_auditor_learns_only_provider_and_id(house: House) -> None:
    """`open` and the evidence say plainly that there is no name, and that the provider must be asked."""
    disclosure_id = await house.request(await house.room.account(opaque=OPAQUE))
    await house.room.approve(disclosure_id, A, B)
    code = house.room.codes.code()
    opened = await house.run("auditor-a", "open", disclosure_id, code=code)
    shown = " ".join(opened.err.replace("│", " ").split())
    assert "the vault never had them: only the provider can say who this is" in shown
    assert OPAQUE.provider in shown
    assert OPAQUE.opaque_id in shown.replace(" ", "")
    (line,) = [line for line in opened.out.splitlines() if line.startswith("evidence: ")]
    path = line.removeprefix("evidence: ")
    told = await house.run("auditor-a", "show", disclosure_id, "--evidence", path, json=True)
    content = json.loads(told.out)
    assert (content["provider"], content["opaque_id"]) == (OPAQUE.provider, OPAQUE.opaque_id)
    assert {content[name] for name in ("real_name", "document_type", "document_number")} == {None}
    court = house.folder / "court"
    exported = await house.run("auditor-a", "export", path, "--out", court)
    assert exported.code == 0
    page = (court / f"{disclosure_id}.html").read_text("utf-8")
    assert OPAQUE.opaque_id in page
    assert "the service never had a name or a number" in page
    assert "name</span>" not in page


class Words:
    """Says a text by its key."""

    @staticmethod
    def say(key: str, **_values: object) -> str:
        return key


def test_the_console_masks_an_id_like_a_name() -> None:
    """It is shown for a short time, after the auditor asked for it."""
    revealing = Revealing(now=lambda: datetime(2026, 3, 1, tzinfo=UTC))
    visit = cast(Any, Words())
    masked = revealing.values(Payload(OPAQUE), "/cases/1", visit)
    assert [name for name, _ in masked["identity"]] == ["provider", "opaque_id"]
    assert OPAQUE.opaque_id not in str(masked)
    revealing.show("/cases/1")
    shown = revealing.values(Payload(OPAQUE), "/cases/1", visit)
    assert shown["identity"] == [("provider", OPAQUE.provider), ("opaque_id", OPAQUE.opaque_id)]
    named = revealing.values(Payload(builders.identity()), "/cases/1", visit)
    assert [name for name, _ in named["identity"]] == ["real_name", "document_number"]
