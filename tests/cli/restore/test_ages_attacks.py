"""What statements from several places do not hide: a changed entry, a forged loss, a rollback."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from idvault.log.acts import epoch as log_epoch
from idvault.log.acts.epoch import EpochConflictError, EpochOlderError
from idvault.log.acts.sequencing import LogRefusedError
from idvault_verify.attest import epoch as statements
from idvault_verify.attest.epoch import EpochStatement
from idvault_verify.commands.errors import ExitCode
from idvault_verify.transparency.tree import CompactRange, leaf_hash
from tests.support.ages_world import SIGNERS, Ages, AgesWorld, Rows
from tests.support.commands import Commands
from tests.support.pair_world import PairWorld
from tools.support.databases import Databases, SqliteMaker


@pytest.fixture
def world(
    ages: Ages, sqlite_maker: SqliteMaker, sqlite_databases: Databases, tmp_path: Path, idvault: Commands
) -> AgesWorld:
    return ages.world(sqlite_maker, sqlite_databases, tmp_path, idvault)


def refused(world: AgesWorld, *options: object, why: str) -> None:
    """Every command that lets a vault go on refuses with exit code 5, and says why."""
    commands = (
        ("--check",),
        ("--propose-loss", world.folder / "x", "--reason", "a disk"),
        ("--accept-lost-keys",),
        ("--accept-loss", world.folder / "epoch-3.json"),
    )
    for command in commands:
        done = world.idvault("restore", *command, *options)
        assert (done.code, why in done.err) == (ExitCode.UNVERIFIED, True), (command, done)


def changed(main: Rows, index: int) -> Rows:
    """Return a main database with another entry, whose hashes are computed anew."""
    made = copy.deepcopy(main)
    placed = [row for row in made["log_entries"] if row["log_index"] is not None]
    placed.sort(key=lambda row: int(row["log_index"]))
    placed[index]["leaf"] = placed[index - 1]["leaf"]
    tree = CompactRange()
    for row, node in zip(
        placed, sorted(made["log_nodes"], key=lambda one: int(one["node_index"])), strict=True
    ):
        node["hash"] = leaf_hash(row["leaf"])
        tree.append(node["hash"])
    made["log_head"][0]["tree"] = tree.to_bytes()
    return made


@pytest.mark.parametrize("public", [True, False], ids=["public-kept", "public-lost"])
@pytest.mark.parametrize(
    ("main", "shred", "index"),
    [
        ("now", "now", 13),
        ("now", "lost-2", 2),
        ("late", "lost-3", 8),
        ("left-3", "now", 8),
        ("lost-3", "lost-3", 10),
        ("lost-2", "lost-2", 7),
        ("first", "first", 3),
    ],
)
def test_a_changed_entry_is_found_at_any_age(
    world: AgesWorld, main: str, shred: str, index: int, public: bool
) -> None:
    """Also among the entries that a statement counts as lost, if a checkpoint of their time covers them."""
    world.go_back(main, shred, public=public)
    epochs = ("--epochs", world.member(SIGNERS[0]) / "epochs.json")
    checkpoint = ("--checkpoint", world.member(SIGNERS[0]) / "checkpoint")
    world.put(changed(world.copies[main].main, index), world.copies[shred].shred)
    done = world.idvault("restore", "--check", *epochs, *checkpoint)
    assert (done.code, "restore: log: entry" in done.err) == (ExitCode.UNVERIFIED, True), done


def _unsigned(world: AgesWorld, chain: tuple[EpochStatement, ...]) -> tuple[EpochStatement, ...]:
    last = chain[-1]
    return (*chain, replace(last, epoch=4, previous=last.digest(), signatures=()))


def _altered(world: AgesWorld, chain: tuple[EpochStatement, ...]) -> tuple[EpochStatement, ...]:
    return (chain[0], replace(chain[1], seen=chain[1].seen + 1))


def _other(world: AgesWorld, chain: tuple[EpochStatement, ...]) -> tuple[EpochStatement, ...]:
    """Another statement for the third epoch, which custodians have signed."""
    made = replace(chain[1], reason="another reason", signatures=())
    for name in SIGNERS:
        made = statements.sign(made, name=name, signer=world.identities[name].sign, roster=world.roster)
    return (chain[0], made)


FORGERIES = [
    pytest.param(_unsigned, "0 of its custodians signed", id="nobody-signed"),
    pytest.param(_altered, "does not verify", id="altered"),
    pytest.param(_other, "two statements for epoch 3", id="two-statements"),
]
Forgery = Callable[[AgesWorld, tuple[EpochStatement, ...]], tuple[EpochStatement, ...]]


@pytest.mark.parametrize("place", ["public", "main", "shred", "given"])
@pytest.mark.parametrize(("forge", "why"), FORGERIES)
@pytest.mark.parametrize("main", ["now", "late"])
def test_a_forged_statement_is_refused(
    world: AgesWorld, main: str, place: str, forge: Forgery, why: str
) -> None:
    """Wherever it is; the error names the place. Another copy without it does not make it true."""
    world.go_back(main, "now", public=True)
    chain = statements.parse_chain((world.public / "epochs.json").read_bytes())
    content = statements.encode_chain(forge(world, chain))
    options: tuple[object, ...] = ()
    rows, notes = copy.deepcopy(world.copies[main].main), copy.deepcopy(world.copies["now"].shred)
    if place == "public":
        (world.public / "epochs.json").write_bytes(content)
    elif place == "given":
        (world.folder / "given.json").write_bytes(content)
        options = ("--epochs", world.folder / "given.json")
    elif place == "main":
        rows["log_statements"][0]["statements"] = content
    else:
        (row,) = (each for each in notes["log_checkpoints"] if each["name"] == "epochs")
        row["note"] = content
    world.put(rows, notes)
    refused(world, *options, why=why)
    named = {"public": "the public epochs.json", "main": "the main database", "given": "given.json"}
    done = world.idvault("restore", "--check", *options)
    assert named.get(place, "the shred database") in done.err


def test_a_public_file_that_is_none_is_named(world: AgesWorld) -> None:
    """It is no statement of anything; without it the databases' own are enough."""
    world.go_back("late", "now", public=True)
    (world.public / "epochs.json").write_bytes(b"no statements")
    refused(world, why="the public epochs.json")
    (world.public / "epochs.json").unlink()
    assert world.idvault("restore", "--check").code == ExitCode.CHECK_FAILED


