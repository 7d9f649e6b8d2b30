"""`idvault db`: the schema of both databases."""

import typer

from idvault import bootstrap, config
from idvault.config import Process

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
    settings = config.load(Process.DATABASES)
    bootstrap.upgrade_databases(settings)
    typer.echo("db: both databases are up to date")
