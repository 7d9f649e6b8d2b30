"""`idvault-client filings`: writes the live public accounts of a day as CSV."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import count
from pathlib import Path
from typing import Annotated

import typer

from idvault_client.backend.public_account import AccountFiling
from idvault_client.commands.output import AsJson, reporting, show
from idvault_verify import durable_file
from idvault_verify.public_account import PublicAccountCategory

COLUMNS = (
    "as_of",
    "public_account_id",
    "kind",
    "category",
    "licence_reference",
    "licence_expire_date",
    "state",
    "standing",
    "since",
    "expire_date",
    "owner_changed_on",
)
# A spreadsheet would run a cell that begins like this as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export(
    context: typer.Context,
    out: Annotated[Path, typer.Option(metavar="FILE", help="The CSV file to write.")],
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="The day; without it, today.")
    ] = None,
    category: Annotated[
        PublicAccountCategory | None, typer.Option(case_sensitive=False, help="Only this category.")
    ] = None,
    json_option: AsJson = False,
) -> None:
    """Write the live public accounts of a day, as they were at its end, or as of now for today.

    The file has a line of column names and a line for each public account, in the order of their ids.
    """
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        day = None if as_of is None else as_of.date()
        filings, number = vault.public_accounts.filings(category=category, as_of=day), count()
        written = (line.encode() for line, _ in zip(lines(filings), number, strict=False))
        durable_file.replace_by(out, written)
        show({"filings": next(number) - 1, "file": str(out)}, as_json=as_json)


def lines(filings: Iterable[AccountFiling]) -> Iterator[str]:
    """Yield the lines of a file of filings: CSV (RFC 4180), with a head."""
    yield _line(COLUMNS)
    for each in filings:
        yield _line([_cell(value) for value in _values(each)])


def _line(cells: Iterable[str]) -> str:
    file = io.StringIO()
    csv.writer(file).writerow(cells)
    return file.getvalue()


def _values(filing: AccountFiling) -> tuple[date | str | None, ...]:
    licence = filing.licence
    return (
        filing.as_of,
        filing.public_account_id,
        filing.kind,
        filing.category,
        None if licence is None else licence.reference,
        None if licence is None else licence.expire_date,
        filing.state,
        filing.standing,
        filing.since,
        filing.expire_date,
        filing.owner_changed_on,
    )


def _cell(value: date | str | None) -> str:
    cell = "" if value is None else str(value)
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
