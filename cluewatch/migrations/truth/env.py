"""Alembic's entry point: migrate on the transaction that cluewatch.migrations opened."""

from alembic import context

options = context.config.attributes
context.configure(
    connection=options["connection"],
    version_table=options["version_table"],
    target_metadata=options.get("metadata"),
    render_item=options.get("render_item"),
    transactional_ddl=True,
)
context.run_migrations()
