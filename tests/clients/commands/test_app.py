"""The command idvault-client: what it prints, and its exit codes."""

import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import grpc
import pytest
from typer.testing import CliRunner, Result

from idvault_client import Tls, testing
from idvault_client.commands.app import app
from idvault_verify.v1 import status_pb2
from tests.clients.vault_server import REQUEST_ID, TOKEN, Refuse, VaultServer, status, verification

OTHER = "acct_7123456789abcdefghjkmnpqrs"


def run(*arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(app, arguments)


@pytest.fixture
def connection(server: VaultServer, tls: Tls) -> Sequence[str]:
    """The connection options for the server."""
    return (
        *("--target", server.target, "--server-name", "localhost"),
        *("--ca", str(tls.ca), "--certificate", str(tls.certificate), "--key", str(tls.key)),
    )


@pytest.fixture
def ready_file(server: VaultServer, tls: Tls, tmp_path: Path) -> Path:
    """A ready file for the server."""
    ready = {
        "version": 1,
        "grpc": server.target,
        "server_name": "localhost",
        "ca": str(tls.ca),
        "certificates": {"platform-a": {"certificate": str(tls.certificate), "key": str(tls.key)}},
    }
    file = tmp_path / "ready.json"
    file.write_text(json.dumps(ready), encoding="utf-8")
    return file


def test_version() -> None:
    """--version prints the installed version, without a connection."""
    result = run("--version")
    assert (result.exit_code, result.stdout) == (0, f"idvault-client {version('idvault-client')}\n")


def test_status_as_json(server: VaultServer, connection: Sequence[str]) -> None:
    """With --json each status is one object per line."""
    server.outcomes = [status_pb2.BatchGetStatusesResponse(statuses=[status(TOKEN), status(OTHER)])]
    result = run(*connection, "status", TOKEN, OTHER, "--json")
    assert result.exit_code == 0
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["account_token"] for line in lines] == [TOKEN, OTHER]
    assert lines[0] == {
        "account_token": TOKEN,
        "state": "VERIFIED",
        "standing": "GOOD",
        "assurance": "REGISTRY_MATCH",
        "assurances": ["REGISTRY_MATCH"],
        "subject_kind": "INDIVIDUAL",
        "organization_category": None,
        "verify_date": "2026-03-01",
        "expire_date": "2027-03-01",
        "revision": 2,
        "standing_until": None,
        "erase_time": None,
    }


def test_status_for_people(server: VaultServer, connection: Sequence[str]) -> None:
    """Without --json a status is one readable line."""
    server.outcomes = [status_pb2.BatchGetStatusesResponse(statuses=[status(TOKEN)])]
    result = run(*connection, "status", TOKEN)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"account_token={TOKEN} state=VERIFIED standing=GOOD")


@pytest.mark.parametrize("as_json", [True, False])
def test_unknown_account(server: VaultServer, connection: Sequence[str], as_json: bool) -> None:
    """An unknown account is a refusal, reported after the known ones."""
    answer = status_pb2.BatchGetStatusesResponse(statuses=[status(TOKEN)], unknown_account_tokens=[OTHER])
    server.outcomes = [answer]
    result = run(*connection, *(["--json"] if as_json else []), "status", TOKEN, OTHER)
    assert result.exit_code == 4
    assert TOKEN in result.stdout
    if as_json:
        error = {"code": "NOT_FOUND", "reason": "ACCOUNT_NOT_FOUND", "field": None}
        assert json.loads(result.stderr) == {"error": error}
    else:
        assert f"{OTHER}: unknown" in result.stderr


def test_refused(server: VaultServer, connection: Sequence[str]) -> None:
    """A refusal ends with 4 and names reason and field."""
    server.outcomes = [
        Refuse(grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST_ID", [("request_id", "LENGTH")])
    ]
    result = run(*connection, "--json", "get-verification", "short")
    error = {"code": "INVALID_ARGUMENT", "reason": "INVALID_REQUEST_ID", "field": "request_id"}
    assert (result.exit_code, json.loads(result.stderr)) == (4, {"error": error})
    people = run(*connection, "get-verification", "short")
    first, second = people.stderr.splitlines()
    assert first.startswith("INVALID_REQUEST_ID (INVALID_ARGUMENT)")
    assert second.startswith("request_id: ")


@pytest.mark.parametrize("state", ["SUCCEEDED", "PENDING", "FAILED"])
def test_get_verification(server: VaultServer, ready_file: Path, state: str) -> None:
    """A claim is printed with its state, using a ready file."""
    failure = "MISMATCH" if state == "FAILED" else "UNSPECIFIED"
    server.outcomes = [verification(state, failure=failure, retry_after=9 if state == "PENDING" else 0)]
    result = run("--ready-file", str(ready_file), "get-verification", REQUEST_ID, "--json")
    shown = json.loads(result.stdout)
    assert (result.exit_code, shown["state"], shown["request_id"]) == (0, state, REQUEST_ID)
    assert shown["failure_reason"] == ("MISMATCH" if state == "FAILED" else None)
    assert shown["retry_after_seconds"] == (9 if state == "PENDING" else None)
    assert shown["status"]["account_token"] == TOKEN
    people = run("--ready-file", str(ready_file), "get-verification", REQUEST_ID)
    assert f"state={state}" in people.stdout


def test_unreachable(server: VaultServer, connection: Sequence[str]) -> None:
    """An unavailable vault ends with 3."""
    server.outcomes = [Refuse(grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")]
    assert run(*connection, "status", TOKEN).exit_code == 3


def test_no_ready_file(tmp_path: Path) -> None:
    """A missing ready file ends with 3 and is named."""
    result = run("--ready-file", str(tmp_path / "none.json"), "status", TOKEN)
    assert result.exit_code == 3
    assert "none.json" in result.stderr


def test_ready_file_without_the_platform(ready_file: Path) -> None:
    """A platform missing from the ready file ends with 3."""
    result = run("--ready-file", str(ready_file), "--platform", "platform-z", "status", TOKEN)
    assert result.exit_code == 3
    assert "platform-z" in result.stderr


def test_wrong_usage() -> None:
    """A call without connection options ends with 2."""
    assert run("status", TOKEN).exit_code == 2
    assert run("status").exit_code == 2


async def test_ready_file_for_aio(server: VaultServer, ready_file: Path) -> None:
    """The async client can use a ready file too."""
    server.outcomes = [status()]
    async with testing.connect_aio(ready_file) as vault:
        assert (await vault.get_status(TOKEN)).is_verified
