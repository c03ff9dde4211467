"""The simulation's figures in words, for the page and the terminal alike."""

import duckdb

from routing_jobs.program.finding import counted
from routing_jobs.program.workspace import Workspace
from routing_jobs.simulation.comparison import Row
from routing_jobs.simulation.simulate import Simulation

KINDS = {
    "moved": "to another partner",
    "newly_placed": "newly placed",
    "newly_unplaced": "no longer placed",
    "other_reason": "unplaced for another reason",
}
ESTIMATES = {
    "ips": "Inverse propensity scoring",
    "self_normalised": "Self-normalised",
    "doubly_robust": "Doubly robust",
}
_HAPPENED = {
    "followed_up": "followed up in time",
    "not_followed_up": "not followed up in time",
    "open": "no verdict yet",
    "not_released": "no offer",
}


def partner_names(workspace: Workspace) -> dict[str, str]:
    """partner_id -> name, from the newest release; empty before the first."""
    file = workspace.published / "current" / "parquet" / "dim_partner.parquet"
    if not file.is_file():
        return {}
    with duckdb.connect(":memory:") as connection:
        found = connection.execute("select partner_id, partner_name from read_parquet(?)", [str(file.resolve())])
        return dict(found.fetchall())


def name_of(partner_id: str, names: dict[str, str]) -> str:
    """The partner's name with its id, or the id alone."""
    return f"{names[partner_id]} ({partner_id})" if partner_id in names else partner_id


def fate(change: Row, side: str, names: dict[str, str]) -> str:
    """What became of the lead on one side: its partner and the rule that decided, its exception, or the vendor."""
    partner, code, rule = (change[f"{side}_{name}"] for name in ("partner_id", "exception_code", "rule"))
    if partner is not None:
        return f"{name_of(partner, names)}, {rule.replace('_', ' ')}"
    return code if code is not None else f"kept by the vendor ({rule.replace('_', ' ')})"


def happened(outcome: str) -> str:
    """What came of the offer that was made."""
    return _HAPPENED[outcome]


def happened_sentence(found: Simulation) -> str:
    """What came of the offers that were made for the leads whose fate differs."""
    counts = found.summary()["changed_happened"]
    parts = [f"{counts[outcome]:,} {words}" for outcome, words in _HAPPENED.items() if outcome in counts]
    return f"Of the offers that were made for them: {', '.join(parts)}."


def self_check_sentence(found: Simulation) -> str:
    """Whether the batches' own rulebooks still decide as they did."""
    lines = sum(replay.check.lines for replay in found.replays)
    differing = sum(replay.check.differing_lines for replay in found.replays)
    broken = [replay for replay in found.replays if not replay.check.is_input_whole]
    if not differing and not broken:
        return f"Replayed under its own rulebook, each batch comes out as it was: {counted(lines, 'line')} the same."
    said = f"Replayed under their own rulebooks, {differing:,} of {counted(lines, 'line')} come out otherwise"
    if broken:
        ids = ", ".join(batch_id for replay in broken for batch_id in replay.source.batch_ids)
        said += f", and the input kept with {ids} is not what was routed"
    return f"{said}: this version of routing is not the one that made them, so read the comparison with care."
