"""Dagster definitions: routing."""
