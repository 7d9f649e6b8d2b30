"""How the commands of an authority print what they list: rows for people, one JSON document for programs."""

import json
from collections.abc import Iterable, Mapping

import typer

from idvault_people.commands.session import as_json
from idvault_verify.printable import escaped

Rows = Mapping[str, object]


def tell(context: typer.Context, name: str, found: Iterable[Rows]) -> None:
    """Print each thing of a list, and for people how many there are. name: of the list."""
    shown = list(found)
    if as_json(context):
        typer.echo(json.dumps({name: shown}, ensure_ascii=False))
        return
    for each in shown:
        show(each)
    typer.echo(f"{name}: {len(shown)}")


def show(rows: Rows) -> None:
    """Print a thing for people, without what is not there."""
    for name, value in rows.items():
        if value is not None:
            text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
            typer.echo(f"{name}: {escaped(text)}")
    typer.echo()
