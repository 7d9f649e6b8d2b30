"""The code of an invitation admits several claims: a mistyped name no longer uses it up."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_TRIES = 5


def upgrade() -> None:
    """Bring the schema to this version."""
    op.add_column(
        "invitations", sa.Column("code_tries", sa.SmallInteger(), nullable=False, server_default="0")
    )
    # A code that was used stays so.
    op.execute(f"UPDATE invitations SET code_tries = {_TRIES} WHERE code_used")  # noqa: S608 - a constant
    with op.batch_alter_table("invitations") as table:
        table.alter_column("code_tries", server_default=None)
        table.drop_column("code_used")
