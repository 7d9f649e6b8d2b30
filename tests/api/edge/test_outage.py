"""A read that is refused while a database is away: the caller has an id, and the log says which and why."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import literal_column, select

from idvault.core.db.database import Database
from idvault.core.db.statement import statement
from idvault.core.edge.server import Service
from idvault.core.telemetry.logs import Logs
from idvault_client import aio
from idvault_client.errors import Unavailable
from idvault_verify.v1 import public_account_pb2 as pb
from tests.support.served import served

NOTHING = statement(select(literal_column("1")))


class ReadingServicer:
    """Reads a database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def GetPublicAccount(self, request: pb.GetPublicAccountRequest, **_: Any) -> pb.PublicAccount:
        await self.database.read("test", lambda one: one.all(NOTHING))
        return pb.PublicAccount()

    def __getattr__(self, name: str) -> Any:
        """Return a method that is not called."""
        return None


@pytest.mark.parametrize("name", ["main", "shred"])
async def test_a_refused_read_has_an_id(tmp_path: Path, name: str) -> None:
    """The id of the caller's error is in the line of the call, with the database and the cause."""
    database = Database(url=f"postgresql://idvault@/{name}?host={tmp_path}", name=name, patience=0)
    described = pb.DESCRIPTOR.services_by_name["PublicAccountService"]
    logs = Logs(process="serve-0", path=tmp_path / "serve.jsonl")
    async with (
        served([Service(described, ReadingServicer(database))], logs=logs, folder=tmp_path) as (target, tls),
        aio.connect(target, tls=tls, timeout=60.0) as vault,
    ):
        with pytest.raises(Unavailable) as refused:
            await vault.public_accounts.get("0")
    await database.close()
    logs.close()
    lines = map(json.loads, (tmp_path / "serve.jsonl").read_text("utf-8").splitlines())
    found = [line for line in lines if line.get("request") == refused.value.error_id]
    assert found
    assert {(line["event"], line["code"], line["why"]) for line in found} == {
        ("rpc", "UNAVAILABLE", f"{name}: NoSocketError")
    }