def test_without_a_roster_nothing_from_outside_is_taken(world: AgesWorld) -> None:
    """The check says which setting is missing: the custodians in the roster signed."""
    world.go_back("late", "late", public=False)
    epochs = ("--epochs", world.member(SIGNERS[0]) / "epochs.json")
    world.idvault.set(ROSTER="")
    assert world.idvault("restore", "--check", *epochs).code == ExitCode.DONE
    world.go_back("left-2", "left-2", public=False)
    done = world.idvault("restore", "--check", *epochs)
    assert (done.code, "IDVAULT_ROSTER is missing" in done.err) == (ExitCode.UNVERIFIED, True), done


def test_an_epoch_cannot_be_begun_again_to_hide_what_came_after(world: AgesWorld) -> None:
    """Its statement fits the copy that it was signed for; the witness has seen what came after."""
    world.go_back("left-3", "left-3", public=False)
    accepted = world.idvault("restore", "--accept-loss", world.folder / "epoch-3.json")
    assert accepted.code == ExitCode.DONE, accepted
    with pytest.raises(LogRefusedError, match="older than the witnessed checkpoint"):
        world.sign_up(1)
    with world.witness_served():
        checked = world.idvault("restore", "--check")
        assert "the main database is older than the log" in checked.out, checked


def test_lost_keys_do_not_hide_lost_entries(world: AgesWorld) -> None:
    """The witness is asked with the main database's own checkpoint, whatever the shred database has."""
    for shred in ("first", "lost-3", "late"):
        world.go_back("late", shred, public=False)
        with world.witness_served():
            done = world.idvault("restore", "--accept-lost-keys")
            assert (done.code, "custodians must sign" in done.err) == (ExitCode.REFUSED, True), done


def test_custodians_do_not_sign_for_an_epoch_twice(world: AgesWorld) -> None:
    """An operator who hides that there was a loss gets a statement for an epoch that they have followed."""
    world.go_back("left-2", "left-2", public=False)
    (world.folder / "old").write_bytes(world.copies["lost-2"].note)
    path = world.propose(2, "--checkpoint", world.folder / "old")
    assert json.loads(path.read_bytes())["epoch"] == 2
    signed = world.idvault(
        *("epoch", "sign", path, "--identity", world.member(SIGNERS[0])),
        *("--passphrase-file", world.passphrase),
    )
    assert (signed.code, "two statements for epoch 2" in signed.err) == (ExitCode.UNVERIFIED, True), signed


def test_no_process_starts_on_databases_of_two_epochs(world: AgesWorld) -> None:
    """Whichever is older is named; statements that contradict each other are no matter of age."""

    async def check(pair: PairWorld) -> None:
        await log_epoch.check_ages(pair.main, pair.shred)

    for main, shred, named in (
        ("now", "left-2", "the shred database is from before epoch 2"),
        ("now", "lost-3", "the shred database is from before epoch 3"),
        ("first", "now", "the main database is from before epoch 2"),
        ("lost-3", "late", "the main database is from before epoch 3"),
    ):
        world.go_back(main, shred, public=True)
        with pytest.raises(EpochOlderError, match=named):
            world.run(check)
    for pair in (("now", "late"), ("late", "now"), ("first", "lost-2")):
        world.go_back(*pair, public=True)
        world.run(check)
    rows = copy.deepcopy(world.copies["now"].main)
    chain = statements.parse_chain(rows["log_statements"][0]["statements"])
    rows["log_statements"][0]["statements"] = statements.encode_chain(_other(world, chain))
    world.put(rows, world.copies["now"].shred)
    with pytest.raises(EpochConflictError, match="two statements for epoch 3"):
        world.run(check)
