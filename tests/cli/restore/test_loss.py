"""From a restored pair to a log that everybody follows: propose, sign, follow, accept, and refusals."""

import json
import re
import shutil
import sqlite3
from base64 import b64encode
from contextlib import closing
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from idvault.log.acts.sequencing import sequence
from idvault_verify.attest import epoch as statements
from idvault_verify.commands.app import app as verify
from idvault_verify.commands.errors import ExitCode
from idvault_verify.offline.log import epochs
from idvault_verify.offline.log.files import LogFolder
from idvault_verify.offline.log.mirror import LogMirror
from idvault_verify.offline.proof import UnverifiedError
from idvault_verify.offline.report import ReportCheck
from idvault_verify.period import Period
from idvault_verify.report.figure import EDITION, EntryCount
from idvault_verify.report.provider import ProviderCount
from tests.support.commands import Commands
from tests.support.loss_world import POLICY, LossWorld
from tests.support.pair_world import PairWorld
from tools.support.databases import Databases
from tools.support.log_world import KEY, START
from tools.support.remnant_search import MarkedKeys


@pytest.fixture
def world(sqlite_databases: Databases, tmp_path: Path, idvault: Commands) -> LossWorld:
    return LossWorld(sqlite_databases, tmp_path, idvault)


def follow_log(world: LossWorld, state: Path, *options: str) -> tuple[int, str]:
    """Follow the public directory; return the exit code and the output."""
    where = ("follow-log", "--directory", world.public, "--state", state, "--public-key", KEY, "--once")
    chosen = options or ("--roster", str(world.folder / "roster.json"), "--max-age", "1e12")
    found = CliRunner().invoke(verify, [str(each) for each in (*where, *chosen)])
    return found.exit_code, found.output


def test_a_restored_vault_goes_on(world: LossWorld) -> None:
    """Each command says what it did; the statement says what is lost, by type, and who signed."""
    world.lose()
    checked = world.idvault("restore", "--check")
    assert checked.code == ExitCode.CHECK_FAILED
    for line in ("restore: lost: 2 verification:claim:open", "restore: lost: 2 verification:claim:settle"):
        assert line in checked.out.splitlines()
    path = world.propose()
    assert world.idvault("restore", "--accept-loss", path).code == ExitCode.REFUSED
    world.sign(path, "wang")
    refused = world.idvault("restore", "--accept-loss", path)
    assert (refused.code, "1 of its custodians signed, 2 are needed" in refused.err) == (4, True)
    world.sign(path, "zhang")
    shown = world.idvault("epoch", "show", path).out
    for line in (
        "seen       10 entries",
        "left       6 entries",
        "lost       2 verification:claim:open",
        "lost       2 verification:claim:settle",
        "reason     a synthetic disk failed",
        "signed by  wang, zhang",
    ):
        assert line in shown.splitlines()
    valid = world.idvault("epoch", "verify", path, "--roster", world.folder / "roster.json")
    assert re.fullmatch(r"epoch: statement of epoch 2, [0-9a-f]{64}, valid", valid.last)
    for change, why in (
        ({"seen": 5}, "seen must not be less than size"),
        ({"former": b64encode(b"x").decode()}, "the note has no signatures"),
        ({"seen": 8}, "quorum"),
    ):
        spoilt = world.folder / "spoilt.json"
        spoilt.write_text(json.dumps({**json.loads(path.read_bytes()), **change}), "utf-8")
        found = world.idvault("epoch", "verify", spoilt, "--roster", world.folder / "roster.json")
        assert (found.code, found.err != "") == (ExitCode.UNVERIFIED, True), why
    world.follow(path)
    accepted = world.idvault("restore", "--accept-loss", path)
    assert accepted.last == "restore: epoch 2 goes on from 6 entries; start the processes"
    assert world.idvault("restore", "--accept-loss", path).code == ExitCode.DONE
    world.sign_up(1)
    checked = world.idvault("restore", "--check")
    assert (checked.code, checked.last.partition(",")[0]) == (ExitCode.DONE, "restore: complete: 4 records")
    # The entry of the epoch, and those of the sign-up.
    assert "restore: main: 9 entries" in checked.out
    repeated = world.idvault("restore", "--propose-loss", path, "--reason", "again")
    assert repeated.code == ExitCode.REFUSED
    assert "no new epoch is needed" in repeated.err


