"""Dagster wiring of leadroute: assets, checks, jobs, schedules. It calls the rooms of routing_jobs and decides nothing."""
