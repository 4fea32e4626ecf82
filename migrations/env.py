"""Alembic's environment for both database kinds; ``app/db/migrate.py`` hands over connection and tables."""

from typing import Any

from alembic import context

from app.db.migrate import VERSION_TABLE


def _options() -> dict[str, Any]:
    attributes = context.config.attributes
    return {
        "target_metadata": attributes["metadata"],
        "version_table": VERSION_TABLE,
        "render_as_batch": attributes["dialect"] == "sqlite",
        "compare_type": True,
    }


if context.is_offline_mode():
    context.configure(
        dialect_name=context.config.attributes["dialect"], literal_binds=True, as_sql=True, **_options()
    )
    with context.begin_transaction():
        context.run_migrations()
else:
    context.configure(connection=context.config.attributes["connection"], **_options())
    with context.begin_transaction():
        context.run_migrations()
