"""How the console runs the vault's commands: here, over ssh, and what it makes of their ends."""

import shlex
import sys
from pathlib import Path

import pytest

from idvault_people.console.operator import vault_commands
from idvault_people.console.operator.vault_commands import (
    CommandEnd,
    CommandRefusedError,
    CommandsAwayError,
    VaultCommands,
)

STRANGE = ("a b", "$(touch x)", "'; exit 3 #", "é", "")
ECHO = "import json, sys; print(json.dumps({'given': sys.argv[1:]}))"

pytestmark = pytest.mark.process


def test_arguments_arrive_as_they_are() -> None:
    """Here they are passed without a shell."""
    end = vault_commands.runner([sys.executable, "-c", ECHO])(STRANGE)
    assert (end.code, end.out) == (0, f"{_given()}\n")


def test_arguments_are_quoted_for_the_shell_of_another_host(tmp_path: Path) -> None:
    """What ssh joins to a line arrives as it was: nothing in it is a command."""
    fake = tmp_path / "ssh"
    fake.write_text('#!/bin/sh\nshift\nexec sh -c "$*"\n')
    fake.chmod(0o700)
    words = [str(fake), "vault.example", sys.executable, "-c", shlex.quote(ECHO)]
    end = vault_commands.runner(words)(STRANGE)
    assert (end.code, end.out, end.err) == (0, f"{_given()}\n", "")
    assert not Path("x").exists()


def _given() -> str:
    return '{"given": ["a b", "$(touch x)", "\'; exit 3 #", "\\u00e9", ""]}'


@pytest.mark.parametrize(
    ("words", "is_silent"),
    [
        (["/no/such/program"], False),
        ([sys.executable, "-c", "import sys; sys.exit(255)"], True),
        ([sys.executable, "-c", "import sys; sys.exit(126)"], False),
        ([sys.executable, "-c", "import sys; sys.exit(127)"], False),
    ],
)
def test_a_program_that_does_not_run(words: list[str], is_silent: bool) -> None:
    """Neither a missing program nor a host that ssh does not reach is a refusal; only the host is silent."""
    with pytest.raises(CommandsAwayError) as away:
        vault_commands.runner(words)(["overview"])
    assert (away.value.command, away.value.is_silent) == (shlex.join(words), is_silent)


def test_a_program_that_does_not_end() -> None:
    """It is given up in time."""
    run = vault_commands.runner([sys.executable, "-c", "import time; time.sleep(60)"], patience=0.2)
    with pytest.raises(CommandsAwayError) as away:
        run(["overview"])
    assert away.value.is_silent
    assert not CommandsAwayError("timed out", is_silent=True).is_silent  # no other host was asked


def test_a_host_that_was_away_is_not_asked_at_once() -> None:
    """For some seconds it is told again, so that no page waits for it, until somebody asks anew or acts."""
    asked: list[object] = []
    time = 0.0

    def run(arguments: object) -> CommandEnd:
        asked.append(arguments)
        raise CommandsAwayError("timed out", "ssh vault.example", is_silent=True)

    commands = VaultCommands(run=run, clock=lambda: time)
    for later, count in ((0.0, 1), (vault_commands.KEPT - 1, 1), (vault_commands.KEPT, 2)):
        time = later
        with pytest.raises(CommandsAwayError, match="timed out"):
            commands.state()
        assert len(asked) == count
    commands.forget()
    with pytest.raises(CommandsAwayError):
        commands.state()
    assert len(asked) == 3


def test_findings_come_with_a_failed_check() -> None:
    """Exit code 1 of `doctor` is an answer; without output it is none, and of others it is a refusal."""
    told = CommandEnd(1, '{"check": "disk", "passed": false}\n', "")
    commands = VaultCommands(run=lambda _: told)
    assert commands.findings() == [{"check": "disk", "passed": False}]
    for end in (CommandEnd(1, "", "broken"), CommandEnd(2, "{}", "broken")):
        with pytest.raises(CommandRefusedError, match="broken"):
            VaultCommands(run=lambda _, end=end: end).findings()  # type: ignore[misc]
    with pytest.raises(CommandRefusedError):
        VaultCommands(run=lambda _: told).key_versions()


def test_the_refusal_of_a_command_is_read() -> None:
    """The JSON object on its stderr, or else the last line, or else the exit code."""
    told = '{"error": {"text": "the key is missing", "reason": "KEY"}}'
    for err, text, reason in (
        (f"x\n{told}\n", "the key is missing", "KEY"),
        ("a\nb\n", "b", ""),
        ("", "4", ""),
    ):
        commands = VaultCommands(run=lambda _, err=err: CommandEnd(4, "", err))  # type: ignore[misc]
        with pytest.raises(CommandRefusedError, match=text) as caught:
            commands.act("platform", "revoke", "im")
        assert caught.value.reason == reason


@pytest.mark.parametrize("out", ["", "[]", "{", '"x"'])
def test_what_is_not_understood_is_no_state(out: str) -> None:
    """Another program's output is not shown as the vault's state."""
    with pytest.raises(CommandsAwayError):
        VaultCommands(run=lambda _: CommandEnd(0, out, "")).state()
