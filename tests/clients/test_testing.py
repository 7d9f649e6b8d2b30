"""The test helpers for other teams: a real vault in a block, its fixture, and the example of both."""

import asyncio
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from idvault_client import Consent, resident_id, testing
from idvault_verify.offline import CheckError, StatusVerifier
from tools.support.sandbox import wait_for

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of prepared states for these tests, filled by a first start."""
    folder = tmp_path_factory.mktemp("prepared")
    with testing.server(prepared=folder):
        pass
    return folder


def verified(server: testing.Server) -> str:
    """Return the token of a new account."""
    person = server.registry.newcomer()
    with server.connect() as vault:
        answer = vault.verify_individual(
            person.name, resident_id(person.number), consent=Consent("terms-3", datetime.now(UTC))
        )
    assert answer.succeeded
    return answer.account_token


def test_a_vault_in_a_block(prepared: Path) -> None:
    """It is empty, verifies new people, and is gone after the block."""
    with testing.server(prepared=prepared) as server:
        assert verified(server).startswith("acct_")
        assert server.registry.counters()["charged"] == 1
        pid, state = server.ready["pids"]["dev"], Path(server.ready["state"])
    assert not state.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_no_block_sees_another(prepared: Path) -> None:
    """Two concurrent vaults share nothing, and a later one starts empty."""
    with testing.server(prepared=prepared) as one, testing.server(prepared=prepared) as other:
        token = verified(one)
        with other.connect() as vault:
            assert vault.batch_get_statuses([token]).unknown_account_tokens == (token,)


async def test_everything_of_a_platform_is_there(prepared: Path) -> None:
    """The worker runs too: credentials are in the published list, receipts get covered, feeds work."""
    with testing.server(prepared=prepared) as server:
        token = await asyncio.to_thread(verified, server)
        async with server.connect_aio() as vault:
            assert await vault.statuses.wait(10)
            assert (await vault.statuses.get(token)).is_verified
            issued = await vault.issue_status_credential(token, "https://taxi.example")
        # The first list may be older than the verification.
        assert await asyncio.to_thread(wait_for, lambda: _is_listed(server, issued.token))


def _is_listed(server: testing.Server, token: str) -> bool:
    try:
        jwks, listed = (server.public / name for name in ("jwks.json", "status/0.jwt"))
        verifier = StatusVerifier(jwks=jwks.read_bytes(), audience="https://taxi.example")
        verifier.add_list(listed.read_bytes())
        return bool(verifier.check(token).subject)
    except (FileNotFoundError, CheckError):
        return False


def test_a_vault_that_does_not_start(tmp_path: Path) -> None:
    """The error has its last output."""
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(testing.ServerError, match="did not become ready"),
        testing.server(prepared=tmp_path / "file" / "none"),
    ):
        raise AssertionError


def test_an_ended_parent_ends_the_vault(prepared: Path) -> None:
    """Killing the test process ends the vault."""
    code = (
        "import sys; from idvault_client import testing\n"
        f"with testing.server(prepared={str(prepared)!r}) as s:\n"
        "    print(s.ready['pids']['dev'], flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        pid = int(child.stdout.readline())
        child.kill()
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    raise AssertionError("the vault outlived its parent")


def test_the_example_passes() -> None:
    """The example tests in the client package pass unchanged."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "clients/examples/testing"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout
