"""The program by which the operator's console runs the commands of a development vault."""

import subprocess
import sys
from pathlib import Path

import pytest

from idvault_dev import commands_file

pytestmark = pytest.mark.process


def test_what_compares_with_now_runs_on_the_shifted_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Overview and doctor are given the clock file; other commands run as they are, with the settings."""
    fake, program, clock = tmp_path / "python", tmp_path / "idvault-work", tmp_path / "the clock"
    fake.write_text('#!/bin/sh\necho "$IDVAULT_KEYS|$*"\n')
    fake.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(fake))

    def run(*arguments: str) -> str:
        done = subprocess.run([program, *arguments], capture_output=True, text=True, check=True)
        return done.stdout.removeprefix("a b|-m idvault.processes.cli ").rstrip("\n")

    commands_file.write(program, {"IDVAULT_KEYS": "a b"}, clock_file=clock)
    assert run("--json", "overview") == f"--json overview --clock-file {clock}"
    assert run("doctor") == f"doctor --clock-file {clock}"
    assert run("keys", "list") == "keys list"
    commands_file.write(program, {"IDVAULT_KEYS": "a b"})
    assert run("doctor") == "doctor"
