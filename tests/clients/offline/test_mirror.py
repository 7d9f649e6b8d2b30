"""`idvault-verify mirror-log`: a verified copy over HTTP, resumed after any end, from servers that lie."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from idvault_verify.commands.app import app
from idvault_verify.offline.log.continuity import RefusedLogError
from idvault_verify.offline.log.files import LogWebsite, NotReachedError
from idvault_verify.offline.log.mirror import LogMirror, Mirrored
from idvault_verify.transparency import directory, verifier
from idvault_verify.transparency.tree import LogError
from tests.support.site import Site, files_of, serving
from tools.support import logs
from tools.support.logs import VKEY
from tools.support.merkle import log_of, signer, witness

ONE = witness("witness.example/w1", seed=2)
POLICY = logs.POLICY
_TIMEOUT = 20.0


@dataclass
class World:
    """A vault's public directory on a site, and somebody else's copy."""

    site: Site
    public: Path
    copy: Path

    def publish(self, size: int, **others: str) -> None:
        """Grow the log, and publish other files by their paths with `_` for `/`."""
        leaves = log_of(size)
        logs.write_folder(self.public, leaves, logs.signed(leaves))
        for name, text in others.items():
            path = self.public / name.replace("_", "/")
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        listed = [
            path.relative_to(self.public).as_posix() for path in self.public.rglob("*") if path.is_file()
        ]
        (self.public / "index").write_bytes(directory.encode(listed))
        self.serve()

    def serve(self) -> None:
        """Serve the directory as it is."""
        self.site.files = files_of(self.public)

    def mirror(self, *, clock: Callable[[], float] = time.monotonic, **options: Any) -> Mirrored:
        """Run once."""
        self.site.asked.clear()
        files = LogWebsite(self.site.url, timeout=_TIMEOUT, clock=clock)
        return LogMirror(
            files=files, folder=self.copy, policy=POLICY, max_age=None, now=lambda: 0.0, **options
        ).run()

    def refused(self) -> str:
        """Run once; the log must be refused, and the copy's own checkpoint stay."""
        before = self.checkpoint()
        with pytest.raises(RefusedLogError) as caught:
            self.mirror()
        assert self.checkpoint() == before
        return caught.value.reason

    def checkpoint(self) -> bytes | None:
        """Return the copy's own checkpoint."""
        path = self.copy / "checkpoint"
        return path.read_bytes() if path.exists() else None

    def verify(self, size: int) -> None:
        """Fail unless the copy is a complete log of this size."""
        assert self.checkpoint() == logs.signed(log_of(size))
        verifier.verify_files(self.read, logs.checkpoint_of(log_of(size)))

    def read(self, path: str) -> bytes | None:
        """Read a file of the copy."""
        place = self.copy / path
        return place.read_bytes() if place.is_file() else None

    def run(self, *options: object) -> Result:
        """Run the command."""
        arguments = ["mirror-log", self.copy, "--from", self.site.url, "--public-key", VKEY, *options]
        return CliRunner().invoke(app, [*map(str, arguments)])


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An empty public directory on a running site."""
    with serving() as site:
        yield World(site, tmp_path / "public", tmp_path / "copy")


def test_a_copy_follows_the_log(world: World) -> None:
    """Every size is copied whole; only what the log has grown by is fetched."""
    before = 0
    for size in (1, 200, 256, 300, 513, 66_000):
        world.publish(size)
        done = world.mirror()
        assert (done.accepted.checkpoint.size, done.before, done.accepted.before) == (size, before, before)
        world.verify(size)
        before = size
    world.publish(66_001)
    assert world.mirror().fetched == 2, "a tile and its bundle"
    assert [path.name for path in (world.copy / "tile" / "0").iterdir() if path.suffix] == ["257.p"]


def test_a_copy_that_is_up_to_date_fetches_no_tile(world: World) -> None:
    """A repeat reads the checkpoint, the index, and what the log's later keys are."""
    world.publish(300)
    world.mirror()
    world.mirror()
    assert {path for path, _ in world.site.asked} == {"/log/checkpoint", "/log/index", "/log/log-keys.json"}


def test_an_empty_log_is_copied(world: World) -> None:
    """Before the first entry there is a checkpoint only."""
    world.publish(0)
    assert world.mirror().accepted.checkpoint.size == 0
    assert world.checkpoint() == logs.signed([])


