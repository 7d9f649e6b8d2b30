"""`idvault-verify check-receipt`: that a sign-up's record was sealed and logged."""

from pathlib import Path
from typing import Annotated

import typer

from idvault_verify.commands.log import (
    UNWITNESSED,
    EpochsFile,
    LogKeys,
    PublicKey,
    Quorum,
    RosterFile,
    Witness,
    breaks_of,
    changes_of,
    policy_of,
    tell_former,
    tell_unwitnessed,
    versions_of,
)
from idvault_verify.commands.output import AsJson, read, reporting, show_limited, show_valid
from idvault_verify.offline import receipt as receipts
from idvault_verify.offline.log import epochs
from idvault_verify.offline.receipt import ProvedReceipt, ReceiptError

_NOT_COMPARED = (
    "the custodians' keys were not compared with a roster: give the published one with --roster, or compare "
    "quorum_id"
)


def check(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="The file written by `get-verification ID --receipt FILE`."),
    ],
    public_key: PublicKey,
    account: Annotated[
        str | None, typer.Option(metavar="TOKEN", help="The account that the receipt must belong to.")
    ] = None,
    witness: Witness = None,
    quorum: Quorum = None,
    roster: RosterFile = None,
    log_keys: LogKeys = None,
    epochs_file: EpochsFile = None,
    json_option: AsJson = False,
) -> None:
    """Check offline, with public keys alone, that a sign-up's record was logged, and its quorum.

    A receipt without the record proves no quorum: fetch it again while no later verification has replaced it.
    With --roster the quorum must be in a version of the roster: the same threshold, custodians and keys.
    With --roster or --witness the log must be witnessed, and the last line is "check: valid". Without
    witnesses the log may be a copy that only you are shown: the last line is "check: valid as far as a log
    without witnesses says", with exit code 6. Otherwise it is "check: REASON" with exit code 5.
    """
    with reporting(context, json_option) as as_json:
        changes, versions = changes_of(log_keys), versions_of(roster)
        policy = policy_of(public_key, witness or [], quorum, versions, changes)
        found = receipts.parse(read(file, limit=receipts.MOST_BYTES))
        if account is not None and found.account_token != account:
            raise ReceiptError("OTHER_ACCOUNT", "the receipt belongs to another account")
        breaks = breaks_of(epochs_file, public_key, versions, changes)
        proved = receipts.check(found, policy=policy, breaks=breaks, versions=versions)
        shown = _shown(proved)
        tell_former(policy, proved.roster_version, as_json=as_json)
        if proved.quorum and not proved.roster_compared and not as_json:
            typer.echo(_NOT_COMPARED, err=True)
        if not policy.quorum:
            tell_unwitnessed(as_json=as_json)
            show_limited(shown, field="valid_unwitnessed", text=UNWITNESSED, as_json=as_json)
        show_valid(shown, as_json=as_json)


def _shown(proved: ProvedReceipt) -> dict[str, object]:
    return {
        "account_token": proved.account_token,
        "record_digest": proved.record_digest.hex(),
        "quorum": str(proved.quorum) if proved.quorum else None,
        "custodians": ", ".join(proved.quorum.custodians) if proved.quorum else None,
        "quorum_id": proved.quorum.id if proved.quorum else None,
        "sealed_at": proved.sealed_at.isoformat(),
        "index": proved.index,
        "roster_version": proved.roster_version,
        "roster_compared": proved.roster_compared if proved.quorum else None,
        **epochs.told(proved.checkpoint),
    }
