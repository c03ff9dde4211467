"""Dagster definitions: review."""
