"""`idvault witness`: one folder, one key, and durable state."""

import json
import os
import signal
import ssl
import stat
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from idvault.processes.witness.wire import PATH, AddCheckpoint
from idvault_dev.authority import Authority
from idvault_verify.commands.errors import ExitCode
from idvault_verify.transparency.note import Algorithm, parse_key
from tests.support import hasty
from tests.support.commands import Commands
from tests.support.witness_world import LOG, MAIN, WITNESS, History, cosigned
from tools.support import programs
from tools.support.authority import Authority as Issuer
from tools.support.authority import spiffe
from tools.support.sandbox import wait_for

pytestmark = pytest.mark.process

NAME = "witness.example/w1"
WAIT = 30


@dataclass(frozen=True, slots=True)
class Running:
    """A witness as a separate process."""

    process: programs.Started
    url: str
    public_key: str
    metrics: str
    next_public_key: str

    def submit(self, body: bytes, *, context: ssl.SSLContext | None = None) -> tuple[int, str]:
        """Submit over HTTP; return the status and the body."""
        request = urllib.request.Request(self.url + PATH, data=body, method="POST")  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=WAIT, context=context) as answer:  # noqa: S310
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()


@contextmanager
def running(folder: Path, *more: object, keys: int = 1, entry: str = programs.VAULT) -> Iterator[Running]:
    """Run a witness of the test's log until the block ends."""
    ready = folder.parent / "ready.json"
    arguments = ["--state", folder, "--log-key", LOG.key, "--ready-file", ready]
    arguments += ["--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("IDVAULT_")}
    process = programs.start(entry, "witness", *arguments, *more, environment=environment)
    try:
        # The process log on stdout has JSON only.
        first = process.stdout.readline()
        document = json.loads(ready.read_text())
        assert json.loads(first) == {"ready": document}
        said = [process.stderr.readline() for _ in range(keys)]
        assert said[0] == f"witness public key: {document['public_key']}\n"
        assert stat.S_IMODE(ready.stat().st_mode) == 0o600
        yield Running(
            process,
            document["url"],
            document["public_key"],
            document["metrics"],
            document.get("next_public_key", ""),
        )
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            assert process.wait(WAIT) == ExitCode.DONE
            assert not ready.exists()
    finally:
        process.kill()
        process.communicate()


def test_first_start_makes_the_key_and_later_ones_keep_it(tmp_path: Path) -> None:
    """The public key is printed at each start, is in the ready file, and does not change."""
    folder = tmp_path / "w"
    with running(folder, "--name", NAME) as first:
        key = parse_key(first.public_key)
        assert (key.name, key.algorithm) == (NAME, Algorithm.COSIGNATURE_V1)
        assert _health(first) == {"healthz": 200, "readyz": 200, "": 404, "add-checkpoint": 404}
        status, lines = first.submit(MAIN.request(0, 5))
        assert status == 200
        assert abs(cosigned(MAIN.note(5), lines, key=key) - datetime.now(UTC).timestamp()) < 60
    assert stat.S_IMODE((folder / "witness.key").stat().st_mode) == 0o600
    with running(folder) as again:
        assert again.public_key == first.public_key


def test_a_key_is_announced_and_then_takes_the_place(idvault: Commands, tmp_path: Path) -> None:
    """Both sign meanwhile, across restarts; the former key cannot be retired before there is a next one."""
    folder = tmp_path / "w"
    with running(folder, "--name", NAME, "--next-key", keys=2) as first:
        former, announced = parse_key(first.public_key), parse_key(first.next_public_key)
        assert first.submit(MAIN.request(0, 5))[0] == 200
    with running(folder, keys=2) as again:
        _, lines = again.submit(MAIN.request(5, 7))
        assert [cosigned(MAIN.note(7), lines, key=key) > 0 for key in (former, announced)] == [True, True]
    with running(folder, "--retire-key") as later:
        assert (later.public_key, later.next_public_key) == (str(announced), "")
    refused = idvault("witness", "--state", folder, "--log-key", LOG.key, "--retire-key")
    assert (refused.code, "no next key is announced" in refused.err) == (ExitCode.REFUSED, True)


def _health(witness: Running) -> dict[str, int]:
    """Return the status of each page of the metrics port, once it is ready."""
    assert wait_for(lambda: _status(witness, "readyz") == 200)
    return {page: _status(witness, page) for page in ("healthz", "readyz", "", "add-checkpoint")}


def _status(witness: Running, page: str) -> int:
    address = witness.metrics.removesuffix("metrics") + page
    try:
        with urllib.request.urlopen(address, timeout=WAIT) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_kill_keeps_what_was_cosigned(tmp_path: Path) -> None:
    """After kill -9 right after each answer the next start knows the size and refuses the fork."""
    folder = tmp_path / "w"
    fork = History("fork", fork=2)
    for size in (3, 4, 7):
        with running(folder, "--name", NAME) as witness:
            known = int(witness.submit(MAIN.request(9, 9))[1])
            assert known == {3: 0, 4: 3, 7: 4}[size]
            assert witness.submit(MAIN.request(known, size))[0] == 200
            witness.process.kill()
            witness.process.wait(WAIT)
    with running(folder) as witness:
        assert witness.submit(MAIN.request(4, 7)) == (409, "7\n")
        assert witness.submit(AddCheckpoint(7, (), fork.note(7)).encode())[0] == 409
        assert witness.submit(AddCheckpoint(7, fork.proof(7, 9), fork.note(9)).encode())[0] == 422
        assert witness.submit(MAIN.request(7, 9))[0] == 200


def test_one_witness_for_a_folder(idvault: Commands, tmp_path: Path) -> None:
    """A second witness on the same folder is refused while the first runs."""
    with running(tmp_path / "w", "--name", NAME) as first:
        result = idvault("witness", "--state", tmp_path / "w", "--log-key", LOG.key)
        assert (result.code, result.out) == (ExitCode.REFUSED, "")
        assert "another witness runs" in result.err
        assert first.submit(MAIN.request(0, 1))[0] == 200


def test_https(tmp_path: Path) -> None:
    """With a certificate the witness speaks https; a new one is shown without a restart."""
    now = datetime.now(UTC)
    authority = Authority.open(certificate=tmp_path / "ca.pem", key=tmp_path / "ca.key", now=now)
    files = {"--tls-certificate": tmp_path / "server.pem", "--tls-key": tmp_path / "server.key"}
    authority.issue_server(
        hosts=["localhost", "127.0.0.1"],
        certificate=files["--tls-certificate"],
        key=files["--tls-key"],
        now=now,
    )
    arguments = [part for pair in files.items() for part in pair]
    context = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    with running(tmp_path / "w", "--name", NAME, *arguments, entry=hasty.WITNESS) as witness:
        assert witness.url.startswith("https://127.0.0.1:")
        assert witness.submit(MAIN.request(0, 5), context=context)[0] == 200
        place = ("127.0.0.1", urlsplit(witness.url).port or 0)
        before, new = ssl.get_server_certificate(place), Issuer().server()
        files["--tls-certificate"].write_bytes(new.certificate)
        files["--tls-key"].write_bytes(new.key)
        assert wait_for(lambda: ssl.get_server_certificate(place) != before)
        assert ssl.get_server_certificate(place).encode() == new.certificate


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["--log-key", "nonsense"], ExitCode.WRONG_USAGE, "verifier key"),
        (["--log-key", WITNESS.key], ExitCode.WRONG_USAGE, "key of a witness"),
        (["--log-key", LOG.key], ExitCode.REFUSED, "needs a name"),
        (["--log-key", LOG.key, "--name", "a b"], ExitCode.REFUSED, "no white space"),
        (["--log-key", LOG.key, "--name", NAME, "--listen", "nowhere"], ExitCode.WRONG_USAGE, "HOST:PORT"),
        (
            ["--log-key", LOG.key, "--name", NAME, "--tls-key", "key.pem"],
            ExitCode.WRONG_USAGE,
            "belong together",
        ),
        ([], ExitCode.WRONG_USAGE, "--log-key"),
    ],
)
def test_what_it_cannot_run_with_is_named(
    idvault: Commands, tmp_path: Path, arguments: list[object], code: ExitCode, text: str
) -> None:
    """Each wrong argument ends the start with its code and advice; the folder is free again."""
    for _ in range(2):
        result = idvault("witness", "--state", tmp_path / "w", *arguments)
        assert (result.code, result.out) == (code, "")
        assert text in result.err


