"""A moderator's folder, and the two commands that use it."""

import asyncio
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest
from aiohttp import ClientSession, DummyCookieJar
from typer.testing import CliRunner, Result

from idvault.attest.moderator_key import ModeratorKey
from idvault.domain.error import Reason
from idvault_client.backend.vault import Vault, connect
from idvault_client.commands.app import app
from idvault_client.errors import Unavailable
from idvault_client.moderation import key_folder
from idvault_client.moderation.key_folder import KeyFolderError
from tests.support import programs
from tests.support.console import Running
from tests.support.moderation_console import Office

PASSPHRASE = b"a synthetic passphrase, and long"


@pytest.fixture
def passphrase(tmp_path: Path) -> Path:
    """A file with the passphrase."""
    file = tmp_path / "passphrase"
    file.write_bytes(PASSPHRASE + b"\n")
    return file


def options(place: Office) -> Sequence[str]:
    """Return the connection options."""
    tls = place.tls
    files = ("--ca", f"{tls.ca}", "--certificate", f"{tls.certificate}", "--key", f"{tls.key}")
    return ("--target", place.target, "--server-name", "localhost", *files)


async def run(place: Office, *arguments: object) -> Result:
    words = [*options(place), *map(str, arguments)]
    return await asyncio.to_thread(CliRunner().invoke, app, words)


async def test_a_key_is_made_and_registered(place: Office, tmp_path: Path, passphrase: Path) -> None:
    """The folder is its owner's alone; it is never made twice; the same key is found again."""
    folder = tmp_path / "alice"
    made = await run(place, "moderator", "init", folder, "--passphrase-file", passphrase, "--json")
    assert made.exit_code == 0, made.output
    told = json.loads(made.stdout)
    key = key_folder.load(folder, password=PASSPHRASE)
    assert key.moderator_id == told["moderator_id"]
    assert key_folder.fingerprint(key) == told["fingerprint"]
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        "key.pem": 0o600,
        "moderator.json": 0o600,
    }
    assert folder.stat().st_mode & 0o777 == 0o700
    found = await place.world.world.moderators.get(relying_party="platform-a", moderator_id=key.moderator_id)
    assert found.public_key == key.public_key
    again = await run(place, "moderator", "init", folder, "--passphrase-file", passphrase)
    assert (again.exit_code, "is a moderator's already" in again.stderr) == (4, True)
    second = await run(place, "moderator", "init", tmp_path / "bob", "--passphrase-file", passphrase)
    assert second.stdout.splitlines()[-1].endswith(" registered")
    assert "key fingerprint: " in second.stdout


class Losing:
    """A vault that registers, and loses the answer. registered: the moderator."""

    def __init__(self, vault: Vault) -> None:
        """Stand in front of a vault."""
        self.vault, self.registered = vault, ""
        self.sanctions = self

    def register_moderator(self, key: ModeratorKey) -> NoReturn:
        """Register a key."""
        self.registered = self.vault.sanctions.register_moderator(key).moderator_id
        raise Unavailable(code="UNAVAILABLE")


async def test_an_interrupted_registration_is_continued(place: Office, tmp_path: Path) -> None:
    """The answer was lost: the next try keeps the key, and the vault knows it as one moderator."""
    folder = tmp_path / "alice"
    given: dict[str, Any] = {"relying_party": "platform-a", "password": PASSPHRASE}

    def register() -> tuple[str, str]:
        with connect(place.target, tls=place.tls, server_name="localhost") as vault:
            losing: Any = Losing(vault)
            with pytest.raises(Unavailable):
                key_folder.register(folder, vault=losing, **given)
            with pytest.raises(KeyFolderError, match="moderator init"):
                key_folder.load(folder, password=PASSPHRASE)
            return losing.registered, key_folder.register(folder, vault=vault, **given).moderator_id

    first, second = await asyncio.to_thread(register)
    assert first == second


def damaged(folder: Path, text: str) -> None:
    (folder / key_folder.MODERATOR).write_text(text)


async def test_a_folder_that_cannot_be_used(place: Office, tmp_path: Path, passphrase: Path) -> None:
    """Each refusal says why, with exit code 4, and shows nothing of the key."""
    folder = tmp_path / "alice"
    short = tmp_path / "short"
    short.write_text("short")
    refused = await run(place, "moderator", "init", folder, "--passphrase-file", short)
    assert (refused.exit_code, "11 bytes or more" in refused.stderr) == (4, True)
    await run(place, "moderator", "init", folder, "--passphrase-file", passphrase)
    wrong = await run(place, "desk", "--as", folder, "--passphrase-file", short)
    assert (wrong.exit_code, "the password or the file is wrong" in wrong.stderr) == (4, True)
    (folder / "key.pem").chmod(0o644)
    shared = await run(place, "desk", "--as", folder, "--passphrase-file", passphrase)
    assert (shared.exit_code, "chmod 600" in shared.stderr) == (4, True)
    (folder / "key.pem").chmod(0o600)
    known = json.loads((folder / key_folder.MODERATOR).read_text())
    for text in ("{", "[]", json.dumps({**known, "moderator_id": "me"}), json.dumps({"moderator_id": 1})):
        damaged(folder, text)
        with pytest.raises(KeyFolderError, match="is damaged"):
            key_folder.load(folder, password=PASSPHRASE)
    damaged(folder, json.dumps(known))
    (folder / "key.pem").unlink()
    with pytest.raises(KeyFolderError, match="cannot be read"):
        key_folder.load(folder, password=PASSPHRASE)
    missing = await run(place, "desk", "--as", tmp_path / "nobody", "--passphrase-file", passphrase)
    assert (missing.exit_code, "moderator init" in missing.stderr) == (4, True)
    mute = await run(place, "desk", "--as", folder)
    assert (mute.exit_code, "there is no terminal to ask on" in mute.stderr) == (2, True)


async def test_a_revoked_moderator_is_told_so(place: Office, tmp_path: Path, passphrase: Path) -> None:
    """Before anything is shown."""
    folder = tmp_path / "alice"
    await run(place, "moderator", "init", folder, "--passphrase-file", passphrase)
    await place.world.world.revoke(key_folder.load(folder, password=PASSPHRASE))
    found = await run(place, "desk", "--as", folder, "--passphrase-file", passphrase)
    assert (found.exit_code, Reason.MODERATOR_REVOKED in found.stderr) == (4, True)


@pytest.mark.process
async def test_the_command_serves_the_pages(place: Office, tmp_path: Path, passphrase: Path) -> None:
    """It prints the file that leads in; the button on the page ends it, and nothing is left behind."""
    folder = tmp_path / "alice"
    await run(place, "moderator", "init", folder, "--passphrase-file", passphrase)
    command = (*options(place), "desk", "--as", folder, "--passphrase-file", passphrase)
    process = await asyncio.to_thread(
        programs.start, programs.CLIENT, *command, environment={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    line = await asyncio.to_thread(process.stdout.readline)
    file = folder / "console.html"
    assert line == f"desk: open {file} in a browser\n"
    assert file.stat().st_mode & 0o777 == 0o600
    async with ClientSession(cookie_jar=DummyCookieJar()) as session:
        visitor = await Running(file, asyncio.Event(), session).enter()
        page = await visitor.get("/")
        assert page.title == "Overview"
        await visitor.post("/end", page)
    assert await asyncio.to_thread(process.wait, 30) == 0
    assert not file.exists()
    await asyncio.to_thread(process.communicate, 10)
