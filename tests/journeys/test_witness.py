"""An old copy of the databases is restored: nothing starts because the witness has seen more."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from idvault.core.process import ProcessError
from idvault_client import connect, testing
from idvault_dev import environment
from idvault_dev.layout import WITNESS_NAME, Layout
from idvault_dev.supervisor import FREE_PORTS
from idvault_verify.commands.errors import ExitCode
from idvault_verify.transparency import checkpoint, note
from tests.support.house import House
from tools.support import folders, programs
from tools.support.sandbox import claim, invent, verify, wait_for


def _witnessed(house: House) -> int:
    """Return the size last cosigned by the witness."""
    # A hidden file beside it is a draft: the witness may be writing the next one.
    (file,) = (house.state / "witness" / "logs").glob("[!.]*")
    return checkpoint.parse(file.read_text("utf-8")).size


def _enrol(house: House, count: int) -> None:
    """Sign up people, and wait until the witness has seen all entries."""
    with house.vault() as vault:
        for _ in range(count):
            assert verify(vault, house.registry.newcomer()).succeeded
    entries = "select count(*) from log_entries"
    assert wait_for(lambda: house.query(entries) == [(_witnessed(house),)])


def _copy(
    house: House, folder: Path, *, back: bool = False, names: tuple[str, ...] = ("main", "shred")
) -> None:
    """Copy closed databases, including SQLite's files beside them."""
    source, target = (folder, house.state) if back else (house.state, folder)
    target.mkdir(exist_ok=True)
    for name in names:
        for old in target.glob(f"{name}.sqlite3*"):
            old.unlink()
        for file in source.glob(f"{name}.sqlite3*"):
            shutil.copy(file, target)


@contextmanager
def _witness(house: House, *, port: int = 0) -> Iterator[dict[str, str]]:
    """Run the house's witness alone; return the settings that name it."""
    layout = Layout(house.state)
    ready = house.folder / "witness.json"

    def start() -> programs.Started:
        return programs.start(
            programs.VAULT,
            *("witness", "--state", layout.witness, "--name", WITNESS_NAME, "--listen", f"127.0.0.1:{port}"),
            *("--log-key", house.ready["log"]["public_key"], "--ready-file", ready),
            *("--metrics-listen", "127.0.0.1:0"),
        )

    process = start()
    try:
        while not _is_up(process, ready):
            # While nobody listened, a connection of somebody else may have taken the port for itself.
            assert "in use" in process.communicate()[1]
            process = start()
        told = json.loads(ready.read_text("utf-8"))
        yield environment.witness(url=told["url"], public_key=told["public_key"])
    finally:
        process.kill()
        process.communicate()
        ready.unlink(missing_ok=True)


def _is_up(process: programs.Started, ready: Path) -> bool:
    """Wait until a program is ready or has ended; return whether it is ready."""
    assert wait_for(lambda: ready.exists() or process.poll() is not None)
    return ready.exists()


def _run(
    house: House, command: str, witness: dict[str, str], *arguments: str
) -> "subprocess.CompletedProcess[str]":
    """Run `serve` or `work` as `idvault dev` does; it must end by itself."""
    layout = Layout(house.state)
    own = (environment.serve if command == "serve" else environment.work)(layout, ports=FREE_PORTS)
    told = environment.registry(layout, base_url=house.ready["registry"]["base_url"])
    settings = {**os.environ, **environment.common(layout), **told, **own, **witness}
    return programs.run(programs.VAULT, command, *arguments, environment=settings, timeout=60)


