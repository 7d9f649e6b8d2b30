"""`idvault-verify follow-log`: the log only grows, its witnesses cosign it, and nothing else is accepted."""

import json
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from idvault_verify.attest.witness import WitnessPolicy
from idvault_verify.commands.app import app
from idvault_verify.offline.log.continuity import AcceptedCheckpoint, LogContinuity, RefusedLogError
from idvault_verify.offline.log.files import LogFolder, LogWebsite, NotReachedError, UrlError
from idvault_verify.transparency import log_key
from idvault_verify.transparency.checkpoint import CosignaturePolicy as Policy
from idvault_verify.transparency.note import NoteSigner as Signer
from tests.support.site import Site, files_of, serving
from tools.support import logs, people
from tools.support.logs import VKEY
from tools.support.merkle import log_of, signer, witness

ONE, TWO = witness("witness.example/w1", seed=2), witness("witness.example/w2", seed=3)
NOW = 1_800_000_000
_SLOW = ("--timeout", "5")


@dataclass
class Published:
    """A public directory and the file of a client that follows it."""

    folder: Path
    state: Path

    def publish(self, leaves: list[bytes], *witnesses: Signer, age: int = 0) -> None:
        """Set the log to these entries, cosigned some seconds ago."""
        logs.write_folder(self.folder, leaves, logs.signed(leaves, *witnesses, time=NOW - age))

    def follow(self, *witnesses: Signer, quorum: int = 0, max_age: float | None = None) -> AcceptedCheckpoint:
        """Check the log once."""
        keys = tuple(one.key for one in witnesses)
        continuity = LogContinuity(
            files=LogFolder(self.folder),
            policy=Policy(logs.ORIGIN, (logs.SIGNER.key,), keys, quorum or len(keys)),
            state=self.state,
            max_age=max_age,
            now=lambda: float(NOW),
        )
        return continuity.follow()

    def refused(self, *witnesses: Signer, **options: Any) -> RefusedLogError:
        """Check the log once; it must be refused, and the last checkpoint kept."""
        before = self.state.read_bytes() if self.state.exists() else None
        with pytest.raises(RefusedLogError) as caught:
            self.follow(*witnesses, **options)
        assert (self.state.read_bytes() if self.state.exists() else None) == before
        return caught.value

    def run(self, *options: object) -> Result:
        """Run the command once over the folder."""
        where = ("--directory", self.folder, "--state", self.state, "--public-key", VKEY, "--once")
        return command(*where, *(() if "--witness" in options else ("--unwitnessed",)), *options)


def command(*options: object, first: tuple[str, ...] = ()) -> Result:
    """Run the command."""
    return CliRunner().invoke(app, [*first, "follow-log", *map(str, options)])


@pytest.fixture
def published(tmp_path: Path) -> Published:
    """An empty public directory."""
    (tmp_path / "public").mkdir()
    return Published(tmp_path / "public", tmp_path / "state")


def test_a_log_that_grows_is_followed(published: Published) -> None:
    """Each checkpoint continues the previous one, proved by tiles; the last one is kept as signed."""
    leaves = log_of(70_000)
    before = 0
    for size in (1, 2, 3, 255, 256, 257, 700, 700, 66_000, 70_000):
        published.publish(leaves[:size])
        followed = published.follow()
        assert (followed.checkpoint, followed.before) == (logs.checkpoint_of(leaves[:size]), before)
        assert published.state.read_bytes() == logs.signed(leaves[:size])
        before = size


def test_a_log_that_begins_empty(published: Published) -> None:
    """Every log continues the empty log."""
    published.publish([])
    assert published.follow().checkpoint.size == 0
    published.publish(log_of(5))
    assert published.follow().before == 0


