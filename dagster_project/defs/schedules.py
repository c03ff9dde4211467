"""When the program runs by itself. Off until someone switches it on."""

from dagster import DefaultScheduleStatus, ScheduleDefinition

from dagster_project.defs.jobs import run_program

every_half_hour = ScheduleDefinition(
    name="run_program_every_half_hour",
    job=run_program,
    cron_schedule="*/30 * * * *",
    default_status=DefaultScheduleStatus.STOPPED,
    description="Take in what has landed, propose a batch, refresh the marts: every 30 minutes.",
)
