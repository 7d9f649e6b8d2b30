"""Rows of templates of sanctions."""

from sqlalchemy import delete, func, select

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.rows import Rows
from idvault.core.tables.sanction import sanction_templates
from idvault.sanction.sanction_template.rules import SanctionTemplate
from idvault_verify.error import Reason

ROWS = Rows(
    SanctionTemplate,
    sanction_templates,
    key="template_id",
    made_at="made_at",
    unknown=Reason.TEMPLATE_NOT_FOUND,
)
_OF_PARTY = sanction_templates.c.relying_party == param("party")
COUNT: Statement[int] = statement(
    select(func.count()).select_from(sanction_templates).where(_OF_PARTY), scalar
)
_DELETE = statement(
    delete(sanction_templates).where(_OF_PARTY, sanction_templates.c.template_id == param("id"))
)


async def count(connection: Connection, party: str) -> int:
    """Return how many templates a platform keeps."""
    return await connection.one(COUNT, party=party) or 0


async def remove(connection: Connection, party: str, template_id: str) -> None:
    """Delete a template that this act has locked."""
    await connection.run(_DELETE, party=party, id=template_id)