def test_partial_tiles_that_are_gone_are_not_missed(published: Published) -> None:
    """The full tile replaces a deleted partial one."""
    leaves = log_of(600)
    logs.write_folder(published.folder, leaves, logs.signed(leaves[:276]))
    published.follow()
    (published.folder / "checkpoint").write_bytes(logs.signed(leaves[:300]))
    above = published.folder / "tile" / "1" / "000.p"
    (above / "1").write_bytes((above / "2").read_bytes()[:32])
    assert not (published.folder / "tile" / "0" / "001.p").exists()
    assert published.follow().before == 276


def test_a_smaller_log_is_refused(published: Published) -> None:
    """A smaller log was rolled back."""
    published.publish(log_of(300))
    published.follow()
    published.publish(log_of(200))
    error = published.refused()
    assert (error.reason, str(error)) == (
        "ROLLED_BACK",
        "the log is older than a known checkpoint (200 < 300)",
    )


@pytest.mark.parametrize("size", [300, 301, 700])
def test_a_forked_log_is_refused(published: Published, size: int) -> None:
    """A different history is refused, and its signed checkpoint is kept as proof."""
    leaves = log_of(300)
    published.publish(leaves)
    published.follow()
    forged = [*log_of(7), b"forged", *log_of(size)[8:]]
    published.publish(forged)
    error = published.refused()
    assert error.reason == "FORKED"
    assert "the log has forked" in str(error)
    assert published.state.with_name("state.refused").read_bytes() == logs.signed(forged)
    published.publish(log_of(size))
    assert published.follow().before == 300


def test_a_fork_without_witnesses_is_told_as_one(published: Published) -> None:
    """The attack: a second history without cosignatures was NOT_COSIGNED, and no proof of it was kept."""
    published.publish(log_of(300), ONE, TWO)
    published.follow(ONE, TWO)
    forged = [*log_of(7), b"forged", *log_of(301)[8:]]
    published.publish(forged)
    assert published.refused(ONE, TWO).reason == "FORKED"
    assert published.state.with_name("state.refused").read_bytes() == logs.signed(forged)


def test_without_tiles_nothing_is_proved(published: Published) -> None:
    """A missing or damaged tile proves nothing."""
    leaves = log_of(300)
    published.publish(leaves[:77])
    published.follow()
    published.publish(leaves)
    tile = published.folder / "tile" / "0" / "000"
    whole = tile.read_bytes()
    tile.unlink()
    error = published.refused()
    assert (error.reason, str(error)) == (
        "TILES_INVALID",
        "there is no proof of consistency: the file tile/0/000 is missing",
    )
    tile.write_bytes(whole[:-1])
    assert published.refused().reason == "TILES_INVALID"
    tile.write_bytes(bytes(32) + whole[32:])
    assert published.refused().reason == "FORKED"
    tile.write_bytes(whole)
    assert published.follow().before == 77


def test_only_the_pinned_key_is_believed(published: Published) -> None:
    """A checkpoint of another key or log is refused, also a kept one."""
    leaves = log_of(5)
    (published.folder / "checkpoint").write_bytes(logs.signed(leaves, by=signer(logs.ORIGIN, seed=9)))
    assert published.refused().reason == "SIGNATURE_INVALID"
    (published.folder / "checkpoint").write_bytes(logs.signed(leaves).replace(b"\n5\n", b"\n6\n"))
    assert published.refused().reason == "SIGNATURE_INVALID"
    (published.folder / "checkpoint").write_bytes(b"no note")
    assert published.refused().reason == "SIGNATURE_INVALID"
    published.publish(leaves)
    published.state.write_bytes(logs.signed(leaves, by=signer(logs.ORIGIN, seed=9)))
    assert published.refused().reason == "STATE_INVALID"


def test_later_keys_of_the_log_are_followed(published: Published) -> None:
    """Whoever knows the first key accepts what a later one signs, and a kept checkpoint of before."""
    leaves, later, other = log_of(7), signer(logs.ORIGIN, seed=8), signer(logs.ORIGIN, seed=9)
    published.publish(leaves[:3])
    published.follow()
    logs.write_folder(published.folder, leaves, logs.signed(leaves, by=later))
    assert published.refused().reason == "SIGNATURE_INVALID"
    listed = published.folder / log_key.FILE
    listed.write_bytes(_announced(other, later))  # of keys that nobody knows
    assert published.refused().reason == "SIGNATURE_INVALID"
    listed.write_bytes(_announced(logs.SIGNER, later).replace(b"5", b"6"))
    assert published.refused().reason == "LOG_KEYS_INVALID"
    listed.write_bytes(_announced(logs.SIGNER, later))
    assert published.follow().before == 3
    assert published.follow().before == 7


