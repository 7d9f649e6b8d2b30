"""The command line as a whole: which commands there are, `--json`, and how errors become exit codes."""

from collections.abc import Sequence
from typing import Annotated

import typer

from idvault.cli import (
    database,
    dev,
    doctor,
    keys,
    log,
    mock_registry,
    outcome,
    person,
    platform,
    roster,
    serve,
    witness,
    work,
)
from idvault.cli.outcome import Code, CommandError

_JSON = "--json"
_HELP = """Identity verification with a privacy vault: identities sealed, statuses public.

To try it on one machine: `idvault dev`. For production, in this order: `keys init`, `db upgrade`,
`custodian init` and `auditor init` on those people's own machines, `roster propose`, `sign` and `publish`,
`platform register`, then `serve --edge platform`, `serve --edge custody` and `work`. Settings are environment
variables that begin with IDVAULT_; a missing or unsafe one stops the start and is named.

Exit codes: 0 done, 1 a check failed, 2 wrong usage, 3 something needed cannot be reached, 4 refused,
5 a proof or signature does not verify."""

app = typer.Typer(
    name="idvault",
    help=_HELP,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    # A pretty traceback prints local variables, and those may be personal.
    pretty_exceptions_enable=False,
)
app.command("dev")(dev.dev)
app.command("serve")(serve.serve)
app.command("work")(work.work)
app.command("witness")(witness.witness)
app.command("mock-registry")(mock_registry.mock_registry)
app.command("doctor")(doctor.doctor)
app.add_typer(database.app, name="db")
app.add_typer(keys.app, name="keys")
app.add_typer(platform.app, name="platform")
app.add_typer(roster.app, name="roster")
app.add_typer(log.app, name="log")
app.add_typer(person.make("auditor"), name="auditor")
app.add_typer(person.make("custodian"), name="custodian")


@app.callback()
def options(
    _as_json: Annotated[
        bool, typer.Option(_JSON, help="Write errors as one JSON object on stderr. May stand anywhere.")
    ] = False,
) -> None:
    """Take what every command takes; `run` has dealt with it."""


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; what goes wrong is told on stderr."""
    as_json = _JSON in arguments
    rest = [argument for argument in arguments if argument != _JSON]
    try:
        code = app(args=rest, prog_name="idvault", standalone_mode=not as_json, obj=as_json)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else Code.CHECK_FAILED
    except KeyboardInterrupt:
        return 128 + 2
    except Exception as error:
        problem = _usage(error) or outcome.explain(error)
        outcome.tell(problem, as_json=as_json)
        return problem.code
    return code if isinstance(code, int) else Code.DONE


def _usage(error: Exception) -> CommandError | None:
    """Return what the command line parser has to say, if the error is its own (its classes are private)."""
    if isinstance(error, outcome.CommandError) or not hasattr(error, "format_message"):
        return None
    return CommandError(Code.WRONG_USAGE, error.format_message(), reason="USAGE")
