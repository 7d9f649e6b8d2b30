"""A vault loses entries by a restore, and goes on in a new epoch that its custodians sign for."""

import shutil
from pathlib import Path

from idvault.cli.dev import members
from idvault.development.layout import CUSTODIANS, PASSPHRASE, WITNESS_NAME, Layout
from idvault.transparency import checkpoint, epoch, note
from tests.support import programs
from tests.support.house import House
from tests.support.sandbox import verify, wait_for

_ENTRIES = "select count(*) from log_entries"


def _published(house: House) -> checkpoint.Checkpoint:
    raw = (Path(house.ready["public"]) / "checkpoint").read_bytes()
    return checkpoint.parse(note.parse(raw).text)


def _enrol(house: House, count: int) -> None:
    """Sign up people, and wait until everything is cosigned and published."""
    with house.vault() as vault:
        for _ in range(count):
            assert verify(vault, house.registry.newcomer()).succeeded
    assert wait_for(lambda: house.query(_ENTRIES) == [(_published(house).size,)])


def _follow(house: House, statement: Path) -> None:
    """Restart the witness with the statement, as its operator does; it is stopped again once it listens."""
    layout, ready = Layout(house.state), house.folder / "witness.json"
    process = programs.start(
        programs.VAULT,
        *("witness", "--state", layout.witness, "--name", WITNESS_NAME, "--listen", "127.0.0.1:0"),
        *("--log-key", house.ready["log"]["public_key"], "--ready-file", ready),
        *("--epoch", statement, "--roster", layout.roster),
    )
    try:
        assert wait_for(ready.exists)
    finally:
        process.kill()
        process.communicate()


def test_a_restored_vault_serves_again(own_house: House, tmp_path: Path) -> None:
    """Refused at first; with two signatures and the witness it starts, signs people up, and publishes."""
    _enrol(own_house, 1)
    members.connect(own_house.ready, CUSTODIANS)
    assert own_house.session.stop() == 0
    done = own_house.command("backup", tmp_path / "backup")
    assert done.returncode == 0, done.stderr
    own_house.start()
    _enrol(own_house, 2)
    lost = _published(own_house).size
    assert own_house.session.stop() == 0
    for name in ("main.sqlite3", "shred.sqlite3"):
        for beside in own_house.state.glob(f"{name}*"):
            beside.unlink()
        shutil.copy(tmp_path / "backup" / name, own_house.state / name)
    path, words = tmp_path / "epoch-2.json", tmp_path / "words"
    words.write_bytes(PASSPHRASE)
    steps: list[tuple[object, ...]] = [
        ("restore", "--propose-loss", path, "--reason", "a synthetic disk failed")
    ]
    for name in CUSTODIANS[:2]:
        identity = Layout(own_house.state).people / name
        steps.append(("epoch", "sign", path, "--identity", identity, "--passphrase-file", words))
    for step in steps:
        done = own_house.command(*step)
        assert done.returncode == 0, done.stderr
    _follow(own_house, path)
    done = own_house.command("restore", "--accept-loss", path)
    assert done.returncode == 0, done.stderr
    own_house.start()
    _enrol(own_house, 1)
    shown = _published(own_house)
    assert (epoch.of(shown).number, shown.size < lost) == (2, True)
    done = own_house.command("restore", "--check")
    assert "restore: complete: 2 records" in done.stdout, done.stdout + done.stderr
