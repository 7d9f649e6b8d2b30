"""Rows of intakes: the sealed identities of waiting claims."""

from sqlalchemy import delete

from idvault.core.db.connection import Connection
from idvault.core.db.statement import param, statement, upsert
from idvault.core.tables.claim import intakes
from idvault.sealing.ports import Intake

_NEW = upsert(intakes)
_PUT = statement(
    _NEW.on_conflict_do_update(
        index_elements=[intakes.c.account_token, intakes.c.claim_id],
        set_={"day": _NEW.excluded.day, "ciphertext": _NEW.excluded.ciphertext},
    )
)
_DELETE = statement(
    delete(intakes).where(intakes.c.account_token == param("token"), intakes.c.claim_id == param("claim"))
)


async def put(connection: Connection, intake: Intake, *, account_token: str, claim_id: str) -> None:
    """Store the intake of a claim whose job this act has locked, replacing a previous one."""
    await connection.later(
        _PUT,
        account_token=account_token,
        claim_id=claim_id,
        day=intake.day,
        ciphertext=intake.ciphertext,
    )


async def remove(connection: Connection, *, account_token: str, claim_id: str) -> None:
    """Delete the intake of a claim, if it has one."""
    await connection.later(_DELETE, token=account_token, claim=claim_id)