def _announced(former: Signer, later: Signer) -> bytes:
    announcement = log_key.announce(former, later, signs_from=NOW - 5)
    return log_key.encode([log_key.parse(announcement)])


def test_a_note_that_is_no_checkpoint(published: Published) -> None:
    """A note signed by the log that is not a checkpoint is refused."""
    from idvault_verify.transparency.note import sign_note

    (published.folder / "checkpoint").write_bytes(sign_note("hello\n", [logs.SIGNER]))
    assert published.refused().reason == "CHECKPOINT_INVALID"


def test_witnesses_must_have_cosigned(published: Published) -> None:
    """Each required witness, or enough of them, must have cosigned; the kept checkpoint may be older."""
    published.publish(log_of(3))
    published.follow()
    published.publish(log_of(4), ONE)
    error = published.refused(ONE, TWO)
    assert (error.reason, str(error)) == ("NOT_COSIGNED", "1 of 2 witnesses cosigned the checkpoint")
    assert published.follow(ONE, TWO, quorum=1).cosigned == (str(ONE.key),)
    published.publish(log_of(5), ONE, TWO)
    assert len(published.follow(ONE, TWO).cosigned) == 2


def test_old_cosignatures_are_stale(published: Published) -> None:
    """A log without a recent cosignature may be an old copy; a future time does not help."""
    published.publish(log_of(3), ONE, age=100)
    assert published.follow(ONE, max_age=100).checkpoint.size == 3
    error = published.refused(ONE, max_age=99)
    assert (error.reason, str(error)) == (
        "STALE",
        "the checkpoint is stale: 0 of 1 witnesses cosigned it within 99 s, the last of all 100 s ago",
    )
    published.publish(log_of(3), ONE, age=-1_000)
    assert published.refused(ONE, max_age=99).reason == "STALE"


