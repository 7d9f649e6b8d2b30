"""`idvault db`: the schema of both databases."""

import typer

app = typer.Typer(help="The schema of both databases.", no_args_is_help=True)


@app.callback()
def database() -> None:
    """The schema of both databases."""


@app.command()
def upgrade() -> None:
    """Bring both databases to the schema of this version, and give a new pair one deployment id.

    Uses IDVAULT_DATABASE_URL and IDVAULT_SHRED_DATABASE_URL. Repeating it changes nothing. Run it before the
    processes of a new version start.
    """
    from idvault import config  # noqa: PLC0415 - `--help` and the people's commands need no service

    settings = config.load(config.Process.DATABASES)
    from idvault import bootstrap  # noqa: PLC0415 - `--help` needs no database

    bootstrap.upgrade_databases(settings)
    typer.echo("db: both databases are up to date")
