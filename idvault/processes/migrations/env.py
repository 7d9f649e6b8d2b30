"""Alembic's entry point: runs the migrations on the given connection, in its transaction."""

from alembic import context

_given = context.config.attributes
context.configure(
    connection=_given["connection"],
    target_metadata=_given["metadata"],
    version_table=_given["version_table"],
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
