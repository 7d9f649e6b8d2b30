"""The drill of several losses: two and three, with members away in between and a roster that changes.

In each epoch people sign up, a backup is made, more people sign up, and the backup of both databases is put
back. Every client goes on: custodians who sign, a member who was away all the time, a new one, the witness,
clients that follow the log, a mirror and the verification of the whole log.
"""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from idvault_verify.commands.app import app as verify
from idvault_verify.commands.errors import ExitCode
from idvault_verify.offline.log.files import LogFolder
from idvault_verify.offline.log.mirror import LogMirror
from tests.support.commands import Commands
from tests.support.loss_world import POLICY, LossWorld
from tools.support.databases import Databases
from tools.support.log_world import KEY

LOSSES = (2, 3, 4)
"""The epoch that each loss begins."""


@pytest.fixture
def world(sqlite_databases: Databases, tmp_path: Path, idvault: Commands) -> LossWorld:
    return LossWorld(sqlite_databases, tmp_path, idvault)


def follow_log(world: LossWorld, name: str, *, epochs: int) -> None:
    """Let a client follow the log, with a file of its own."""
    where = ("follow-log", "--directory", world.public, "--state", world.folder / name, "--once")
    trusted = ("--public-key", KEY, "--roster", world.folder / "roster.json", "--max-age", "1e12")
    found = CliRunner().invoke(verify, [str(each) for each in (*where, *trusted)])
    assert found.exit_code == 0, found.output
    assert found.output.count("went on from") == epochs


def mirror(world: LossWorld) -> None:
    """Copy the public directory, in the folder mirror."""
    LogMirror(
        files=LogFolder(world.public),
        folder=world.folder / "mirror",
        policy=POLICY,
        max_age=None,
        now=lambda: 0.0,
        versions=tuple(world.versions),
    ).run()


def follow(world: LossWorld, name: str, file: Path, *options: object) -> list[str]:
    """Let a member follow statements; return what the command says."""
    followed = world.idvault("epoch", "follow", file, "--identity", world.member(name), *options)
    assert followed.code == ExitCode.DONE, followed.err
    return followed.out.splitlines()


def lose(world: LossWorld, number: int, *, seen: tuple[str, ...]) -> Path:
    """Lose two people's entries, and propose the statement. seen: members who saw what is lost."""
    world.sign_up(2)
    backup = f"backup-{number}"
    assert world.idvault("backup", world.folder / backup).code == 0
    world.sign_up(2)
    for name in seen:
        shutil.copy(world.public / "checkpoint", world.member(name) / "checkpoint")
    world.restore("main.sqlite3", "shred.sqlite3", backup=backup)
    return world.propose(number)


def go_on(world: LossWorld, path: Path, *signers: str) -> None:
    world.sign(path, *signers)
    world.follow(path)
    accepted = world.idvault("restore", "--accept-loss", path)
    assert accepted.code == 0, accepted.err


@pytest.mark.parametrize("changed", [None, 2, 3], ids=["one-roster", "new-after-2", "new-after-3"])
@pytest.mark.parametrize("looks", [False, True], ids=["no-checkpoint-between", "a-checkpoint-between"])
def test_every_client_goes_on_after_three_losses(world: LossWorld, looks: bool, changed: int | None) -> None:
    """Whether a custodian's client saw a checkpoint of the epoch before, and whoever was away."""
    signers, everybody = ("wang", "li"), ("wang", "li", "zhang")
    world.sign_up(1)
    follow_log(world, "early", epochs=0)
    mirror(world)
    for number in LOSSES:
        first = number == LOSSES[0]
        path = lose(world, number, seen=everybody if first else signers if looks else ())
        follow_log(world, f"late-{number}", epochs=number - 2)
        go_on(world, path, *signers)
        for name in signers:
            follow(world, name, path)
        if changed == number:
            # Entries of the new epoch are published, so there is a checkpoint that vouches for its statement.
            world.sign_up(1)
            world.replace_custodian("li", "zhao")
            for name in ("wang", "zhao"):
                world.pin(name)
            shown = ("--checkpoint", world.public / "checkpoint")
            follow(world, "zhao", world.public / "epochs.json", *shown)
            signers = ("wang", "zhao")
    world.sign_up(1)
    # A member who was away since before the first loss.
    world.pin("zhang")
    epochs = world.public / "epochs.json"
    told = follow(world, "zhang", epochs)
    assert [line for line in told if "follows" in line] == [f"epoch: follows epoch {each}" for each in LOSSES]
    assert "epoch: of the entries that you have seen, 6 to 9 are lost" in told
    assert (world.member("zhang") / "checkpoint.epoch-1").exists()
    # One who has seen nothing yet.
    (world.folder / "people" / "new").mkdir()
    world.pin("new")
    follow(world, "new", epochs)
    for name in ("early", *(f"late-{number}" for number in LOSSES), "fresh"):
        follow_log(world, name, epochs=len(LOSSES))
    mirror(world)
    bundle = ("log", "verify", "--bundle", world.folder / "mirror", "--public-key", KEY)
    kept = ("--checkpoint", world.member("zhang") / "checkpoint.epoch-1")
    statements = ("--epochs", epochs, "--roster", world.folder / "roster.json")
    verified = world.idvault(*bundle, *kept, *statements)
    assert verified.code == ExitCode.DONE, verified.err
    checked = world.idvault("restore", "--check")
    assert checked.code == ExitCode.DONE, checked.out


def test_former_custodians_begin_no_epoch(world: LossWorld) -> None:
    """Their statement is refused by members and witnesses of a later roster, whoever shows it."""
    path = lose(world, 2, seen=("wang", "li", "zhang"))
    world.sign(path, "wang", "li")
    world.replace_custodian("li", "zhao")
    for name in ("wang", "zhang"):
        world.pin(name)
        refused = world.idvault("epoch", "follow", path, "--identity", world.member(name))
        assert (refused.code, "former version of the roster" in refused.err) == (5, True), refused.err
        # The public checkpoint is of the epoch before: no witness in force has followed the statement.
        shown = ("--checkpoint", world.public / "checkpoint")
        refused = world.idvault("epoch", "follow", path, "--identity", world.member(name), *shown)
        assert (refused.code, "is not of epoch 2" in refused.err) == (5, True), refused.err
        assert not (world.member(name) / "epochs.json").exists()
    refused = world.idvault("restore", "--accept-loss", path)
    assert (refused.code, "another version of the roster" in refused.err) == (ExitCode.REFUSED, True)