@pytest.mark.parametrize("answers", [1, 2, 5, 9])
def test_an_interrupted_copy_continues(world: World, answers: int) -> None:
    """What was verified before the server went away is not fetched again, and nothing claims to be whole."""
    world.publish(1_500)
    world.site.stop_after = answers
    with pytest.raises(NotReachedError):
        world.mirror()
    assert world.checkpoint() is None
    kept = {
        path.relative_to(world.copy).as_posix() for path in (world.copy / "tile").rglob("*") if path.is_file()
    }
    world.site.stop_after = None
    world.mirror()
    world.verify(1_500)
    again = {path.removeprefix("/log/") for path, _ in world.site.asked} & kept
    edges = {"tile/0/005.p/220", "tile/1/000.p/5"}
    assert again <= edges, "the right edge is read again, because it proves the root"


def test_a_server_that_shows_less_after_an_interruption(world: World) -> None:
    """The newest checkpoint seen counts, not the newest that was copied."""
    world.publish(1_500)
    world.site.stop_after = 3
    with pytest.raises(NotReachedError):
        world.mirror()
    world.site.stop_after = None
    (world.public / "checkpoint").write_bytes(logs.signed(log_of(1_000)))
    world.serve()
    assert world.refused() == "ROLLED_BACK"


@pytest.mark.parametrize("path", ["tile/0/001", "tile/entries/001", "tile/0/002.p/188", "tile/1/000.p/2"])
@pytest.mark.parametrize("how", ["flip", "cut", "empty"])
def test_a_lying_server_is_refused(world: World, path: str, how: str) -> None:
    """No byte is kept of a file that the signed root does not cover, truncated ones included."""
    world.publish(700)
    data = world.site.files[f"/log/{path}"]
    flipped = data[:20] + bytes([data[20] ^ 1]) + data[21:]
    lie = {"flip": flipped, "cut": data[:-1], "empty": b""}[how]
    world.site.files[f"/log/{path}"] = lie
    assert world.refused() == "TILES_INVALID"
    assert world.read(path) is None
    world.serve()
    world.mirror()
    world.verify(700)


def test_a_forked_log_is_refused(world: World) -> None:
    """A second history does not replace a byte of the copy, and its checkpoint is kept as evidence."""
    world.publish(300)
    world.mirror()
    forged = [*log_of(7), b"forged", *log_of(600)[8:]]
    logs.write_folder(world.public, forged, logs.signed(forged))
    world.serve()
    assert world.refused() == "FORKED"
    assert (world.copy / ".mirror" / "seen.refused").read_bytes() == logs.signed(forged)
    world.verify(300)


def test_bodies_that_end_too_early(world: World) -> None:
    """A connection that ends in the middle of a file is an outage; the next run continues."""
    world.publish(300)
    world.site.lying = True
    with pytest.raises(NotReachedError, match="in the middle"):
        world.mirror()
    world.site.lying = False
    world.mirror()
    world.verify(300)


def test_a_slow_server(world: World) -> None:
    """A file that trickles in is given up in time; what was there before is kept."""
    world.publish(300)
    world.mirror()
    world.publish(600)
    world.site.slow = True
    # Each look at the clock is a quarter of the time later: the machine's own speed does not count.
    looks = count(step=_TIMEOUT / 4)
    with pytest.raises(NotReachedError, match="too slowly"):
        world.mirror(clock=lambda: next(looks))
    world.verify(300)
    world.site.slow = False
    world.mirror()
    world.verify(600)


def test_a_full_file_serves_for_a_partial_one(world: World) -> None:
    """A vault may have removed a partial file when the full one came; only the signed part is copied."""
    world.publish(600)
    (world.public / "checkpoint").write_bytes(logs.signed(log_of(300)))
    above = world.public / "tile" / "1" / "000.p"
    (above / "1").write_bytes((above / "2").read_bytes()[:32])
    world.serve()
    world.mirror()
    world.verify(300)
    assert len(world.read("tile/0/001.p/44") or b"") == 44 * 32


