"""`idvault-verify check-erasure`: that a step of an erasure is in the log."""

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
from idvault_verify.erasure import ErasureState
from idvault_verify.offline import erasure as erasures
from idvault_verify.offline.erasure import ErasureError, ErasureReceipt, ProvedErasure

_NOTHING_PROMISED = (
    "files: the vault promises nothing about bytes of the key that are left in its databases' files"
)


def check(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file written by `erasure get TOKEN --receipt FILE`.")
    ],
    public_key: PublicKey,
    account: Annotated[
        str | None, typer.Option(metavar="TOKEN", help="The account that the erasure must belong to.")
    ] = None,
    witness: Witness = None,
    quorum: Quorum = None,
    roster: RosterFile = None,
    log_keys: LogKeys = None,
    epochs_file: EpochsFile = None,
    json_option: AsJson = False,
) -> None:
    """Check offline, with public keys alone, that a step of an erasure is in the log.

    Of a destruction it also prints what the vault promises about the files of its databases.

    With --roster or --witness the log must be witnessed, and the last line is "check: valid". Without
    witnesses the log may be a copy that only you are shown: the last line is "check: valid as far as a log
    without witnesses says", with exit code 6. Otherwise it is "check: REASON" with exit code 5.
    """
    with reporting(context, json_option) as as_json:
        changes, versions = changes_of(log_keys), versions_of(roster)
        policy = policy_of(public_key, witness or [], quorum, versions, changes)
        found = erasures.parse(read(file, limit=erasures.MOST_BYTES))
        if account is not None and found.account_token != account:
            raise ErasureError("OTHER_ACCOUNT", "the erasure belongs to another account")
        breaks = breaks_of(epochs_file, public_key, versions, changes)
        proved = erasures.check(found, policy=policy, breaks=breaks)
        shown = _shown(found, proved)
        if proved.state is ErasureState.DESTROYED and proved.absent_from is None and not as_json:
            typer.echo(_NOTHING_PROMISED)
        tell_former(policy, proved.roster_version, as_json=as_json)
        if not policy.quorum:
            tell_unwitnessed(as_json=as_json)
            show_limited(shown, field="valid_unwitnessed", text=UNWITNESSED, as_json=as_json)
        show_valid(shown, as_json=as_json)


def _shown(found: ErasureReceipt, proved: ProvedErasure) -> dict[str, object]:
    """Return what is proved, with the times to which the entry of this step commits."""
    return {
        "account_token": proved.account_token,
        "erasure_id": proved.erasure_id,
        "state": proved.state.value,
        "logged_at": proved.logged_at.isoformat(),
        "index": proved.index,
        "erases_at": found.erase_time.isoformat() if proved.state is ErasureState.REQUESTED else None,
        "destroys_at": found.destroy_time.isoformat() if proved.state is ErasureState.ERASED else None,
        "version_kept_until": proved.kept_until.isoformat() if proved.kept_until else None,
        "key_in_no_file_from": proved.absent_from.isoformat() if proved.absent_from else None,
        "roster_version": proved.roster_version,
    }