def test_the_state_survives_a_full_disk(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed write keeps the last checkpoint and leaves no draft."""
    published.publish(log_of(3))
    published.follow()
    kept = published.state.read_bytes()
    published.publish(log_of(4))

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    result = published.run()
    assert (result.exit_code, result.stdout) == (3, "")
    assert "No space left on device" in result.stderr
    assert published.state.read_bytes() == kept
    assert sorted(path.name for path in published.state.parent.iterdir()) == ["public", "state"]


def test_the_command(published: Published) -> None:
    """Its last line has the result; it ends with 0, 3 or 5."""
    assert published.run().exit_code == 3
    published.publish(log_of(3))
    result = published.run()
    assert (result.exit_code, result.stdout) == (0, "log: 3 entries, consistent with 0\n")
    assert "the first checkpoint" in result.stderr
    published.publish(log_of(5))
    result = published.run()
    assert (result.exit_code, result.stdout, result.stderr) == (
        0,
        "log: 5 entries, consistent with 3\n",
        "",
    )
    published.publish(log_of(4))
    result = published.run()
    assert (result.exit_code, result.stdout) == (
        5,
        "log: the log is older than a known checkpoint (4 < 5)\n",
    )
    assert (
        command(
            "--directory",
            published.folder / "none",
            "--state",
            published.state,
            "--public-key",
            VKEY,
            "--once",
            "--unwitnessed",
        ).exit_code
        == 3
    )


def test_the_command_in_json(published: Published) -> None:
    """One object per line on stdout, errors on stderr."""
    leaves = log_of(3)
    published.publish(leaves, ONE)
    result = published.run("--witness", ONE.key, "--json", "--max-age", 10**10)
    assert json.loads(result.stdout) == {
        "size": 3,
        "root": b64encode(logs.checkpoint_of(leaves).root).decode(),
        "consistent_with": 0,
        "cosigned": [str(ONE.key)],
        "epoch": 1,
        "lost": [],
        "lost_proved": True,
    }
    result = published.run("--witness", TWO.key, "--json")
    error = {
        "code": "UNVERIFIED",
        "reason": "NOT_COSIGNED",
        "field": None,
        "text": "0 of 1 witnesses cosigned the checkpoint",
    }
    assert (result.exit_code, json.loads(result.stderr), result.stdout) == (5, {"error": error}, "")
    (published.folder / "checkpoint").unlink()
    result = published.run("--json")
    assert (result.exit_code, json.loads(result.stderr)["error"]["code"]) == (3, "UNAVAILABLE")


@pytest.mark.parametrize(
    "options",
    [
        ("--public-key", VKEY),
        ("--public-key", VKEY, "--directory", "x", "--url", "https://log.example/"),
        ("--public-key", "no key", "--directory", "x"),
        ("--public-key", str(ONE.key), "--directory", "x"),
        ("--public-key", VKEY, "--directory", "x", "--witness", "no key"),
        ("--public-key", VKEY, "--directory", "x", "--witness", VKEY),
        ("--public-key", VKEY, "--directory", "x", "--witness", str(ONE.key), "--quorum", "2"),
        ("--public-key", VKEY, "--directory", "x", "--max-age", "5"),
        ("--public-key", VKEY, "--url", "http://log.example/"),
    ],
)
def test_wrong_usage(options: tuple[str, ...], tmp_path: Path) -> None:
    """Invalid options end with 2."""
    assert command("--once", "--state", tmp_path / "state", *options).exit_code == 2


@pytest.fixture
def site() -> Iterator[Site]:
    """A running server without files."""
    with serving() as running:
        yield running


def test_over_http(site: Site, published: Published) -> None:
    """A website is followed like a folder, with caching disabled."""
    leaves = log_of(300)
    for size, before in ((7, 0), (300, 7)):
        published.publish(leaves[:size])
        site.files = files_of(published.folder)
        result = command(
            *("--url", site.url, "--state", published.state, "--public-key", VKEY, "--once"),
            "--unwitnessed",
            first=_SLOW,
        )
        assert (result.exit_code, result.stdout) == (0, f"log: {size} entries, consistent with {before}\n")
    assert ("/log/checkpoint", "no-cache") in site.asked


def test_what_a_website_may_not_do(site: Site) -> None:
    """Answers that are too long, too slow, too short, an error, or a redirect are refused."""
    files = LogWebsite(site.url, timeout=5)
    assert files.read("checkpoint", limit=9) is None
    site.files["/log/checkpoint"] = b"x" * 10
    assert files.read("checkpoint", limit=10) == b"x" * 10
    with pytest.raises(NotReachedError, match="longer than 9 bytes"):
        files.read("checkpoint", limit=9)
    site.lying = True
    with pytest.raises(NotReachedError, match="in the middle of a file"):
        files.read("checkpoint", limit=100)
    site.lying, site.status = False, 500
    with pytest.raises(NotReachedError, match="answers 500"):
        files.read("checkpoint", limit=10)
    site.status, site.redirect = 200, "https://elsewhere.example/checkpoint"
    with pytest.raises(NotReachedError, match=r"redirects elsewhere \(302\)"):
        files.read("checkpoint", limit=10)
    site.redirect, site.slow = "", True
    looks = count(step=5.0)
    with pytest.raises(NotReachedError, match="too slowly"):
        LogWebsite(site.url, timeout=20, clock=lambda: next(looks)).read("checkpoint", limit=10)


def test_a_website_that_is_away() -> None:
    """The server is down."""
    with serving() as site:
        url = site.url
    with pytest.raises(NotReachedError, match="cannot be read"):
        LogWebsite(url, timeout=1).read("checkpoint", limit=10)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "log.example",
        "file:///etc/passwd",
        "ftp://log.example/",
        "http://log.example/",
        "http://10.0.0.1/",
        "https://user@log.example/",
        "https://:secret@log.example/",
        "https://log.example/?a=b",
        "https://log.example/#a",
        "https:///log",
    ],
)
def test_what_is_no_url_of_a_public_directory(url: str) -> None:
    """Only https, and http on this host, without parts that a file's path could not follow."""
    with pytest.raises(UrlError):
        LogWebsite(url, timeout=1)


@pytest.mark.parametrize("url", ["https://log.example", "http://localhost:1/", "http://[::1]:1/x"])
def test_what_is_a_url(url: str) -> None:
    """With a slash at its end or without."""
    LogWebsite(url, timeout=1)


def test_a_file_that_is_too_long(published: Published) -> None:
    """A folder's files have the same limits."""
    (published.folder / "checkpoint").write_bytes(bytes(1_000_001))
    assert published.run().exit_code == 3


def test_it_goes_on_until_the_log_is_wrong(published: Published, site: Site) -> None:
    """Without --once it checks repeatedly, across outages, and ends when the log is refused."""
    results: list[Result] = []
    where = ("--url", site.url, "--state", published.state, "--public-key", VKEY, "--unwitnessed")
    thread = threading.Thread(target=lambda: results.append(command(*where, "--interval", 0.1, first=_SLOW)))

    def publish(size: int) -> None:
        published.publish(log_of(size))
        site.files = files_of(published.folder)

    def kept(expected: bytes) -> bool:
        return published.state.exists() and published.state.read_bytes() == expected

    thread.start()
    try:
        wait_for(lambda: len(site.asked) > 1)
        for size in (3, 5):
            publish(size)
            wait_for(partial(kept, logs.signed(log_of(size))))
    finally:
        publish(2)
        thread.join(20)
    [result] = results
    assert result.exit_code == 5
    lines = result.stdout.splitlines()
    assert "log: 5 entries, consistent with 3" in lines
    assert lines[-1] == "log: the log is older than a known checkpoint (2 < 5)"
    assert "the public directory has no checkpoint" in result.stderr


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_log_without_witnesses_is_followed_only_on_demand(published: Published) -> None:
    """The command needs witnesses, by key or by roster, or the explicit word that none are wanted."""
    published.publish(log_of(3))
    where = ("--directory", published.folder, "--state", published.state, "--public-key", VKEY, "--once")
    refused = command(*where)
    assert (refused.exit_code, "--unwitnessed" in refused.stderr) == (2, True)
    assert command(*where, "--unwitnessed").exit_code == 0


def _roster(folder: Path, threshold: int, *witnesses: Signer) -> Path:
    """Write a signed roster with these witnesses."""
    policy = WitnessPolicy(threshold, tuple((each.key.name, each.key.public_key) for each in witnesses))
    file = folder / "roster.json"
    made = people.signed(replace(people.roster(), witness=policy), *people.NAMES)
    file.write_bytes(made.to_bytes())
    return file


def test_the_roster_names_the_witnesses(published: Published, tmp_path: Path) -> None:
    """K of its witnesses must have cosigned within 15 minutes, without further options."""
    now = int(time.time())
    leaves = log_of(3)
    file = _roster(tmp_path, 2, ONE, TWO)
    where = ("--directory", published.folder, "--state", published.state, "--public-key", VKEY, "--once")
    for witnesses, age, code in (((ONE, TWO), 60, 0), ((ONE,), 60, 5), ((ONE, TWO), 960, 5)):
        raw = logs.signed(leaves, *witnesses, time=now - age)
        logs.write_folder(published.folder, leaves, raw)
        assert command(*where, "--roster", file).exit_code == code
    assert command(*where, "--roster", file, "--witness", ONE.key).exit_code == 2
    file.write_bytes(file.read_bytes().replace(b"custodian-a", b"custodian-x"))
    assert command(*where, "--roster", file).exit_code == 5