def test_a_damaged_copy_is_mended(world: World) -> None:
    """Files that somebody changed or another tool fetched are verified, and fetched again if wrong."""
    world.publish(1_000)
    shutil.copytree(world.public, world.copy)
    (world.copy / "tile" / "0" / "001").write_bytes(bytes(8192))
    (world.copy / "tile" / "entries" / "002").write_bytes(b"x" * 17_000_000)
    done = world.mirror()
    assert (done.before, done.fetched) == (0, 2)
    world.verify(1_000)


def test_other_files_are_copied(world: World) -> None:
    """Pages, lists and reports of the index come along, changed ones too, and none goes outside."""
    world.publish(5, report_october="one", page="x")
    with (world.public / "index").open("a") as file:
        file.write("../outside\n.mirror/done\n/etc/passwd\nreport/october/below\ngone\n")
    world.serve()
    world.site.files["/log/report/october/below"] = b"y"
    done = world.mirror()
    assert done.left_out == 5
    assert (world.read("report/october"), world.read("page")) == (b"one", b"x")
    assert not (world.copy.parent / "outside").exists()
    world.publish(5, report_october="two")
    world.mirror()
    assert world.read("report/october") == b"two"


def test_other_files_have_a_limit(world: World) -> None:
    """An index cannot fill the disk: what does not fit is left out, and the log is whole."""
    world.publish(5, a="x" * 60, b="x" * 60, c="x" * 30)
    done = world.mirror(most_others=100)
    assert done.left_out == 1
    assert [world.read("a"), world.read("b")].count(None) == 1
    world.verify(5)


def test_two_mirrors_of_one_folder(world: World) -> None:
    """The second one ends and says why."""
    world.publish(5)
    world.copy.mkdir()
    (world.copy / ".mirror").mkdir()
    with (world.copy / ".mirror" / "lock").open("ab") as file:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(NotReachedError, match="another mirror-log"):
            world.mirror()
    world.mirror()


def test_a_folder_of_another_log(world: World) -> None:
    """A copy of one log does not become a copy of another."""
    world.publish(5)
    world.mirror()
    other = logs.signed(log_of(5), by=signer(logs.ORIGIN, seed=9))
    (world.copy / ".mirror" / "done").write_bytes(other)
    assert world.refused() == "STATE_INVALID"


def test_the_command(world: World) -> None:
    """Its last line has the result; a log without witnesses is copied only on demand."""
    assert world.run().exit_code == 2
    assert world.run("--unwitnessed").exit_code == 3
    world.publish(300, page="x")
    result = world.run("--unwitnessed")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (
        0,
        "mirror: 300 entries, 5 files fetched, consistent with 0",
    )
    assert "may be a copy that only you are shown" in result.stderr
    assert json.loads(world.run("--unwitnessed", "--json").stdout)["consistent_with"] == 300
    with (world.public / "index").open("a") as file:
        file.write("gone\n")
    world.serve()
    assert "1 lines of the index were left out" in world.run("--unwitnessed").stderr
    world.publish(299)
    refused = world.run("--unwitnessed")
    assert (refused.exit_code, refused.stdout.startswith("log: the log is older")) == (5, True)
    assert world.run("--witness", ONE.key).exit_code == 5
    assert (
        CliRunner()
        .invoke(
            app, ["mirror-log", str(world.copy), "--from", "ftp://x", "--public-key", VKEY, "--unwitnessed"]
        )
        .exit_code
        == 2
    )


_KILLED = """
import sys
from pathlib import Path
from idvault_verify.commands.app import app
app(["mirror-log", sys.argv[1], "--from", sys.argv[2], "--public-key", sys.argv[3], "--unwitnessed"])
"""


@pytest.mark.process
def test_a_mirror_that_is_killed(world: World) -> None:
    """After SIGKILL at several places the copy is never wrong, and the next run completes it."""
    world.publish(20_000)
    reached = threading.Event()
    for answers in (4, 40, 90):
        world.site.asked.clear()
        world.site.hold_after, world.site.held = answers, reached
        reached.clear()
        command = [sys.executable, "-c", _KILLED, str(world.copy), world.site.url, VKEY]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert reached.wait(60)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        world.site.hold_after = None
        assert world.checkpoint() is None
        with pytest.raises(LogError):
            verifier.verify_files(world.read, logs.checkpoint_of(log_of(20_000)))
    world.mirror()
    world.verify(20_000)
