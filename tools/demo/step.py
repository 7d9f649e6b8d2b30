"""Helpers with which each step of the demo checks its results."""

import subprocess
import sys
import traceback
from collections.abc import Callable, Sequence

from idvault.core.process import ProcessError
from idvault_client import VaultError
from tools.support import programs

DemoStep = tuple[str, Callable[[], None]]
"""Its name, and what it does."""


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


def run(steps: Sequence[DemoStep]) -> int:
    """Run every step until one fails; return the exit code. A step that is not shown is no failure."""
    skipped = 0
    for number, (name, step) in enumerate(steps, start=1):
        try:
            step()
        except NotShownError as error:
            skipped += 1
            print(f"skip {number} {name} ({error})", flush=True)
            continue
        except (StepError, ProcessError, VaultError) as error:
            print(error, file=sys.stderr)
        except Exception:  # whatever fails, the last line names the step
            traceback.print_exc()
        else:
            print(f"ok {number} {name}", flush=True)
            continue
        print(f"demo: step {number} failed: {name}", flush=True)
        return 1
    print(f"demo: {len(steps) - skipped} steps passed, {skipped} skipped", flush=True)
    return 0
