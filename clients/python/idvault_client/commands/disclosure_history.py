"""`idvault-client check-history`: verifies a disclosure history without a call."""

import json
from pathlib import Path
from typing import Annotated

import typer

from idvault_client.commands.check import read
from idvault_client.commands.exit_code import unreached, unverified
from idvault_client.commands.log import PublicKey, Quorum, Witness, policy_of
from idvault_client.offline import disclosure_history as history
from idvault_client.offline.disclosure_history import DisclosureHistory, HistoryError, ProvedDisclosure

_MOST_BYTES = 16 * 1024 * 1024  # an answer of the vault has at most 4 MiB, and its text some more


def check_history(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `history TOKEN --out FILE` wrote.")],
    public_key: PublicKey,
    account: Annotated[
        str | None, typer.Option(metavar="TOKEN", help="The account that it must be about.")
    ] = None,
    witness: Witness = None,
    quorum: Quorum = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Check every opening of a history against the log, by its public key alone; nobody is asked.

    The last line is "check: valid", or "check: REASON" with exit code 5.
    """
    as_json = as_json or context.obj.as_json
    policy = policy_of(public_key, witness or [], quorum, None)
    try:
        found = history.parse(read(file, limit=_MOST_BYTES))
        if account is not None and found.account_token != account:
            raise HistoryError("OTHER_ACCOUNT", "the history is of another account")
        openings = history.check(found, policy=policy)
    except HistoryError as error:
        unverified(error.reason, str(error), as_json=as_json)
    except OSError as error:
        unreached(error, as_json=as_json)
    _tell(found, openings, as_json=as_json)


def _tell(found: DisclosureHistory, openings: tuple[ProvedDisclosure, ...], *, as_json: bool) -> None:
    if as_json:
        shown = {
            "account_token": found.account_token,
            "horizon": found.horizon.isoformat(),
            "openings": [
                {
                    "disclosure_id": opening.disclosure_id,
                    "opened_at": opening.opened_at.isoformat(),
                    "actor_id": opening.actor_id,
                    "index": opening.index,
                }
                for opening in openings
            ],
            "valid": True,
        }
        typer.echo(json.dumps(shown))
        return
    typer.echo("the log proves what is listed; that nothing was left out is what the vault says", err=True)
    typer.echo(f"account {found.account_token}: {len(openings)} openings before {found.horizon.isoformat()}")
    for opening in openings:
        typer.echo(
            f"opened {opening.opened_at.isoformat()} by {opening.actor_id}, disclosure "
            f"{opening.disclosure_id}, log entry {opening.index}"
        )
    typer.echo("check: valid")
