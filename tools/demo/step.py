"""Helpers with which each step of the demo checks its results."""

import subprocess

from tools.support import programs


class StepError(Exception):
    """A step failed; the text holds no name and no number."""


class NotShownError(Exception):
    """This machine lacks what a step needs; the text says what."""


def check(condition: bool, text: str) -> None:
    """Raise StepError with the expectation unless the condition holds."""
    if not condition:
        raise StepError(text)


def client(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `idvault-client` to its end."""
    return programs.run(programs.CLIENT, *arguments)


def verifier(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `idvault-verify` to its end."""
    return programs.run(programs.VERIFY, *arguments)
