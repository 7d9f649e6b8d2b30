"""Runs the commands of the vault's host, and keeps what they told for a few seconds.

- The console has no other way to the vault's databases, files and settings than the commands that the
  operator has anyway. So it can do nothing that the operator cannot do without it.
- They run on this machine or, over ssh, on the vault's host: what is passed on is quoted for its shell.
- What was told is asked for again after some seconds, and after each try of an act. So is a host that was
  away: each page that waited for it would hold up the next one.
"""

import json
import shlex
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from idvault_people.console.visit import Visit

KEPT = 20.0
"""For how many seconds something that was told is not asked for again."""
_PATIENCE = 120.0
DEFAULT = "idvault"
"""What runs the vault's commands if the operator names nothing else."""
_SSH = "ssh"
# ssh's own failures, most often that the host does not answer.
_NOT_REACHED = 255
# With those of a shell that does not find the program, or may not run it: then the host has answered.
_NOT_RUN = frozenset({_NOT_REACHED, 126, 127})
_DONE, _FAILED_CHECKS = 0, 1


@dataclass(frozen=True, slots=True)
class CommandEnd:
    """How a command ended. code: its exit code."""

    code: int
    out: str
    err: str


Run = Callable[[Sequence[str]], CommandEnd]


class CommandsAwayError(Exception):
    """The vault's commands cannot be run from here; the text says what the machine told.

    command: the words that should have run them, "" if the console was started without any. is_silent:
    these words ran, and no answer came of the host.
    """

    def __init__(self, text: str, command: str = "", *, is_silent: bool = False) -> None:
        """Keep all."""
        super().__init__(text)
        self.command = command
        self.is_silent = is_silent and bool(command)


class CommandRefusedError(Exception):
    """The vault's command refused or failed; the text is the command's own. reason: its published reason."""

    def __init__(self, text: str, reason: str) -> None:
        """Keep both."""
        super().__init__(text)
        self.reason = reason


def runner(words: Sequence[str], *, patience: float = _PATIENCE) -> Run:
    """Return what runs a command behind these words, such as `idvault`, or `ssh vault.example idvault-work`.

    patience: seconds for one command.
    """
    over_ssh, given = Path(words[0]).name == _SSH, "" if list(words) == [DEFAULT] else shlex.join(words)

    def run(arguments: Sequence[str]) -> CommandEnd:
        # ssh joins its arguments to a line that a shell reads.
        passed = [shlex.quote(each) for each in arguments] if over_ssh else list(arguments)
        try:
            done = subprocess.run(  # noqa: S603 - the operator's own command, without a shell
                [*words, *passed],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=patience,
                check=False,
                encoding="utf-8",
                errors="replace",
            )
        except subprocess.TimeoutExpired as error:
            raise CommandsAwayError(str(error), given, is_silent=True) from error
        except OSError as error:
            raise CommandsAwayError(str(error), given) from error
        if done.returncode in _NOT_RUN:
            text = _last(done.stderr) or f"exit code {done.returncode}"
            raise CommandsAwayError(text, given, is_silent=done.returncode == _NOT_REACHED)
        return CommandEnd(done.returncode, done.stdout, done.stderr)

    return run


@dataclass(frozen=True, slots=True)
class VaultState:
    """What `idvault overview` told: parts by name. A part that the vault could not read has a problem."""

    parts: Mapping[str, Any]

    def problem(self, name: str) -> str:
        """Return why a part could not be read, "" if it was."""
        found = self.parts.get(name)
        return str(found["problem"]) if isinstance(found, dict) and "problem" in found else ""

    def reason(self, name: str) -> str:
        """Return the kind of a part's problem, "" if it has none, or the vault's program names none."""
        found = self.parts.get(name)
        return str(found.get("reason", "")) if self.problem(name) and isinstance(found, dict) else ""

    def table(self, name: str) -> Mapping[str, Any]:
        """Return a part that has names, empty if it could not be read."""
        found = self.parts.get(name)
        return found if isinstance(found, dict) and "problem" not in found else {}

    def list(self, name: str) -> Sequence[Mapping[str, Any]]:
        """Return a part that is a list, empty if it could not be read."""
        found = self.parts.get(name)
        return found if isinstance(found, list) else ()


@dataclass(kw_only=True, eq=False)
class VaultCommands:
    """The commands of the vault's host. clock: seconds, never back.

    changes: how often something was changed, or the vault was to be asked anew. last: what it told last.
    """

    run: Run
    clock: Callable[[], float] = time.monotonic
    changes: int = 0
    last: VaultState | None = None
    _kept: dict[tuple[str, ...], tuple[float, list[Any] | CommandsAwayError]] = field(
        default_factory=dict, repr=False
    )

    def state(self) -> VaultState:
        """Return the state of the vault; raises CommandsAwayError, CommandRefusedError."""
        self.last = VaultState(dict(self._asked("overview")[0]))
        return self.last

    def findings(self) -> Sequence[Mapping[str, Any]]:
        """Run `doctor`; return its findings in its order. Takes seconds; raises as `state` does."""
        return self._told(("doctor",), accepts=(_DONE, _FAILED_CHECKS))

    def key_versions(self) -> Sequence[Mapping[str, Any]]:
        """Return the versions in the key file of the settings; raises as `state` does."""
        return self._asked("keys", "list")

    def act(self, *arguments: str) -> None:
        """Run a command that changes something; raises as `state` does."""
        # Before: the vault may have done what it could not tell.
        self.forget()
        end = self.run(("--json", *arguments))
        if end.code != _DONE:
            raise _refused(end)

    def forget(self) -> None:
        """Ask anew from now on."""
        self.changes += 1
        self._kept.clear()

    def _asked(self, *arguments: str) -> list[Any]:
        kept = self._kept.get(arguments)
        if kept is None or self.clock() - kept[0] >= KEPT:
            told = self._told_or_away(arguments)
            kept = self._kept[arguments] = (self.clock(), told)
        if isinstance(kept[1], CommandsAwayError):
            raise kept[1]
        return kept[1]

    def _told_or_away(self, arguments: tuple[str, ...]) -> list[Any] | CommandsAwayError:
        try:
            return self._told(arguments)
        except CommandsAwayError as error:
            return error

    def _told(self, arguments: tuple[str, ...], *, accepts: Sequence[int] = (_DONE,)) -> list[Any]:
        end = self.run(("--json", *arguments))
        if end.code not in accepts or (end.code != _DONE and not end.out):
            raise _refused(end)
        try:
            told = [json.loads(line) for line in end.out.splitlines() if line]
            if not all(isinstance(each, dict) for each in told) or (arguments == ("overview",) and not told):
                raise ValueError
        except ValueError:
            raise CommandsAwayError("what the command told was not understood") from None
        return told


def away(error: CommandsAwayError, visit: Visit) -> str:
    """Return what to do where the commands cannot be run: name them, or see to the host that was named."""
    if not error.command:
        return visit.say("commands_away")
    return visit.say("commands_silent" if error.is_silent else "commands_not_run", command=error.command)


def _refused(end: CommandEnd) -> CommandRefusedError:
    """Return the error that a command wrote as one JSON object, or else its last line."""
    for line in reversed(end.err.splitlines()):
        try:
            found = json.loads(line)["error"]
            return CommandRefusedError(str(found["text"]), str(found.get("reason", "")))
        except (ValueError, KeyError, TypeError):
            continue
    return CommandRefusedError(_last(end.err) or f"exit code {end.code}", "")


def _last(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