def test_everybody_follows_and_shows_the_break(world: LossWorld) -> None:
    """A follower with a lost checkpoint, a new one, a mirror, an offline verification, and a member."""
    world.sign_up(1)
    early, late, fresh = (world.folder / name for name in ("early", "late", "fresh"))
    assert follow_log(world, early)[0] == 0
    mirror = LogMirror(
        files=LogFolder(world.public),
        folder=world.folder / "mirror",
        policy=POLICY,
        max_age=None,
        now=lambda: 0.0,
        versions=(world.roster,),
    )
    world.lose()
    shutil.copytree(world.public, world.folder / "before")
    assert follow_log(world, late)[0] == 0
    mirror.run()
    path = world.propose()
    world.sign(path, "wang", "li")
    world.follow(path)
    assert world.idvault("restore", "--accept-loss", path).code == ExitCode.DONE
    world.sign_up(1)
    for state, before, lost in ((early, 2, False), (late, 12, True), (fresh, 0, False)):
        code, output = follow_log(world, state)
        assert code == 0, output
        assert output.splitlines()[-1] == f"log: 11 entries, consistent with {before}"
        assert "epoch 2: the log had 12 entries and went on from 8 (epochs.json, " in output
        assert ("entries 8 to 11 of the last checkpoint here are lost" in output) is lost
    told = json.loads(follow_log(world, late, *_roster(world), "--json")[1])
    assert (told["epoch"], told["lost"]) == (2, [])
    copied = mirror.run()
    assert [(part.first, part.last) for part in copied.accepted.lost] == [(8, 12)]
    stated = ("--epochs", world.public / "epochs.json", "--roster", world.folder / "roster.json")
    bundle = ("log", "verify", "--bundle", world.folder / "mirror", "--public-key", KEY)
    # An epoch without a statement is refused everywhere.
    unstated = world.idvault(*bundle)
    assert (unstated.code, "no statement of its custodians" in unstated.out) == (ExitCode.UNVERIFIED, True)
    assert world.idvault(*bundle, *stated).code == ExitCode.DONE
    # Who kept a checkpoint of what is lost needs the statements to go on.
    kept = ("--checkpoint", world.folder / "before" / "checkpoint", "--public-key", KEY)
    whole = ("log", "verify", "--database", world.databases.main_url, *kept)
    assert world.idvault(*whole).code == ExitCode.UNVERIFIED
    assert world.idvault(*whole, *stated).code == ExitCode.DONE
    followed = world.idvault(
        "epoch", "follow", world.public / "epochs.json", "--identity", world.member("li")
    )
    assert followed.out.splitlines() == [
        "epoch: of the entries that you have seen, 8 to 11 are lost",
        "epoch: follows epoch 2",
    ]


def _roster(world: LossWorld) -> tuple[str, ...]:
    return ("--roster", str(world.folder / "roster.json"), "--max-age", "1e12")


def test_a_break_is_never_silent(world: LossWorld) -> None:
    """Without the statement, with one that too few signed, or without a roster, followers refuse it."""
    state = world.folder / "state"
    world.go_on()
    shutil.copy(world.member("li") / "checkpoint", state)
    kept = state.read_bytes()
    world.sign_up(1)
    epochs = world.public / "epochs.json"
    (found,) = statements.parse_chain(epochs.read_bytes())
    unsigned = statements.parse(json.dumps({**found.to_json(), "signatures": []}).encode())
    for content in (None, statements.encode_chain([unsigned])):
        epochs.unlink() if content is None else epochs.write_bytes(content)
        code, output = follow_log(world, state)
        assert (code, "epoch" in output) == (5, True), output
    epochs.write_bytes(statements.encode_chain([found]))
    assert follow_log(world, state, "--unwitnessed")[0] == 5
    assert state.read_bytes() == kept
    assert follow_log(world, state)[0] == 0


def test_a_custodian_signs_nothing_that_hides_entries(world: LossWorld) -> None:
    """A statement that denies what the custodian has seen is refused, and so is one of another log."""
    world.lose()
    path = world.propose()
    fields = json.loads(path.read_bytes())
    hidden = {**fields, "seen": 9}
    other = {**fields, "log": str(KEY).replace("log.example", "other.example")}
    for wrong in (
        hidden,
        other,
        {**fields, "epoch": 3, "previous": "a" * 64},
        {**fields, "roster": "a" * 64},
    ):
        path.write_text(json.dumps(wrong), "utf-8")
        refused = world.idvault(
            *("epoch", "sign", path, "--identity", world.member("wang")),
            *("--passphrase-file", world.passphrase),
        )
        assert refused.code == ExitCode.UNVERIFIED, wrong
        assert json.loads(path.read_bytes())["signatures"] == []


def test_a_statement_fits_only_the_entries_it_names(world: LossWorld) -> None:
    """If the database has changed since, the statement must be made again."""
    world.lose()
    path = world.propose()
    world.sign(path, "wang", "li")

    async def grow(pair: PairWorld) -> None:
        await pair.people.job(person=pair.people.person("another"))
        await sequence(pair.main, limit=10, now=START)

    world.run(grow)
    refused = world.idvault("restore", "--accept-loss", path)
    assert refused.code == ExitCode.REFUSED
    assert "propose it again" in refused.err


def test_an_older_shred_database_needs_no_new_epoch(world: LossWorld) -> None:
    """The log has everything: the loss of keys is logged, and the next checkpoint is signed."""
    world.lose("shred.sqlite3")
    refused = world.idvault("restore", "--propose-loss", world.folder / "x", "--reason", "a disk")
    assert "use --accept-lost-keys" in refused.err
    accepted = world.idvault("restore", "--accept-lost-keys")
    assert accepted.last == "restore: 2 records have no shred key; start the processes", accepted
    world.sign_up(1)
    assert follow_log(world, world.member("li") / "checkpoint")[0] == 0
    found = world.idvault("restore", "--check")
    assert found.code == ExitCode.CHECK_FAILED
    assert "2 records have no shred key" in found.out


