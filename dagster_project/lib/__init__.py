"""Dagster definitions: lib."""
