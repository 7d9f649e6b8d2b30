"""`idvault notify`: who is told, a test, and what was given up; addresses and secrets are not shown."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from socketserver import BaseRequestHandler, TCPServer
from threading import Thread

import pytest

from idvault.core.db.database import Database
from idvault_verify.commands.errors import ExitCode
from idvault_verify.event import EventType
from tests.support.commands import Commands
from tests.support.notified import SECRET
from tests.support.notified_world import NotifiedWorld
from tools.support.databases import Databases

FILE = f"""
[[recipient]]
name = "desk"
for = "platform"
of = "platform-a"
webhook = "http://127.0.0.1:PORT/canary-path"
secret = "{SECRET}"
digest_minutes = 30

[[recipient]]
name = "silent"
for = "custodian"
webhook = "https://hooks.example/"
secret = "{SECRET}"
on = false
"""


@pytest.fixture
def operator(idvault: Commands, tmp_path: Path, sqlite_databases: Databases) -> Commands:
    """Return commands of a host with a worker's key file and recipients."""
    (tmp_path / "work.keys").touch(mode=0o600)
    idvault.set(
        DATABASE_URL=sqlite_databases.main_url,
        SHRED_DATABASE_URL=sqlite_databases.shred_url,
        KEYS=tmp_path / "work.keys",
        DEVELOPMENT="1",
    )
    assert idvault("db", "upgrade").code == ExitCode.DONE
    write(tmp_path, FILE)
    return idvault


def write(folder: Path, text: str, *, port: int = 1) -> None:
    path = folder / "notify.toml"
    path.write_text(text.replace("PORT", str(port)), "utf-8")
    path.chmod(0o600)


class _Taker(BaseRequestHandler):
    def handle(self) -> None:
        self.request.recv(65_536)
        self.request.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


async def give_up(url: str, *, life: int = 0) -> None:
    """Let a message to the desk be given up, and another one wait."""
    database = Database(url=url)
    world = NotifiedWorld(database, life=life)
    world.by_hook("http://127.0.0.1:1/", name="desk")
    await world.erasure(EventType.ERASURE_REQUEST)
    await world.run()
    await world.run(after=timedelta(days=3).total_seconds())
    await world.erasure(EventType.ERASURE_REQUEST, number=2)
    await world.run()
    await world.close()
    await database.close()


def test_recipients_are_listed(operator: Commands, sqlite_databases: Databases) -> None:
    """By name, with what did not arrive and why."""
    asyncio.run(give_up(sqlite_databases.main_url))
    shown = operator("notify", "list")
    assert shown.out.splitlines() == [
        "desk: platform of platform-a by webhook, every 30 min",
        "  1 not arrived (UNREACHABLE), 1 given up",
        "silent: custodian by webhook, off",
        "notify: 2 recipients",
    ]
    rows = [json.loads(line) for line in operator("--json", "notify", "list").out.splitlines()]
    assert [(row["name"], row["unsent"], row["dead"], row["on"]) for row in rows] == [
        ("desk", 1, 1, True),
        ("silent", 0, 0, False),
    ]
    assert "canary-path" not in shown.out + json.dumps(rows)
    assert SECRET not in shown.out + json.dumps(rows)


def test_what_was_given_up_is_tried_again_or_forgotten(
    operator: Commands, sqlite_databases: Databases
) -> None:
    """`dead` says to whom and why, `retry` and `forget` end it."""
    asyncio.run(give_up(sqlite_databases.main_url))
    shown = operator("notify", "dead").out
    assert "to desk: UNREACHABLE, since" in shown
    (row,) = [json.loads(line) for line in operator("--json", "notify", "dead").out.splitlines()]
    assert row["waiting"] == {"erasure_requested": 1}
    assert operator("notify", "retry").last == "notify: 1 are tried again"
    assert operator("notify", "dead").last == "notify: 0 given up"
    asyncio.run(give_up(sqlite_databases.main_url, life=1))
    assert operator("notify", "forget").last == "notify: 1 forgotten"
    assert operator("notify", "dead").last == "notify: 0 given up"


def test_a_test_is_sent(operator: Commands, tmp_path: Path) -> None:
    """It says whether the recipient's server took it, and never where that is."""
    refused = operator("notify", "test", "desk")
    assert (refused.code, "UNREACHABLE" in refused.err) == (ExitCode.UNREACHABLE, True)
    assert "canary-path" not in refused.err
    assert operator("notify", "test", "nobody").code == ExitCode.WRONG_USAGE
    with TCPServer(("127.0.0.1", 0), _Taker) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        write(tmp_path, FILE, port=server.server_address[1])
        assert operator("notify", "test", "desk").last == "notify: desk has a test"
        server.shutdown()


def test_an_unusable_file_is_named(operator: Commands, tmp_path: Path) -> None:
    """As wrong usage, by the commands that read it; the doctor says so, too."""
    write(tmp_path, "[[recipient]")
    for command in (("list",), ("test", "desk")):
        found = operator("notify", *command)
        assert (found.code, "notify.toml" in found.err) == (ExitCode.WRONG_USAGE, True)


def test_a_secret_is_new_each_time(operator: Commands) -> None:
    """32 random bytes, as Standard Webhooks writes them."""
    first, second = (operator("notify", "secret").last for _ in range(2))
    assert first != second
    assert first.startswith("whsec_")