def test_rolled_back_databases_are_refused(own_house: House, tmp_path: Path) -> None:
    """With restored copies `serve` and `work` end with 5 and the published line, and write nothing."""
    _enrol(own_house, 2)
    assert own_house.session.stop() == 0
    _copy(own_house, tmp_path / "old")
    before = _witnessed(own_house)
    own_house.start()
    _enrol(own_house, 2)
    after = _witnessed(own_house)
    assert own_house.session.stop() == 0
    _copy(own_house, tmp_path / "new")
    assert before < after
    line = (
        f"log: database is older than the witnessed checkpoint ({before} < {after}): "
        "`idvault restore --check` tells what is lost"
    )
    with _witness(own_house) as witness:
        for names in (("main",), ("shred",), ("main", "shred")):
            _copy(own_house, tmp_path / "new", back=True)
            _copy(own_house, tmp_path / "old", back=True, names=names)
            refused = _run(own_house, "serve", witness)
            assert (refused.returncode, refused.stderr) == (ExitCode.UNVERIFIED, line + "\n"), names
        refused = _run(own_house, "work", witness, "--json")
        assert refused.returncode == ExitCode.UNVERIFIED
        assert json.loads(refused.stderr)["error"]["text"] == line
    # The whole deployment does not start either, with the same line.
    with pytest.raises(ProcessError):
        own_house.session.start()
    assert line in own_house.session.output.read_text("utf-8")
    assert _witnessed(own_house) == after
    _copy(own_house, tmp_path / "new", back=True)
    own_house.start()
    _enrol(own_house, 1)


def test_a_fork_is_refused(own_house: House, tmp_path: Path) -> None:
    """A copy that grew without the witness is another history: refused, and never cosigned."""
    _enrol(own_house, 1)
    assert own_house.session.stop() == 0
    _copy(own_house, tmp_path / "old")
    aside, public = tmp_path / "witness", Path(own_house.ready["public"])
    folders.copy(own_house.state / "witness", aside)
    folders.copy(public, tmp_path / "public")
    own_house.start()
    _enrol(own_house, 1)
    seen = _witnessed(own_house)
    assert own_house.session.stop() == 0
    folders.copy(own_house.state / "witness", tmp_path / "true")
    # The copy grows with a restored witness and directory, and then meets the real witness.
    shutil.rmtree(public)
    folders.copy(tmp_path / "public", public)
    _copy(own_house, tmp_path / "old", back=True)
    shutil.rmtree(own_house.state / "witness")
    folders.copy(aside, own_house.state / "witness")
    own_house.start()
    _enrol(own_house, 2)
    size = _witnessed(own_house)
    assert own_house.session.stop() == 0
    assert size > seen
    shutil.rmtree(own_house.state / "witness")
    folders.copy(tmp_path / "true", own_house.state / "witness")
    with _witness(own_house) as witness:
        for command in ("serve", "work"):
            refused = _run(own_house, command, witness)
            assert refused.returncode == ExitCode.UNVERIFIED, refused.stderr
            assert refused.stderr == (
                f"log: database has forked from the witnessed log (one of the first {size} entries differs)\n"
            )
    assert _witnessed(own_house) == seen


def test_without_its_witness_people_sign_up_and_a_conflict_stops_everything(
    own_house: House, tmp_path: Path
) -> None:
    """Processes start from the last cosigned checkpoint; an old copy is found when the witness is back."""
    _enrol(own_house, 1)
    assert own_house.session.stop() == 0
    _copy(own_house, tmp_path / "old")
    own_house.start()
    _enrol(own_house, 2)
    after = _witnessed(own_house)
    platform = testing.endpoint(own_house.session.ready_file, platform="platform-a")
    with _stopped_witness(own_house) as witness:
        url = witness["IDVAULT_WITNESSES"].split()[0]
        half = _run(own_house, "serve", {"IDVAULT_WITNESSES": url})
        assert half.returncode == ExitCode.WRONG_USAGE
        assert "IDVAULT_WITNESSES must have the URL and the key" in half.stderr
        _copy(own_house, tmp_path / "old", back=True)
        port = int(url.rpartition(":")[2])
        running = [_start(own_house, command, witness) for command in ("serve", "work")]
        try:
            assert wait_for(lambda: all(ready.exists() for _, ready in running))
            served = json.loads(running[0][1].read_text("utf-8"))["grpc"]
            with connect(served, tls=platform.tls, server_name=platform.server_name, timeout=20) as vault:
                # Nobody answers for the registry here either, so the claim waits.
                assert claim(vault, invent()).pending
            with _witness(own_house, port=port):
                for process, _ in running:
                    _, told = process.communicate(timeout=30)
                    assert process.returncode == ExitCode.UNVERIFIED, told
                    # The worker may have grown the copy since its start.
                    older = rf"is older than the witnessed checkpoint \(\d+ < {after}\)"
                    assert re.search(rf"^log: database ({older}|has forked)", told, re.MULTILINE)
        finally:
            for process, _ in running:
                process.kill()
                process.communicate()


