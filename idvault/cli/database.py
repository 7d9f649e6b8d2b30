"""`idvault db`: the schema of both databases."""

import typer

from idvault import config
from idvault.bootstrap import operator
from idvault.config import Process

app = typer.Typer(help="The schema of both databases.", no_args_is_help=True)


@app.callback()
def database() -> None:
    """The schema of both databases."""


@app.command()
def upgrade() -> None:
    """Migrate both databases to the schema of this version; a new pair gets one deployment id.

    Uses IDVAULT_DATABASE_URL and IDVAULT_SHRED_DATABASE_URL. A repeat changes nothing. Run it before you
    start the processes of a new version.
    """
    settings = config.load(Process.DATABASES)
    operator.upgrade_databases(settings)
    typer.echo("db: both databases are up to date")
