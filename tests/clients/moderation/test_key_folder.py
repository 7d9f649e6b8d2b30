"""A moderator's folder, and the two commands that use it."""

import asyncio
import json
import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import ClientSession, DummyCookieJar
from typer.testing import CliRunner, Result

from idvault_client.backend.blocking.vault import connect
from idvault_client.errors import NotFound
from idvault_client.sanctions import sign_registration
from idvault_people.commands.moderator import app
from idvault_people.moderation import key_folder
from idvault_people.moderation.key_folder import KeyFolderError
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.error import Reason
from tests.support.console import Running
from tests.support.moderation_console import Office
from tools.support import programs

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


async def made(place: Office, folder: Path, passphrase: Path) -> Path:
    """Make a moderator's folder, and let the operator name who has it."""
    found = await run(place, "init", folder, "--platform", "platform-a", "--passphrase-file", passphrase)
    assert found.exit_code == 0, found.output
    asked = key_folder.read_registration(folder / key_folder.REGISTRATION)
    await place.world.world.name_asked(asked, seconds=place.age)
    return folder


async def entered(place: Office, folder: Path) -> str:
    """Let the owner of a folder look whether the key is registered; return the id."""

    def enter() -> str:
        with connect(place.target, tls=place.tls, server_name="localhost") as vault:
            return key_folder.enter(folder, password=PASSPHRASE, vault=vault).moderator_id

    return await asyncio.to_thread(enter)


async def test_a_key_is_made_and_countersigned(place: Office, tmp_path: Path, passphrase: Path) -> None:
    """The folder is its owner's alone; two others sign the file; the same key is found again."""
    staff = [await made(place, tmp_path / name, passphrase) for name in ("alice", "bob")]
    for folder in staff:
        await entered(place, folder)
    folder, given = tmp_path / "carol", ("--passphrase-file", passphrase, "--json")
    init = ("init", folder, "--platform", "platform-a", *given)
    told = json.loads((await run(place, *init)).stdout)
    again = json.loads((await run(place, *init)).stdout)
    assert told == again
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == {
        "key.pem": 0o600,
        "registration.json": 0o600,
    }
    assert folder.stat().st_mode & 0o777 == 0o700
    with pytest.raises(NotFound):
        await entered(place, folder)
    file = tmp_path / "carried.json"
    shutil.copyfile(told["registration"], file)
    sign = ("countersign", file, *given, "--as")
    for _ in range(2):
        first = json.loads((await run(place, *sign, staff[0])).stdout)
        assert first == {"countersignatures": 1, "fingerprint": told["fingerprint"]}
    second = await run(place, *sign[:-2], "--as", staff[1])
    assert second.stdout.splitlines()[0] == f"key fingerprint: {told['fingerprint']}"
    assert second.stdout.splitlines()[-1].endswith(" registered")
    moderator_id = await entered(place, folder)
    assert moderator_id in second.stdout
    assert not (folder / "registration.json").exists()
    assert await entered(place, folder) == moderator_id
    found = await place.world.world.asks().get_moderator(moderator_id)
    key = key_folder.load(folder, password=PASSPHRASE)
    assert (found.public_key, key_folder.fingerprint(key)) == (key.public_key, told["fingerprint"])
    late = await run(place, *init)
    assert (late.exit_code, "is a moderator's already" in late.stderr) == (4, True)


async def test_what_is_not_countersigned(place: Office, tmp_path: Path, passphrase: Path) -> None:
    """Another platform's key, the own one, a damaged file and an old one; each refusal says why."""
    alice = await made(place, tmp_path / "alice", passphrase)
    own = tmp_path / "own.json"
    own.write_bytes((alice / key_folder.REGISTRATION).read_bytes())
    await entered(place, alice)
    words = {own: "is your own"}
    for name, party, age, text in (
        ("other", "platform-b", 0, "another platform"),
        ("old", "platform-a", 8, "older than seven days"),
    ):
        file = tmp_path / f"{name}.json"
        now = datetime.now(UTC) - timedelta(days=age)
        file.write_bytes(sign_registration(ModeratorKey.generate(party), now=now).to_bytes())
        words[file] = text
    for place_in_file, text in enumerate(("{", "[]", json.dumps({"request_id": 1}), "x" * 20_000)):
        file = tmp_path / f"{place_in_file}.json"
        file.write_text(text)
        words[file] = "is no registration"
    for file, text in words.items():
        found = await run(place, "countersign", file, "--as", alice, "--passphrase-file", passphrase)
        assert (found.exit_code, text in found.stderr) == (4, True), found.output


def damaged(folder: Path, text: str) -> None:
    (folder / key_folder.MODERATOR).write_text(text)


async def test_a_folder_that_cannot_be_used(place: Office, tmp_path: Path, passphrase: Path) -> None:
    """Each refusal says why, with exit code 4, and shows nothing of the key."""
    folder = tmp_path / "alice"
    short = tmp_path / "short"
    short.write_text("short")
    init = ("init", folder, "--platform", "platform-a", "--passphrase-file")
    refused = await run(place, *init, short)
    assert (refused.exit_code, "11 bytes or more" in refused.stderr) == (4, True)
    await made(place, folder, passphrase)
    await entered(place, folder)
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
    await made(place, folder, passphrase)
    await entered(place, folder)
    await place.world.world.revoke(key_folder.load(folder, password=PASSPHRASE))
    found = await run(place, "desk", "--as", folder, "--passphrase-file", passphrase)
    assert (found.exit_code, Reason.MODERATOR_REVOKED in found.stderr) == (4, True)


@pytest.mark.process
async def test_the_command_serves_the_pages(place: Office, tmp_path: Path, passphrase: Path) -> None:
    """It prints the file that leads in; the button on the page ends it, and nothing is left behind."""
    folder = tmp_path / "alice"
    await made(place, folder, passphrase)
    command = (*options(place), "desk", "--as", folder, "--passphrase-file", passphrase)
    process = await asyncio.to_thread(
        programs.start,
        programs.PEOPLE,
        "moderator",
        *command,
        environment={**os.environ, "PYTHONUNBUFFERED": "1"},
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