def test_people_sign_up_and_requests_wait_while_the_witness_hangs(own_house: House) -> None:
    """Below K the log grows and nothing new is published; when the witness is back everything is cosigned."""
    _enrol(own_house, 1)
    public = Path(own_house.ready["public"]) / "checkpoint"
    entries = "select count(*) from log_entries"
    # A cosignature on its way would be published later.
    assert wait_for(lambda: own_house.query(entries) == [(_size(public.read_bytes()),)])
    before = public.read_bytes()
    pid = int(own_house.ready["pids"]["witness"])
    os.kill(pid, signal.SIGSTOP)
    try:
        with own_house.vault() as vault:
            for _ in range(3):
                assert verify(vault, own_house.registry.newcomer()).succeeded
        sequenced = "select count(log_index) from log_entries"
        assert wait_for(lambda: own_house.query(sequenced)[0][0] > _size(before))
        assert public.read_bytes() == before
    finally:
        os.kill(pid, signal.SIGCONT)
    assert wait_for(lambda: own_house.query(entries) == [(_size(public.read_bytes()),)])


def _size(raw: bytes) -> int:
    """Return the size that a signed checkpoint names."""
    return checkpoint.parse(note.parse(raw).text).size


def test_without_a_cosigned_checkpoint_nothing_starts(own_house: House) -> None:
    """A log with entries that no witness has ever confirmed is not served."""
    _enrol(own_house, 1)
    with _stopped_witness(own_house) as witness:
        with closing(sqlite3.connect(own_house.state / "shred.sqlite3")) as database, database:
            database.execute("DELETE FROM log_checkpoints WHERE name = 'newest'")
        for command in ("serve", "work"):
            refused = _run(own_house, command, witness)
            assert refused.returncode == ExitCode.UNREACHABLE
            assert refused.stderr == (
                "log: too few witnesses can be reached, and no checkpoint is cosigned by enough\n"
            )


def _start(house: House, command: str, witness: dict[str, str]) -> tuple[programs.Started, Path]:
    """Start `serve` or `work` as `idvault dev` does; return it and its ready file."""
    layout = Layout(house.state)
    ready = house.folder / f"{command}-alone.json"
    own = (environment.serve if command == "serve" else environment.work)(layout, ports=FREE_PORTS)
    told = environment.registry(layout, base_url=house.ready["registry"]["base_url"])
    settings = {**os.environ, **environment.common(layout), **told, **own, **witness}
    speed = [] if command == "serve" else ["--speed", str(environment.WORK_SPEED)]
    return programs.start(programs.VAULT, command, *speed, "--ready-file", ready, environment=settings), ready


@contextmanager
def _stopped_witness(house: House) -> Iterator[dict[str, str]]:
    assert house.session.stop() == 0
    with _witness(house) as witness:
        pass
    yield witness


def test_the_published_checkpoint_is_cosigned(house: House) -> None:
    """In a development deployment the published checkpoint has the witness's cosignature."""
    public = Path(house.ready["public"]) / "checkpoint"
    key = note.parse_key(house.ready["witness"]["public_key"])
    log_key = note.parse_key(house.ready["log"]["public_key"])
    policy = checkpoint.CosignaturePolicy(house.ready["log"]["origin"], (log_key,), (key,), quorum=1)

    def cosigned() -> bool:
        try:
            return checkpoint.verify(public.read_bytes(), policy).checkpoint.size > 0
        except (OSError, checkpoint.QuorumError):
            return False

    assert wait_for(cosigned)
