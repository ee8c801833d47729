"""The same verbs on PostgreSQL, for a fleet. Everything else is in `storage.postgres.archive`."""