def test_lost_entries_are_not_accepted_as_lost_keys(world: LossWorld) -> None:
    """The main database must have everything that anybody has seen."""
    world.lose()
    refused = world.idvault("restore", "--accept-lost-keys")
    assert refused.code == ExitCode.REFUSED
    assert "custodians must sign" in refused.err


def test_a_report_of_lost_entries_is_not_called_forged(world: LossWorld) -> None:
    """Its check says that the log has lost what it covers, once it knows the statement of the epoch."""
    world.go_on()
    named = (world.member("li") / "checkpoint").read_bytes()
    world.sign_up(1)
    with pytest.raises(UnverifiedError) as unknown:
        ReportCheck(files=LogFolder(world.public), policy=POLICY)._published()
    assert unknown.value.reason == "EPOCH_INVALID"
    listed = epochs.parse((world.public / "epochs.json").read_bytes())
    breaks = epochs.verified(listed, versions=(world.roster,), log_key=POLICY.log_keys[0])
    check = ReportCheck(files=LogFolder(world.public), policy=POLICY, breaks=breaks)
    period, zone = Period(date(2026, 3, 1), date(2026, 3, 31)), ZoneInfo("UTC")
    within, beyond = (EntryCount(period, zone=zone) for _ in range(2))
    providers = ProviderCount(period, zone=zone, edition=EDITION)
    with pytest.raises(UnverifiedError) as caught:
        check._count(check._verified(named, POLICY).checkpoint, check._published(), within, beyond, providers)
    assert caught.value.reason == "ENTRIES_LOST"


def test_keys_of_erased_accounts_do_not_come_back(world: LossWorld) -> None:
    """An older shred database has the key of an account erased since: it is told, and destroyed again."""
    (gone, *_) = world.sign_up(2)
    assert world.idvault("backup", world.folder / "backup").code == ExitCode.DONE
    world.run(lambda pair: pair.destroy(gone))
    world.sign_up(1)
    world.restore("shred.sqlite3")
    told = json.loads(world.idvault("restore", "--check", "--json").out)
    assert told["key_of_erased"] == [gone]
    assert any("1 erased account has its shred key again" in each for each in told["missing"])
    assert world.idvault("restore", "--accept-lost-keys").code == ExitCode.DONE
    assert json.loads(world.idvault("restore", "--check", "--json").out)["key_of_erased"] == []


def test_keys_of_destroyed_versions_that_came_back(world: LossWorld) -> None:
    """The shred database of before has the key of a former version; it is deleted with the acceptance."""
    (token, *_) = world.sign_up(2)
    shred = Path(world.databases.shred_url.removeprefix("sqlite:///"))
    version = (token, "9" * 32, b"9" * 32)
    with closing(sqlite3.connect(shred)) as database:
        database.execute("INSERT INTO record_keys VALUES (?, ?, ?)", version)
        database.commit()
    assert world.idvault("backup", world.folder / "backup").code == ExitCode.DONE
    with closing(sqlite3.connect(shred)) as database:
        database.execute("DELETE FROM record_keys WHERE record_id = ?", version[1:2])
        database.commit()
    world.sign_up(1)
    world.restore("shred.sqlite3")
    assert world.idvault("restore", "--accept-lost-keys").code == ExitCode.DONE
    with closing(sqlite3.connect(shred)) as database:
        kept = database.execute("SELECT record_id, shred_key FROM record_keys ORDER BY record_id").fetchall()
    assert dict(kept)["9" * 32] == bytes(32)
    assert sum(key != bytes(32) for _, key in kept) == 2


def test_no_file_keeps_a_key_that_came_back(world: LossWorld) -> None:
    """While a reader keeps the write-ahead log, the command says so, and a repeat ends what it began."""
    (gone, *_) = world.sign_up(2)
    keys = MarkedKeys()
    shred = Path(world.databases.shred_url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(shred)) as database:
        keys.add(gone, keys.make())
        found = "UPDATE record_keys SET shred_key = ? WHERE account_token = ?"
        assert database.execute(found, (keys.by_name[gone], gone)).rowcount == 1
        database.commit()
    assert world.idvault("backup", world.folder / "backup").code == ExitCode.DONE
    world.run(lambda pair: pair.destroy(gone))
    world.restore("shred.sqlite3")
    assert shred.name in keys.found([shred.parent])[gone]
    with closing(sqlite3.connect(shred, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM record_keys").fetchall()
        refused = world.idvault("restore", "--accept-lost-keys")
        assert (refused.code, "files still hold them" in refused.err) == (ExitCode.REFUSED, True), refused
    assert world.idvault("restore", "--accept-lost-keys").code == ExitCode.DONE
    kept = {name for name in keys.found([shred.parent]).get(gone, set()) if not name.startswith("backup")}
    assert kept == set()
