"""Dagster definitions: prepare."""
