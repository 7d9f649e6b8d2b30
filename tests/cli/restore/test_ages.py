"""Copies of both databases of any age, after two accepted losses: each pair goes on, and old is called old.

The table: the main database, the shred database, each from one of seven times (tests.support.ages_world), and
the public directory there or lost. The way on is that of docs/operations.md ("Which copy, and the way on").
"""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from idvault_verify.commands.app import app as verify
from idvault_verify.commands.errors import ExitCode
from tests.support.ages_world import POINTS, SIGNERS, Ages, AgesWorld
from tests.support.commands import Commands
from tools.support.databases import Databases, Maker, SqliteMaker
from tools.support.log_world import KEY
from tools.support.sampling import sampled

FEW = ("lost-2", "left-3", "now")


@pytest.fixture
def world(ages: Ages, maker: Maker, databases: Databases, tmp_path: Path, idvault: Commands) -> AgesWorld:
    return ages.world(maker, databases, tmp_path, idvault)


@pytest.fixture
def sqlite_world(
    ages: Ages, sqlite_maker: SqliteMaker, sqlite_databases: Databases, tmp_path: Path, idvault: Commands
) -> AgesWorld:
    return ages.world(sqlite_maker, sqlite_databases, tmp_path, idvault)


def follow_log(world: AgesWorld, state: Path) -> None:
    where = ("follow-log", "--directory", world.public, "--state", state, "--once")
    trusted = ("--public-key", KEY, "--roster", world.folder / "roster.json", "--max-age", "1e12")
    found = CliRunner().invoke(verify, [str(each) for each in (*where, *trusted)])
    assert found.exit_code == 0, found.output


@pytest.mark.parametrize("public", [True, False], ids=["public-kept", "public-lost"])
@pytest.mark.parametrize(
    "main", [point if point == "now" else pytest.param(point, marks=pytest.mark.long) for point in POINTS]
)
def test_a_pair_of_any_ages_goes_on(world: AgesWorld, main: str, public: bool) -> None:
    """What is old is said, never that an entry is wrong; and everybody follows the log that goes on."""
    # PostgreSQL's rules are the same; its statements are tried at fewer ages.
    ages, turn = (POINTS, 0) if world.databases.kind == "sqlite" else (FEW, 1)
    for shred in sampled(ages, 1, turn=POINTS.index(main) + turn + 3 * (not public)):
        world.go_back(main, shred, public=public)
        _go_on(world, main, shred, public=public)


def _go_on(world: AgesWorld, main: str, shred: str, *, public: bool) -> None:
    old, older = world.copies[main], world.copies[shred]
    now = world.copies["now"]
    member = world.member(SIGNERS[0])
    options: list[object] = []
    with world.witness_served():
        found = world.idvault("restore", "--check")
        is_whole = main == shred == "now"
        assert (found.code, "log:" in found.err) == (ExitCode(not is_whole), False), (shred, found)
        known = 3 if public else max(old.epoch, older.epoch)
        if known < 3:
            # Nothing here knows of the last loss. Only the witness does, and it answers about its own epoch.
            told = "could not be asked" if older.epoch < known else "follows another epoch of the log"
            assert told in found.out, (shred, found)
            refused = world.idvault("restore", "--propose-loss", world.folder / "x", "--reason", "a disk")
            assert (refused.code, "--epochs" in refused.err) == (ExitCode.REFUSED, True), (shred, refused)
            options += ["--epochs", member / "epochs.json"]
            found = world.idvault("restore", "--check", *options)
            assert found.code == ExitCode.CHECK_FAILED, (shred, found)
        for name, copy in (("main", old), ("shred", older)):
            told = f"the {name} database is from before epoch {copy.epoch + 1} of the log began"
            assert (told in found.out) is (copy.epoch < 3), (shred, found)
        if main == "now":
            if shred != "now":
                accepted = world.idvault("restore", "--accept-lost-keys", *options)
                assert accepted.code == ExitCode.DONE, (shred, accepted)
        else:
            if not public and older.epoch < 3:
                refused = world.idvault(
                    "restore", "--propose-loss", world.folder / "x", "--reason", "a disk", *options
                )
                assert (refused.code, "--checkpoint" in refused.err) == (ExitCode.REFUSED, True), refused
                options += ["--checkpoint", member / "checkpoint"]
            path = world.propose(4, *options)
            assert json.loads(path.read_bytes())["seen"] == now.size
    if main != "now":
        world.accept(path, *options[: 2 if "--epochs" in options else 0])
    _everybody_follows(world)
    with world.witness_served():
        checked = world.idvault("restore", "--check")
        findings = [line for line in checked.out.splitlines() if line.startswith("restore: missing")]
        assert all("no shred key" in line for line in findings), (shred, checked)


def _everybody_follows(world: AgesWorld) -> None:
    """The worker signs and publishes; whoever saw a checkpoint at any time continues from it."""
    world.sign_up(1)
    for point in ("first", "lost-2", "lost-3", "now"):
        state = world.folder / "state"
        state.write_bytes(world.copies[point].note)
        follow_log(world, state)


def test_a_loss_before_anything_was_signed_in_the_new_epoch(sqlite_world: AgesWorld) -> None:
    """No checkpoint of it was cosigned: the witness is asked to cosign the one that it began with."""
    world = sqlite_world
    world.go_back("late", "late", public=True)
    path = world.propose(4)
    world.accept(path)
    # Everything is lost again before a process has started; the public directory shows the third epoch.
    world.go_back_again("left-3")
    again = ("--epochs", path)
    refused = world.idvault("restore", "--propose-loss", world.folder / "x", "--reason", "a disk", *again)
    assert (refused.code, "no checkpoint" in refused.err) == (ExitCode.REFUSED, True), refused
    with world.witness_served():
        later = world.propose(5, *again)
    assert json.loads(later.read_bytes())["seen"] == world.copies["late"].size
    world.accept(later, *again)
    _everybody_follows(world)


def test_an_accepted_loss_is_accepted_again(sqlite_world: AgesWorld) -> None:
    """The vault was lost again before anything happened, and the same copy was put back."""
    world = sqlite_world
    world.go_back("lost-3", "lost-3", public=True)
    path = world.propose(4)
    world.accept(path)
    world.go_back_again("lost-3")
    again = ("--epochs", path)
    with world.witness_served():
        refused = world.idvault("restore", "--propose-loss", world.folder / "x", "--reason", "a disk", *again)
    assert (refused.code, "repeat --accept-loss" in refused.err) == (ExitCode.REFUSED, True), refused
    assert world.idvault("restore", "--accept-loss", path).code == ExitCode.DONE
    _everybody_follows(world)
