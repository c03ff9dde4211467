"""The stages of a run, each one function that calls the rooms in order; Dagster's assets and the tests call these.

No rule lives here: a stage opens what it needs, re-reads the verdict it depends on, and hands data on.
"""
