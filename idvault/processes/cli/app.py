"""The command line of the service: its commands, those that other packages add, and how each ends."""

import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points

from idvault.core import process
from idvault.core.process import PortBusyError, ProcessError
from idvault_verify.commands import errors
from idvault_verify.commands.errors import CommandError, ExitCode
from idvault_verify.commands.program import Command, Commands
from idvault_verify.error import UnavailableError


def explain(error: Exception) -> CommandError:
    """Return the exit code and the text for an exception."""
    match error:
        case PortBusyError():
            return CommandError(ExitCode.UNREACHABLE, str(error), reason="PORT_BUSY")
        case ProcessError():
            return CommandError(ExitCode.CHECK_FAILED, str(error), reason="PROCESS_ENDED")
        case ModuleNotFoundError(name=str(name)) if not name.startswith("idvault"):
            return errors.not_installed("idvault")
        case UnavailableError():
            return _explain_database(error) or errors.explain(error)
        case _:
            return _explain_settings(error) or errors.explain(error)


_SETTINGS = {"main": "IDVAULT_DATABASE_URL", "shred": "IDVAULT_SHRED_DATABASE_URL"}


def _explain_database(error: UnavailableError) -> CommandError | None:
    """Say which database cannot be used, and why, if that is the cause."""
    setting = _SETTINGS.get(getattr(error.__cause__, "database", ""))
    if setting is None:
        return None
    # Of a command that uses databases only, which has loaded most of it.
    from idvault.processes.bootstrap import connection_failure  # noqa: PLC0415

    text = f"the database of {setting} cannot be used: {connection_failure.why(error)}"
    return CommandError(ExitCode.UNREACHABLE, text, reason=error.reason.value, field=setting)


def _explain_settings(error: Exception) -> CommandError | None:
    # Not imported here: a command that reads no settings does not load the packages that read them.
    config = sys.modules.get("idvault.core.config")
    if config is None or not isinstance(error, config.ConfigError):
        return None
    text = str(error)
    return CommandError(ExitCode.WRONG_USAGE, text, reason="SETTINGS", field=error.problems[0].split(" ")[0])


_HELP = """Identity verification with a privacy vault: identities sealed, statuses public.

To try it on one machine: `idvault dev` of the package idvault-dev. For production: `setup --example`, then
`setup FOLDER`, which says what it waits for (docs/operations.md#installing). Settings are environment
variables that begin with IDVAULT_; a process does not start with a missing or unsafe one, and names it.

Exit codes: 0 done, 1 a check failed, 2 wrong usage, 3 something required cannot be reached, 4 refused,
5 a proof or signature does not verify."""
_OWN = {
    "serve": ("serve:serve", "Serve gRPC over mutual TLS."),
    "work": ("work:work", "Settle waiting claims, expire accounts, publish the log."),
    "web": ("web:web", "Serve the hosted pages to people."),
    "witness": ("witness:witness", "Cosign the log's checkpoints."),
    "setup": ("setup:setup", "Install the service or a witness on this host, step by step."),
    "check-config": ("check_config:check_config", "Say what a process would refuse, without starting it."),
    "doctor": ("doctor:doctor", "Check whether a deployment is healthy."),
    "overview": ("overview:overview", "Print the state of the vault, as the operator's console shows it."),
    "db": ("database:app", "The schema of both databases."),
    "backup": ("backup:backup", "Copy both SQLite databases while the service runs."),
    "backup-ended": ("backup:backup_ended", "Note that PostgreSQL's own tools have made a backup."),
    "restore": ("restore:restore", "Say what a restored pair lacks, and go on without it."),
    "keys": ("key:app", "The key files of the service's processes."),
    "platform": ("platform:app", "Platforms, monitors and web processes, and their pinned keys."),
    "roster": ("roster:app", "The signed file of roster members and quorums."),
    "notices": ("notices:app", "The notices of the registry."),
    "notify": ("notify:app", "Who is told that something waits, and what did not arrive."),
    "log": ("log:app", "The transparency log: verify it offline, export it."),
    "retention": ("retention:retention", "What is kept, for how long and why."),
    "report": ("report:report", "The transparency report: what the vault did on some days."),
}
# What other packages of ours add where they are installed: the program, and the line in the help.
ADDED = {
    "dev": ("idvault", "Run the whole vault on this machine."),
    "mock-registry": ("idvault", "Stand in for the national registry."),
    "mock-provider": ("idvault", "Stand in for a provider of proofs."),
    "auditor": ("idvault-people", "Request one sealed record, and open it."),
    "custodian": ("idvault-people", "Approve or deny disclosures; drill and hand over shares."),
    "operator": ("idvault-people", "Create the keys of who proposes rosters."),
    "authority": ("idvault-people", "Sign orders and joint operations as an authority's officer."),
    "epoch": ("idvault-people", "The statements by which the log goes on after a loss: read and sign them."),
}
# Commands of groups that are ours, and of which people have the larger part.
PEOPLES = {"roster": ("fetch", "propose", "show", "sign", "submit", "verify"), "log": ("keys",)}


def installed() -> dict[str, str]:
    """Return what packages of ours add that are installed beside the service: places by command."""
    return {each.name: each.value for each in entry_points(group="idvault.commands")}


def program(added: Mapping[str, str]) -> Commands:
    """Return the command line with what is added to it."""
    commands: dict[str, Command] = {}
    moved: dict[str, str] = {}
    for name, (place, line) in _OWN.items():
        places = (f"idvault.processes.cli.{place}", *([added[name]] if name in added else []))
        commands[name] = Command(line, places)
        if name not in added:
            moved |= {f"{name} {each}": f"idvault-people {name} {each}" for each in PEOPLES.get(name, ())}
    for name, (other, line) in ADDED.items():
        if name in added:
            commands[name] = Command(line, (added[name],))
        else:
            moved[name] = f"{other} {name}"
    return Commands(
        "idvault", _HELP, commands, moved=moved, explain=explain, loading=process.without_collector
    )


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; errors go to stderr."""
    asked = next((each for each in arguments if not each.startswith("-")), "")
    # To look for what is added takes longer than to begin: not for a command that is ours alone.
    is_ours = asked in _OWN and asked not in PEOPLES
    return program({} if is_ours else installed()).run(arguments)
