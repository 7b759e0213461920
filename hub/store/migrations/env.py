"""Alembic's entry: runs migrations on the connection that `hub.store.migrate` hands over."""

from alembic import context

from hub.store.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
