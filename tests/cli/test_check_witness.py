"""`idvault check-config witness`: what a witness would refuse, by its option, without starting it."""

import socket
from datetime import UTC, datetime
from inspect import signature
from pathlib import Path

import pytest

from idvault.processes.cli import check_config, witness
from idvault.processes.witness.cosigner import WitnessState
from idvault.processes.witness.key import load_or_make
from idvault_dev.authority import Authority
from idvault_verify.commands.errors import ExitCode
from tests.support.commands import Commands, Result
from tests.support.witness_world import LOG, MAIN
from tools.support import merkle
from tools.support.chamber import first_roster

NAME = "witness.example/w1"
LISTEN = "127.0.0.1:0"


def check(idvault: Commands, state: Path, **options: object) -> Result:
    """Run the check with good options, and those given."""
    words: list[object] = []
    for name, value in {
        "log_key": LOG.key,
        "name": NAME,
        "listen": LISTEN,
        "metrics_listen": LISTEN,
        **options,
    }.items():
        words += [f"--{name.replace('_', '-')}", value] if value is not None else []
    return idvault("check-config", "witness", "--state", state, *words)


def faults(result: Result) -> dict[str, str]:
    """Return what was said of each option."""
    assert result.code == ExitCode.CHECK_FAILED, result
    lines = [line.removeprefix("check-config: ") for line in result.out.splitlines()]
    return {line.partition(" ")[0]: line.partition(" ")[2] for line in lines}


def test_a_witness_would_start(idvault: Commands, tmp_path: Path) -> None:
    """Before its first start nothing is made; later its own key and state are read."""
    folder = tmp_path / "w"
    assert check(idvault, folder).last == "check-config: witness: 6 checks passed"
    assert not folder.exists()
    state = WitnessState(folder)
    state.keep(MAIN.checkpoint(3))
    load_or_make(folder / "witness.key", name=NAME)
    assert faults(check(idvault, folder)) == {"--state": "is held by a witness that runs"}
    state.close()
    assert check(idvault, folder, name=None).code == ExitCode.DONE


def test_what_a_witness_would_refuse(idvault: Commands, tmp_path: Path) -> None:
    """Every fault is said in one run, each with its option."""
    folder = tmp_path / "w"
    state = WitnessState(folder)
    state.keep(MAIN.checkpoint(3))
    state.close()
    (file,) = (folder / "logs").iterdir()
    file.write_bytes(b"log.exam")
    load_or_make(folder / "witness.key", name="witness.example/w2")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found = faults(
            check(
                idvault,
                folder,
                log_key=merkle.witness(NAME, seed=9).key,
                listen=f"127.0.0.1:{taken.getsockname()[1]}",
                tls_key=tmp_path / "key.pem",
            )
        )
    assert found["--listen"].startswith("cannot be listened on")
    assert found["--tls-certificate"] == "and --tls-key belong together"
    assert "is the key of a witness, not of a log" in found["--log-key"]
    assert "is damaged: restore it" in found["--state"]
    assert "has a different name: witness.example/w2" in found["--name"]


def test_a_certificate_of_a_witness(idvault: Commands, tmp_path: Path) -> None:
    """A key that does not fit is named by its option."""
    now = datetime.now(UTC)
    authority = Authority.open(certificate=tmp_path / "ca.pem", key=tmp_path / "ca.key", now=now)
    for name in ("one", "two"):
        certificate, key = tmp_path / f"{name}.pem", tmp_path / f"{name}.key"
        authority.issue_server(hosts=["localhost"], certificate=certificate, key=key, now=now)
    certificate = tmp_path / "one.pem"
    good = check(idvault, tmp_path / "w", tls_certificate=certificate, tls_key=tmp_path / "one.key")
    assert good.code == ExitCode.DONE
    found = faults(
        check(idvault, tmp_path / "w", tls_certificate=certificate, tls_key=tmp_path / "two.key", name=None)
    )
    assert found == {
        "--tls-certificate": "--tls-key is not the unencrypted private key of this certificate",
        "--name": "cannot be used: a new witness needs a name, such as witness.example/w1",
    }


def test_it_takes_every_option_of_a_witness() -> None:
    """What stands behind ExecStart in a unit stands behind ExecStartPre, too, whatever the operator adds."""
    own, checked = (set(signature(each).parameters) for each in (witness.witness, check_config.check_config))
    assert own - checked == set()


def test_a_statement_and_a_retired_key(idvault: Commands, tmp_path: Path) -> None:
    """An epoch needs a roster that can be read, and a key that goes needs one that follows."""
    folder, ready = tmp_path / "w", tmp_path / "run" / "ready.json"
    options = {"epoch": tmp_path / "epochs.json", "ready_file": ready}
    found = faults(check(idvault, folder, **options))
    assert found == {
        "--epoch": "needs --roster: the custodians in it sign the statement",
        "--ready-file": "is not in a folder that this user may write to",
    }
    ready.parent.mkdir()
    (tmp_path / "roster.json").write_bytes(first_roster().to_bytes())
    options |= {"roster": tmp_path / "roster.json"}
    assert "cannot be read: No such file" in faults(check(idvault, folder, **options))["--epoch"]
    (tmp_path / "epochs.json").write_text("{}")
    assert "cannot be followed with --roster: " in faults(check(idvault, folder, **options))["--epoch"]
    retired = idvault(
        *("check-config", "witness", "--state", folder, "--log-key", LOG.key, "--name", NAME),
        *("--listen", LISTEN, "--metrics-listen", LISTEN, "--next-key", "--retire-key"),
    )
    assert faults(retired) == {
        "--retire-key": "finds no key in the place of this one: announce it with --next-key first"
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["witness"], "--state is missing"),
        (["witness", "--state", "w", "--listen", "here"], "--listen must be HOST:PORT"),
        (["work", "--log-key", "key"], "--log-key is an option of witness"),
        (["work", "--next-key"], "--next-key is an option of witness"),
        (["serve", "--roster", "r"], "--roster is an option of witness"),
    ],
)
def test_options_that_do_not_belong(idvault: Commands, words: list[str], said: str) -> None:
    """An option of the wrong process is wrong usage, and so is a missing folder."""
    result = idvault("check-config", *words)
    assert (result.code, said in result.err) == (ExitCode.WRONG_USAGE, True)
