"""Dagster definitions: marts."""
