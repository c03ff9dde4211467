"""The jobs people and schedules start. Names are verb_noun; the command line runs the same ones in process."""

from dagster import AssetSelection, Config, OpExecutionContext, define_asset_job, job, op

from dagster_project.defs.resources import LeadrouteResource

_LEDGER = AssetSelection.keys("ledger/assignment")
_PREPARE = AssetSelection.groups("prepare")
_PUBLISHED = AssetSelection.groups("marts", "publish")

run_program = define_asset_job(
    "run_program",
    selection=AssetSelection.all(),
    description="Everything: take in, qualify, route, propose a batch, build the marts, publish.",
)
propose_batch = define_asset_job(
    "propose_batch",
    selection=AssetSelection.groups("intake", "prepare", "routing", "review"),
    description="Take in, qualify and route; ends with a batch waiting for a person.",
)
refresh_marts = define_asset_job(
    "refresh_marts",
    selection=_LEDGER | _PREPARE | _PUBLISHED,
    description="Build and publish the marts from what is in the warehouse and the ledger now.",
)


class ReleaseSettings(Config):
    """Which approved batch to release, and who asks for it."""

    batch_id: str
    actor: str
    as_of: str | None = None


@op(
    description="Opens the assignments of an approved batch and delivers its messages; running it twice changes nothing."
)
def release_approved_batch(context: OpExecutionContext, config: ReleaseSettings, leadroute: LeadrouteResource) -> None:
    """Release and deliver one batch."""
    from routing_jobs.stages.release import release_and_deliver

    outcome = release_and_deliver(leadroute.workspace, leadroute.program, config.batch_id, config.actor, config.as_of)
    context.add_output_metadata(outcome)


@job(description="Release an approved batch: assignments open, messages leave.")
def release_batch() -> None:
    """One op: the work is idempotent inside."""
    release_approved_batch()