def test_files_that_are_no_certificate_are_refused(idvault: Commands, tmp_path: Path) -> None:
    """What is no certificate, has expired, or is not there is named by its option, and no state is made."""
    (tmp_path / "no.pem").write_text("nothing")
    common = ["witness", "--state", tmp_path / "w", "--log-key", LOG.key, "--name", NAME]
    result = idvault(*common, "--tls-certificate", tmp_path / "no.pem", "--tls-key", tmp_path / "no.pem")
    assert result.code == ExitCode.WRONG_USAGE
    assert "--tls-certificate has no certificate in PEM form" in result.err
    result = idvault(*common, "--tls-certificate", tmp_path / "gone", "--tls-key", tmp_path / "gone")
    assert result.code == ExitCode.WRONG_USAGE
    assert "--tls-certificate cannot be read" in result.err
    old = Issuer().client(spiffe("witness", "w1"), starts=-timedelta(days=9), ends=-timedelta(days=1))
    (tmp_path / "old.pem").write_bytes(old.certificate)
    (tmp_path / "old.key").write_bytes(old.key)
    result = idvault(*common, "--tls-certificate", tmp_path / "old.pem", "--tls-key", tmp_path / "old.key")
    assert result.code == ExitCode.WRONG_USAGE
    assert "--tls-certificate has expired" in result.err
    assert not (tmp_path / "w").exists()


def test_taken_port_and_damaged_state(idvault: Commands, tmp_path: Path) -> None:
    """A port in use is named by its option, and a damaged state by its file."""
    with running(tmp_path / "w", "--name", NAME) as first:
        first.submit(MAIN.request(0, 5))
        listen = first.url.removeprefix("http://")
        result = idvault(
            "witness", "--state", tmp_path / "v", "--log-key", LOG.key, "--name", NAME, "--listen", listen
        )
        assert result.code == ExitCode.UNREACHABLE
        assert "--listen" in result.err
    (file,) = (tmp_path / "w" / "logs").iterdir()
    file.write_text("")
    result = idvault("witness", "--state", tmp_path / "w", "--log-key", LOG.key)
    assert result.code == ExitCode.REFUSED
    assert "is damaged" in result.err
