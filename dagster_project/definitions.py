"""What `dagster dev` loads: the graph of LEADROUTE_WORKSPACE, else of the sample."""

from dagster_project.graph import build_definitions
from routing_jobs.program.workspace import open_workspace

defs = build_definitions(open_workspace())
