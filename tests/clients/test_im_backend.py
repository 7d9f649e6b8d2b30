"""The example backend: shows nickname and badge, and stores no name."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest

import idvault_client
from clients.examples.im_backend import Form, ImBackend
from idvault_client import Tls
from idvault_verify.v1 import status_pb2, verification_pb2
from tests.clients.vault_server import NAME, NUMBER, TOKEN, Refuse, VaultServer, status, verification

EXAMPLE = Path(__file__).resolve().parent.parent.parent / "clients" / "examples" / "im_backend"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """The path of the user table."""
    return tmp_path / "users.sqlite3"


@pytest.fixture
def backend(server: VaultServer, tls: Tls, database: Path) -> Iterator[ImBackend]:
    """The example, connected to the server."""
    with idvault_client.connect(server.target, tls=tls, server_name="localhost") as vault:
        made = ImBackend(vault, database=str(database))
        yield made
        made.close()


def form(nickname: str = "lily") -> Form:
    """Return the form of a synthetic person."""
    return Form(nickname, name=NAME, number=NUMBER)


def answering(
    state: str, account: str, *, failure: str = "UNSPECIFIED", retry_after: int = 0
) -> Callable[[bytes], verification_pb2.Verification]:
    """Return an outcome with the received request id."""

    def answer(body: bytes) -> verification_pb2.Verification:
        request_id = verification_pb2.GetVerificationRequest.FromString(body).request_id
        return verification(
            state, account=account, failure=failure, retry_after=retry_after, request_id=request_id
        )

    return answer


def test_badge_at_once(backend: ImBackend, server: VaultServer, database: Path) -> None:
    """A verified person has a badge, and neither name nor number is in the user table."""
    server.outcomes = [answering("SUCCEEDED", "VERIFIED")]
    filled = form()
    v = backend.sign_up(filled)
    assert v is not None
    assert v.status.is_verified
    assert filled.shown == {}
    assert backend.profile("lily") == "lily ✓"
    assert not backend.waiting()
    for file in database.parent.iterdir():
        assert NAME.encode() not in file.read_bytes()
        assert NUMBER.encode() not in file.read_bytes()
    assert NAME not in repr(filled)


def test_mismatch(backend: ImBackend, server: VaultServer) -> None:
    """A mismatch is shown on the form, and there is no user."""
    server.outcomes = [answering("FAILED", "REJECTED", failure="MISMATCH")]
    filled = form()
    assert backend.sign_up(filled) is None
    assert filled.shown == {"": "姓名（名称）与证件号码不一致，请核对后重新提交。"}
    with pytest.raises(KeyError):
        backend.profile("lily")


def test_wrong_field(backend: ImBackend, server: VaultServer) -> None:
    """A wrong number is reported beside its field, and the nickname is free again."""
    server.outcomes = [
        Refuse(
            grpc.StatusCode.INVALID_ARGUMENT, "INVALID_DOCUMENT_NUMBER", [("document.number", "CHECK_DIGIT")]
        )
    ]
    filled = form()
    assert backend.sign_up(filled) is None
    assert filled.shown == {"document.number": "号码有误，校验位不符，请逐位核对。"}
    assert backend.user("lily") is None


def test_other_refusal(backend: ImBackend, server: VaultServer) -> None:
    """Any other refusal is shown for the whole form."""
    server.outcomes = [Refuse(grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_ATTEMPTS")]
    filled = form()
    assert backend.sign_up(filled) is None
    assert filled.shown == {"": "认证失败次数过多，请稍后再试。"}


def test_pending(backend: ImBackend, server: VaultServer) -> None:
    """A pending person has no badge, and is not asked about too early."""
    server.outcomes = [answering("PENDING", "PENDING", retry_after=3600)]
    backend.sign_up(form())
    assert backend.profile("lily") == "lily"
    assert backend.waiting()
    assert backend.poll() == 0
    assert len(server.asked) == 1


def test_unknown_outcome_then_verified(backend: ImBackend, server: VaultServer) -> None:
    """A call without an answer is looked up by its id later, and the name is never sent again."""
    down = Refuse(grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")
    server.outcomes = [down]
    filled = form()
    assert backend.sign_up(filled) is None
    assert filled.shown == {"": "服务暂时不可用，请稍后再试。"}
    assert backend.poll() == 0  # still not available
    server.outcomes = [answering("SUCCEEDED", "VERIFIED")]
    server.asked.clear()
    assert backend.poll() == 1
    assert backend.profile("lily") == "lily ✓"
    assert server.asked[0].path.endswith("/GetVerification")
    assert NAME.encode() not in server.asked[0].body


def test_call_that_never_arrived(backend: ImBackend, server: VaultServer) -> None:
    """A sign-up that never reached the vault frees the nickname."""
    server.outcomes = [Refuse(grpc.StatusCode.UNAVAILABLE, "STORE_UNAVAILABLE")]
    backend.sign_up(form())
    server.outcomes = [Refuse(grpc.StatusCode.NOT_FOUND, "REQUEST_NOT_FOUND")]
    assert backend.poll() == 1
    assert backend.user("lily") is None


def test_nickname_is_taken(backend: ImBackend, server: VaultServer) -> None:
    """A taken nickname is refused before the vault is called; the same form may be sent twice."""
    server.outcomes = [answering("SUCCEEDED", "VERIFIED")]
    first = form()
    backend.sign_up(first)
    second = form()
    assert backend.sign_up(second) is None
    assert set(second.shown) == {"nickname"}
    assert len(server.asked) == 1
    assert backend.sign_up(first) is not None
    server.outcomes = [Refuse(grpc.StatusCode.ALREADY_EXISTS, "REQUEST_ID_REUSED")]
    assert backend.sign_up(first) is None
    assert backend.profile("lily") == "lily ✓"


def test_badge_ends(backend: ImBackend, server: VaultServer) -> None:
    """A refresh removes the badge of an expired account."""
    server.outcomes = [answering("SUCCEEDED", "VERIFIED")]
    backend.sign_up(form())
    server.outcomes = [status_pb2.BatchGetStatusesResponse(statuses=[status(TOKEN, state="EXPIRED")])]
    backend.refresh()
    assert backend.profile("lily") == "lily"


@pytest.mark.process
def test_command(server: VaultServer, tls: Tls, tmp_path: Path) -> None:
    """The example runs as a program with a ready file; the person is read from stdin."""
    ready = {
        "grpc": server.target,
        "server_name": "localhost",
        "ca": str(tls.ca),
        "certificates": {"platform-a": {"certificate": str(tls.certificate), "key": str(tls.key)}},
    }
    file = tmp_path / "ready.json"
    file.write_text(json.dumps(ready), encoding="utf-8")
    pending = answering("PENDING", "PENDING", retry_after=1)
    server.outcomes = [pending, answering("SUCCEEDED", "VERIFIED")]
    typed = f"lily\n{NAME}\n{NUMBER}\n"
    command = [sys.executable, str(EXAMPLE), "--ready-file", str(file)]
    done = subprocess.run(command, input=typed, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "lily ✓")
    assert NAME not in done.stdout + done.stderr
    server.outcomes = [answering("FAILED", "REJECTED", failure="MISMATCH")]
    done = subprocess.run(command, input=typed, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (1, "form: 姓名（名称）与证件号码不一致，请核对后重新提交。\n")
    missing = [sys.executable, str(EXAMPLE), "--ready-file", str(tmp_path / "none")]
    assert subprocess.run(missing, capture_output=True, timeout=30, check=False).returncode == 3
