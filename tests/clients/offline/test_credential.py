"""A third party checks tokens and credentials with files alone."""

import json
import socket
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from idvault_client.commands.app import app as client
from idvault_verify.account import AccountState as State
from idvault_verify.attest import jose
from idvault_verify.attest.status_list import INVALID, LIST_SIZE, StatusList
from idvault_verify.attest.status_token import CREDENTIAL_TYPE, LIST_TYPE, PUBLIC_ACCOUNT_TYPE, TOKEN_TYPE
from idvault_verify.commands.app import app
from idvault_verify.offline import CheckError, StatusVerifier
from idvault_verify.v1 import status_pb2
from tests.clients.offline.test_disclosure_history import connection, last
from tests.clients.vault_server import REQUEST_ID, TOKEN, VaultServer
from tests.support.both_clients import AskClient
from tools.support import logs
from tools.support import status_tokens as made
from tools.support.status_tokens import AUDIENCE, ISSUER, KEYS, LIST_KEY, SUBJECT

__all__ = ["connection"]

# Created when the tests are collected; the last of them runs long after.
NOW = datetime.now(UTC).replace(microsecond=0)
LATER = {"issued_at": NOW, "expires_at": NOW + timedelta(hours=1)}
STATUS_TOKEN = made.signed(made.status_claims(**LATER), TOKEN_TYPE)
CREDENTIAL = made.signed(made.credential_claims(**LATER), CREDENTIAL_TYPE)
PUBLIC_ACCOUNT = made.signed(made.public_account_claims(**LATER), PUBLIC_ACCOUNT_TYPE)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Forbid connections, except where a server is part of the test."""
    if "server" not in request.fixturenames:

        def refuse(*_arguments: object) -> None:
            raise AssertionError("the check reached for the network")

        monkeypatch.setattr(socket.socket, "connect", refuse)


def check(
    folder: Path, token: str, *options: str, listed: str | None = None, jwks: bytes | None = None
) -> Result:
    """Run the command."""
    (folder / "token").write_text(token + "\n", "ascii")
    (folder / "jwks.json").write_bytes(KEYS.to_bytes() if jwks is None else jwks)
    arguments = ["check-token", str(folder / "token"), "--jwks", str(folder / "jwks.json")]
    if listed is not None:
        (folder / "0.jwt").write_text(listed, "ascii")
        arguments += ["--list", str(folder / "0.jwt")]
    if "--audience" not in options:
        arguments += ["--audience", AUDIENCE]
    return CliRunner().invoke(app, [*arguments, *options])


def test_a_status_token(tmp_path: Path) -> None:
    """A token needs only the keys."""
    result = check(tmp_path, STATUS_TOKEN)
    assert (result.exit_code, last(result)) == (0, "check: valid")
    assert f"subject: {SUBJECT}" in result.stdout
    shown = json.loads(check(tmp_path, STATUS_TOKEN, "--json", "--issuer", ISSUER).stdout)
    assert (shown["subject"], shown["issuer"], shown["valid"]) == (SUBJECT, ISSUER, True)


def test_a_credential(tmp_path: Path) -> None:
    """A credential needs its list, which must be recent enough if required."""
    listed = made.status_list(issued_at=datetime.now(UTC) - timedelta(seconds=100))
    assert last(check(tmp_path, CREDENTIAL, listed=listed)) == "check: valid"
    assert last(check(tmp_path, CREDENTIAL, "--max-list-age", "200", listed=listed)) == "check: valid"
    assert last(check(tmp_path, CREDENTIAL, "--max-list-age", "50", listed=listed)) == "check: LIST_STALE"


def test_a_public_account(tmp_path: Path) -> None:
    """It is no person; whoever asks for a public account is shown which one, and accepts nothing else."""
    listed = made.status_list(issued_at=datetime.now(UTC))
    assert last(check(tmp_path, PUBLIC_ACCOUNT, listed=listed)) == "check: TYPE_WRONG"
    found = check(tmp_path, PUBLIC_ACCOUNT, "--public-account", listed=listed)
    assert (found.exit_code, last(found)) == (0, "check: valid")
    assert "public_account_id: pub_1" in found.stdout
    shown = json.loads(check(tmp_path, PUBLIC_ACCOUNT, "--public-account", "--json", listed=listed).stdout)
    assert (shown["public_account_id"], "standing" in shown) == ("pub_1", False)
    for other in (CREDENTIAL, STATUS_TOKEN):
        refused = check(tmp_path, other, "--public-account", listed=listed)
        assert (refused.exit_code, last(refused)) == (5, "check: TYPE_WRONG")
        assert "public_account_id" not in check(tmp_path, other, listed=listed).stdout


def bomb() -> str:
    """Return a signed list that decompresses to a hundred times the allowed size."""
    claims: dict[str, Any] = made.list_claims(issued_at=NOW)
    claims["status_list"] = {"bits": 1, "lst": jose.encode(zlib.compress(b"\x00" * 2**24, 9))}
    return made.signed(claims, LIST_TYPE, LIST_KEY)


@pytest.mark.parametrize(
    ("token", "listed", "options", "reason"),
    [
        (CREDENTIAL, None, (), "LIST_MISSING"),
        (CREDENTIAL, made.status_list(issued_at=NOW, valid=False), (), "STATUS_INVALID"),
        (CREDENTIAL, made.status_list(issued_at=NOW, size=0), (), "INDEX_OUT_OF_RANGE"),
        (CREDENTIAL, made.status_list(issued_at=NOW - timedelta(hours=1)), (), "LIST_EXPIRED"),
        (CREDENTIAL, bomb(), (), "LIST_MALFORMED"),
        (CREDENTIAL, "x", (), "LIST_TOKEN_MALFORMED"),
        (STATUS_TOKEN, None, ("--audience", "https://pay.example"), "AUDIENCE_WRONG"),
        (STATUS_TOKEN, None, ("--issuer", "https://other.example"), "ISSUER_WRONG"),
        (STATUS_TOKEN[:-4] + "AAAA", None, (), "SIGNATURE_INVALID"),
        (made.signed(made.status_claims(), TOKEN_TYPE), None, (), "EXPIRED"),
        (
            made.signed(made.status_claims(**LATER, status=made.status(State.EXPIRED)), TOKEN_TYPE),
            None,
            (),
            "NOT_VERIFIED",
        ),
    ],
)
def test_what_does_not_pass(
    tmp_path: Path, token: str, listed: str | None, options: tuple[str, ...], reason: str
) -> None:
    """Every fault has a specific reason, with exit code 5."""
    result = check(tmp_path, token, *options, listed=listed)
    assert (result.exit_code, last(result)) == (5, f"check: {reason}")
    told = json.loads(check(tmp_path, token, *options, "--json", listed=listed).stderr)["error"]
    assert (told["code"], told["reason"]) == ("UNVERIFIED", reason)


def test_keys_that_are_none(tmp_path: Path) -> None:
    """A malformed key set refuses everything; a missing file is reported as such."""
    assert last(check(tmp_path, STATUS_TOKEN, jwks=b"{}")) == "check: JWKS_INVALID"
    (tmp_path / "token").write_text(STATUS_TOKEN)
    arguments = ["check-token", str(tmp_path / "token"), "--jwks", str(tmp_path / "none"), "--audience", "a"]
    assert CliRunner().invoke(app, arguments).exit_code == 3


def test_a_list_is_not_taken_back() -> None:
    """A verifier that gets an older list keeps the newer one."""
    verifier = StatusVerifier(jwks=KEYS.to_bytes(), audience=AUDIENCE, now=lambda: NOW)
    verifier.add_list(made.status_list(issued_at=NOW, valid=False).encode())
    verifier.add_list(made.status_list(issued_at=NOW - timedelta(seconds=60)).encode())
    with pytest.raises(CheckError) as caught:
        verifier.check(CREDENTIAL)
    assert caught.value.reason == "STATUS_INVALID"
    verifier.add_list(made.status_list(issued_at=NOW + timedelta(seconds=1)).encode())
    assert verifier.check(CREDENTIAL).subject == SUBJECT


def test_a_list_of_two_bits_an_entry() -> None:
    """The longest allowed list is accepted with one or two bits per entry."""
    claims = made.list_claims(issued_at=NOW, size=LIST_SIZE, bits=2)
    verifier = StatusVerifier(jwks=KEYS.to_bytes(), audience=AUDIENCE, now=lambda: NOW)
    verifier.add_list(made.signed(claims, LIST_TYPE, LIST_KEY).encode())
    assert verifier.check(CREDENTIAL).subject == SUBJECT
    claims["status_list"] = StatusList.filled(INVALID, bits=4).to_json()
    with pytest.raises(CheckError) as caught:
        verifier.add_list(made.signed(claims, LIST_TYPE, LIST_KEY).encode())
    assert caught.value.reason == "LIST_MALFORMED"


def test_a_file_that_never_ends(tmp_path: Path) -> None:
    """A file that is too long is refused without reading it to the end."""
    for command in (["check-receipt"], ["check-history"]):
        arguments = [*command, "/dev/zero", "--public-key", logs.VKEY]
        assert CliRunner().invoke(app, arguments).exit_code == 5
    (tmp_path / "jwks.json").write_bytes(KEYS.to_bytes())
    arguments = ["check-token", "/dev/zero", "--jwks", str(tmp_path / "jwks.json"), "--audience", AUDIENCE]
    assert last(CliRunner().invoke(app, arguments)) == "check: TOO_LONG"


async def test_both_clients_issue(ask: AskClient, server: VaultServer) -> None:
    """A token and a credential are requested with account and audience."""
    answers = (
        status_pb2.IssueStatusTokenResponse(status_token="a.b.c"),
        status_pb2.IssueStatusCredentialResponse(status_credential="d.e.f"),
        status_pb2.IssueStatusCredentialResponse(),
    )
    for answer in answers:
        answer.expire_time.FromDatetime(NOW)
    server.outcomes = list(answers)
    issued = await ask("issue_status_token", TOKEN, AUDIENCE)
    assert (issued.token, issued.expires_at) == ("a.b.c", NOW)
    issued = await ask("issue_status_credential", TOKEN, AUDIENCE, request_id=REQUEST_ID)
    assert issued.token == "d.e.f"
    with pytest.raises(Exception, match="is not valid"):
        await ask("issue_status_credential", TOKEN, AUDIENCE)
    first, second, third = server.asked
    assert status_pb2.IssueStatusTokenRequest.FromString(first.body) == status_pb2.IssueStatusTokenRequest(
        account_token=TOKEN, audience=AUDIENCE
    )
    sent = status_pb2.IssueStatusCredentialRequest.FromString(second.body)
    assert (sent.request_id, sent.account_token, sent.audience) == (REQUEST_ID, TOKEN, AUDIENCE)
    assert len(status_pb2.IssueStatusCredentialRequest.FromString(third.body).request_id) == 36


def test_the_command_that_fetches(server: VaultServer, connection: list[str], tmp_path: Path) -> None:
    """`check-token` accepts the output of `issue-token`."""
    answer = status_pb2.IssueStatusTokenResponse(status_token=STATUS_TOKEN)
    answer.expire_time.FromDatetime(NOW)
    server.outcomes = [answer]
    out = tmp_path / "token"
    arguments = [*connection, "issue-token", TOKEN, "--audience", AUDIENCE, "--out", str(out)]
    assert CliRunner().invoke(client, arguments).exit_code == 0
    assert last(check(tmp_path, out.read_text("ascii").strip())) == "check: valid"
