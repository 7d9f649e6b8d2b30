"""What every act on a sanction does: lock it behind its account, and end it with what follows from that."""

from idvault.account.store import follower as person
from idvault.account.store import person as persons
from idvault.account.store import rows as account
from idvault.core.db.connection import Connection
from idvault.sanction.rules.sanction import Sanction
from idvault.sanction.store import rows, target
from idvault.verify.account import Account
from idvault.verify.clock import ClockReading
from idvault.verify.error import NotFoundError, Reason
from idvault.verify.sanction import SanctionState


async def lock(connection: Connection, sanction: Sanction) -> tuple[Account, Sanction]:
    """Return the account and the sanction as they are stored now, locked.

    An account with sanctions is never removed, so it is missing only if the sanction is.
    """
    owner = await account.lock(connection, account_token=sanction.account_token)
    if owner is None:
        raise NotFoundError(Reason.SANCTION_NOT_FOUND)
    return owner, await rows.lock(connection, sanction)


async def end(
    connection: Connection,
    *,
    owner: Account,
    former: Sanction,
    ended: Sanction,
    now: ClockReading,
    by_appeal: bool = False,
) -> None:
    """Store a sanction that has ended, and the standing that its target then has.

    by_appeal: the target gets a new revision in any case, and what others follow ends, however the sanction
    had ended before.
    """
    if former.state is SanctionState.IN_FORCE:
        await count(connection, ended, by=-1)
    lifted = ended.state is SanctionState.LIFTED and former.state is SanctionState.IN_FORCE
    if ended.person_id is not None and (lifted or by_appeal):
        await person.lifted(
            connection,
            relying_party=ended.relying_party,
            sanction_id=ended.sanction_id,
            now=now.business,
        )
    await target.end(connection, owner, ended, now, by_appeal=by_appeal)
    await rows.put(connection, ended)


async def count(connection: Connection, sanction: Sanction, *, by: int) -> None:
    """Count the sanctions of a person, so that settlements of all others read nothing more."""
    if sanction.person_id is not None:
        await persons.count_sanction(
            connection, relying_party=sanction.relying_party, person_id=sanction.person_id, by=by
        )
