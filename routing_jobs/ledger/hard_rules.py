"""Re-checks hard rules when a person sends a unit to another partner, from the files the batch was made with.

The routing rules are not repeated here: whether a partner was eligible, and how many slots it had, was decided and
stored by the run. The batch gate judges the whole batch again at approval.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from routing_jobs.ledger.lines import CANDIDATES_FILE, LINES_FILE, PARTNERS_FILE
from routing_jobs.routing.exclusions import BY_A_PERSON


class Candidate(NamedTuple):
    """One stored (lead, partner) pair: whether it was eligible, and if not why."""

    is_eligible: bool
    exclusion_reason: str | None
    score: int | None


class Load(NamedTuple):
    """One partner in a batch: the slots it had, and the units that take one."""

    capacity: int
    assigned: int


def read_candidates(folder: Path, lead_ids: list[str]) -> dict[tuple[str, str], Candidate]:
    """(lead_id, partner_id) -> candidate, for the leads given; the leads of a unit share its candidates."""
    lines = pq.read_table(folder / LINES_FILE, columns=["lead_id", "unit_id"], filters=[("lead_id", "in", lead_ids)])
    units = {row["lead_id"]: row["unit_id"] for row in lines.to_pylist()}
    columns = ["unit_id", "partner_id", "is_eligible", "exclusion_reason", "score"]
    wanted = [("unit_id", "in", sorted(set(units.values())))]
    rows = pq.read_table(folder / CANDIDATES_FILE, columns=columns, filters=wanted).to_pylist() if units else []
    return {
        (lead_id, row["partner_id"]): Candidate(row["is_eligible"], row["exclusion_reason"], row["score"])
        for lead_id, unit_id in units.items()
        for row in rows
        if row["unit_id"] == unit_id
    }


def read_loads(folder: Path) -> dict[str, Load]:
    """partner_id -> slots free when the batch was made, and units it was given then."""
    rows = pq.read_table(folder / PARTNERS_FILE).to_pylist()  # a row for each mode the batch was placed in
    loads: dict[str, Load] = {}
    for row in rows:
        earlier = loads.get(row["partner_id"], Load(0, 0))
        free = max(earlier.capacity, row["capacity"])
        loads[row["partner_id"]] = Load(free, earlier.assigned + row["assigned"])
    return loads


def moved_loads(loads: Mapping[str, Load], proposed: pa.Table, standing: pa.Table) -> dict[str, Load]:
    """`loads` with each unit that people moved counted at its new partner. Held units keep their slot.

    Units that take no slot count nowhere; in a batch from before that was noted, all take one.
    """
    moved = pc.fill_null(pc.not_equal(proposed["partner_id"], standing["partner_id"]), True)
    if "holds_slot" in proposed.column_names:
        moved = pc.and_(moved, pc.fill_null(proposed["holds_slot"], True))
    before = proposed.filter(moved).group_by(["unit_id", "partner_id"]).aggregate([])
    after = standing.filter(moved).group_by(["unit_id", "partner_id"]).aggregate([])
    assigned = {partner: load.assigned for partner, load in loads.items()}
    for frame, step in ((before, -1), (after, 1)):
        for partner in frame["partner_id"].to_pylist():
            if partner is not None:
                assigned[partner] = assigned.get(partner, 0) + step
    capacity = {partner: load.capacity for partner, load in loads.items()}
    return {partner: Load(capacity.get(partner, 0), count) for partner, count in assigned.items()}


def broken_rules(
    folder: Path, proposed: pa.Table, standing: pa.Table, lead_ids: list[str], partner_id: str
) -> list[str]:
    """Why these leads cannot go to this partner; [] if they can. Precedence is no hindrance: a person may decide it.

    `standing` are the lines as they would be. Checked: eligibility as stored, the partner's slots, one partner per
    account and product line, one partner per identity.
    """
    problems = []
    candidates = read_candidates(folder, lead_ids)
    for lead_id in lead_ids:
        candidate = candidates.get((lead_id, partner_id))
        if candidate is None:
            problems.append(f"lead {lead_id}: {partner_id} does not cover its territory (it was never a candidate)")
        elif not candidate.is_eligible and candidate.exclusion_reason not in BY_A_PERSON:
            reason = candidate.exclusion_reason or "not eligible"
            problems.append(f"lead {lead_id}: {partner_id} was excluded ({reason})")
    loads = read_loads(folder)
    load = moved_loads(loads, proposed, standing).get(partner_id, Load(0, 0))
    if partner_id not in loads:
        problems.append(f"{partner_id} took no part in this batch")
    elif load.assigned > load.capacity:
        problems.append(f"{partner_id} would have {load.assigned} units of this batch, its limit is {load.capacity}")
    return problems + _clashes(standing, lead_ids)


def _clashes(standing: pa.Table, lead_ids: list[str]) -> list[str]:
    offered = standing.filter(pc.is_valid(standing["partner_id"]))
    mine = offered.filter(pc.is_in(offered["lead_id"], value_set=pa.array(lead_ids)))
    problems = []
    for columns, what in ((("account_id", "product"), "account and product line"), (("identity_id",), "identity")):
        same = offered
        for column in columns:
            same = same.filter(pc.is_in(same[column], value_set=mine[column].combine_chunks().unique()))
        groups: dict[tuple[str, ...], set[str]] = {}
        for row in same.select([*columns, "partner_id"]).to_pylist():
            groups.setdefault(tuple(row[column] for column in columns), set()).add(row["partner_id"])
        wanted = {tuple(row[column] for column in columns) for row in mine.select(list(columns)).to_pylist()}
        clashing = sorted(key for key in wanted if len(groups[key]) > 1)
        problems += [f"{what} {' / '.join(map(str, key))} would be open at two partners" for key in clashing]
    return problems
