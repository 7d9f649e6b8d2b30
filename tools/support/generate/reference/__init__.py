"""Generates docs/reference.md from the program: commands, settings, exit codes, metrics, events."""

import sys
from pathlib import Path

from idvault_verify.commands import output
from idvault_verify.commands.errors import ExitCode
from idvault_verify.event import FIELDS, EventType
from tools.support.generate.reference import commands, settings
from tools.support.generate.reference.event_texts import text_of
from tools.support.generate.reference.table import table

_FILE = Path(__file__).resolve().parents[4] / "docs" / "reference.md"
_EXIT_TEXTS = {
    ExitCode.DONE: "done",
    ExitCode.CHECK_FAILED: "a check failed, or a receipt is not ready",
    ExitCode.WRONG_USAGE: "wrong usage: an option, a setting or a file; the text names it",
    ExitCode.UNREACHABLE: (
        "something required cannot be reached or read (a file also if it is too long), or is not installed; "
        "the text says what"
    ),
    ExitCode.REFUSED: "refused; the reason is printed",
    ExitCode.UNVERIFIED: "a proof or a signature does not verify",
    output.AS_TOLD: (
        "valid only as far as somebody says: the vault (`check-history`), the file's own roster "
        "(`check-evidence` without `--roster`), or a log without witnesses (`check-receipt` and "
        "`check-history` without `--roster` and `--witness`)"
    ),
    output.FORGED: "a report that the public log contradicts (`idvault-verify check-report`)",
    130: "interrupted by Ctrl-C",
}
_HEAD = """# Reference

Made by `scripts/gen_reference.py` from the program; do not edit. Every method of the API is in
[proto/idvault/v1](../proto/idvault/v1).

- [Settings](#settings), [exit codes](#exit-codes), [metrics](#metrics)
- [Events of the log](#events-of-the-log); the reasons of refusals are in [reasons.md](reasons.md)
- Commands: [idvault](#idvault), [idvault-client](#idvault-client), [idvault-people](#idvault-people),
  [idvault-verify](#idvault-verify)
"""
_SETTINGS = """## Settings

Environment variables. A process does not start with a missing or unsafe value, or with an unknown name that
begins with `IDVAULT_`; a setting of an earlier state says what replaced it. Commands that need fewer settings
name those that are missing. [Traces](operations.md#traces) have OpenTelemetry's own variables.
"""
_EXIT_CODES = """## Exit codes

Of every program. Errors go to stderr; with `--json` each is one object.
"""
_METRICS = """## Metrics

Served at `IDVAULT_METRICS_LISTEN`, `/metrics`. A label value is a word of the program, never one of a caller.
"""
_EVENTS = """## Events of the log

Each entry shows its type, its minute and who acted, as an id. The fields, the account and everything else are
under a commitment ([formats](formats.md#9-transparency-log)). A type that has been logged never changes its
meaning.
"""


def render() -> str:
    """Return the page."""
    codes = [(str(int(code)), text) for code, text in _exit_codes()]
    parts = [
        _HEAD,
        _SETTINGS,
        settings.settings() + "\n",
        _EXIT_CODES,
        table(("Code", "Meaning"), codes) + "\n",
        _METRICS,
        settings.metrics() + "\n",
        _EVENTS,
        table(("Type", "Meaning", "Fields under the commitment"), _events()) + "\n",
        commands.commands(),
    ]
    return "\n".join(parts).rstrip("\n") + "\n"


def _exit_codes() -> list[tuple[int, str]]:
    missing = [code for code in ExitCode if code not in _EXIT_TEXTS]
    if missing:
        raise KeyError(f"exit codes without a text: {missing}")
    return sorted(_EXIT_TEXTS.items())


def _events() -> list[tuple[str, str, str]]:
    return [(f"`{kind.value}`", text_of(kind), ", ".join(FIELDS[kind])) for kind in EventType]


def main() -> int:
    """Write the page, or with --check only report whether it is up to date (exit code 1 if not)."""
    if "--check" in sys.argv[1:]:
        fresh = _FILE.is_file() and _FILE.read_text(encoding="utf-8") == render()
        stale = "docs/reference.md is stale: run scripts/gen_reference.py"
        print("docs/reference.md is fresh" if fresh else stale)
        return 0 if fresh else 1
    _FILE.write_text(render(), encoding="utf-8")
    return 0
