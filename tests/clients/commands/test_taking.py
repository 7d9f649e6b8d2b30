"""`idvault-people moderator report take`: number and secret to read out."""

import json
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from idvault_people.moderation import key_folder
from idvault_verify.v1 import tip_off_pb2 as pb
from tests.clients.commands.test_campaign import connection
from tests.clients.commands.test_contest import run
from tests.clients.vault_server import TOKEN, VaultServer

__all__ = ["connection"]

REFERENCE, SECRET = "012345678901", "0123456789012345"
PAGE = "https://verify.example/r/platform-a/reply"


def filed() -> pb.FiledTipOff:
    """Return what the vault answers."""
    made = pb.TipOff(
        tip_off_id="a" * 32,
        reference=REFERENCE,
        channel=pb.TipOff.CHANNEL_PHONE,
        target=pb.TipOffTarget(content="post/17"),
        state=pb.TipOff.STATE_RECEIVED,
    )
    made.file_time.FromJsonString("2026-03-01T00:00:00Z")
    made.due_time.FromJsonString("2026-03-08T16:00:00Z")
    return pb.FiledTipOff(tip_off=made, secret=SECRET, reply_url=PAGE)


@pytest.fixture
def signs(tmp_path: Path) -> Sequence[str]:
    """Return the options of a moderator who signs."""
    folder, passphrase = tmp_path / "moderator", tmp_path / "passphrase"
    passphrase.write_bytes(b"a synthetic passphrase")
    made = key_folder.create(
        folder, relying_party="platform-a", password=passphrase.read_bytes(), now=datetime.now(UTC)
    )
    key_folder.store(folder, made.of("e" * 32))
    return ("--as", str(folder), "--passphrase-file", str(passphrase))


@pytest.fixture
def in_shanghai(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this machine's zone be UTC+8."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Shanghai")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_shanghai")
def test_number_and_secret_are_read_out(
    server: VaultServer, connection: Sequence[str], tmp_path: Path, signs: Sequence[str]
) -> None:
    """In groups of four, with the local time; the texts are read from files, and the moderator signs them."""
    said, contact = tmp_path / "said", tmp_path / "contact"
    said.write_text("this is not true\nsays a caller (synthetic)\n", encoding="utf-8")
    contact.write_text("a desk number (synthetic)\n", encoding="utf-8")
    for channel in ("phone", "mail", "counter"):
        server.outcomes = [filed()]
        about = ("--content", "post/17", "--contact-file", contact)
        result = run(*connection, "report", "take", said, "--channel", channel, *about, *signs)
        assert result.exit_code == 0, result.stderr
        assert result.stdout.splitlines() == [
            "number: 0123 4567 8901",
            "secret: 0123 4567 8901 2345",
            "reply until: 2026-03-09 00:00 UTC+8",
            f"read it at: {PAGE}",
        ]
        sent = pb.TakeTipOffRequest.FromString(server.asked[-1].body)
        assert pb.TipOff.Channel.Name(sent.channel) == f"CHANNEL_{channel.upper()}"
        assert sent.text == "this is not true\nsays a caller (synthetic)"
        assert (sent.contact, sent.target.content) == ("a desk number (synthetic)", "post/17")
        assert (sent.signature.moderator_id, len(sent.signature.text_salt)) == ("e" * 32, 32)


def test_a_vault_without_pages_names_none(
    server: VaultServer, connection: Sequence[str], tmp_path: Path, signs: Sequence[str]
) -> None:
    """Number and secret are printed as before, and no address that leads nowhere."""
    said, made = tmp_path / "said", filed()
    said.write_text("synthetic", encoding="utf-8")
    made.reply_url = ""
    server.outcomes = [made]
    command = ("report", "take", said, "--channel", "mail", "--content", "post/17", *signs)
    result = run(*connection, *command)
    assert [each.partition(":")[0] for each in result.stdout.splitlines()] == [
        *("number", "secret", "reply until"),
    ]
    server.outcomes = [made]
    assert json.loads(run(*connection, "--json", *command).stdout).get("page") is None


def test_json_has_the_digits_alone(
    server: VaultServer, connection: Sequence[str], tmp_path: Path, signs: Sequence[str]
) -> None:
    """A program prints them by itself; an account and a request id are passed on."""
    said, again = tmp_path / "said", "00000000-0000-4000-8000-000000000001"
    said.write_text("synthetic", encoding="utf-8")
    server.outcomes = [filed()]
    options = ("--channel", "mail", "--account", TOKEN, "--request-id", again)
    result = run(*connection, "--json", "report", "take", said, *options, *signs)
    found = json.loads(result.stdout)
    assert (found["number"], found["secret"], found["page"]) == (REFERENCE, SECRET, PAGE)
    assert found["due"] == "2026-03-08T16:00:00+00:00"
    sent = pb.TakeTipOffRequest.FromString(server.asked[-1].body)
    assert (sent.target.account_token, sent.request_id) == (TOKEN, again)


def test_what_is_wrong_is_sent_to_nobody(
    server: VaultServer, connection: Sequence[str], tmp_path: Path, signs: Sequence[str]
) -> None:
    """No target, two of them, another channel, and a file that is no text."""
    said, noise = tmp_path / "said", tmp_path / "noise"
    said.write_text("synthetic", encoding="utf-8")
    noise.write_bytes(b"\xff\xfe")
    both = ("--content", "post/17", "--account", TOKEN)
    for text, options in (
        (said, ("--channel", "phone")),
        (said, ("--channel", "phone", *both)),
        (said, ("--channel", "app", "--content", "post/17")),
        (noise, ("--channel", "phone", "--content", "post/17")),
    ):
        result = run(*connection, "report", "take", text, *options, *signs)
        assert result.exit_code == 2, result.stdout
    assert server.asked == []
