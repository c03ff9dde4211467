"""Alembic migrations of the ledger, run by `storage.upgrade`; a released one is never edited."""
