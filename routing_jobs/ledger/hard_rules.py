"""Re-checks hard rules when a person sends a unit to another partner, from the files the batch was made with.

The routing rules are not repeated here: whether a partner was eligible, and how many slots it had, was decided and
stored by the run. The batch gate judges the whole batch again at approval.
"""

from collections.abc import Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from routing_jobs.ledger.lines import AREAS_FILE, CANDIDATE_SCHEMA, CANDIDATES_FILE, LINES_FILE, PARTNERS_FILE
from routing_jobs.routing.exclusions import BY_A_PERSON

Key = TypeVar("Key", bound=Hashable)


class Candidate(NamedTuple):
    """One stored (lead, partner) pair: whether it was eligible, and if not why."""

    is_eligible: bool
    exclusion_reason: str | None
    score: int | None


class Load(NamedTuple):
    """One partner in a batch, or its territory: the slots it had, and the units that take one."""

    capacity: int
    assigned: int


Area = tuple[str, str]  # a partner and its territory with a capacity of its own


def read_candidates(folder: Path, lead_ids: list[str]) -> dict[tuple[str, str], Candidate]:
    """(lead_id, partner_id) -> candidate, for the leads given; the leads of a unit share its candidates."""
    lines = pq.read_table(folder / LINES_FILE, columns=["lead_id", "unit_id"], filters=[("lead_id", "in", lead_ids)])
    units = {row["lead_id"]: row["unit_id"] for row in lines.to_pylist()}
    rows = _candidates_of(folder, set(units.values()), ["is_eligible", "exclusion_reason", "score"])
    return {
        (lead_id, row["partner_id"]): Candidate(row["is_eligible"], row["exclusion_reason"], row["score"])
        for lead_id, unit_id in units.items()
        for row in rows
        if row["unit_id"] == unit_id
    }


def _candidates_of(folder: Path, unit_ids: set[str], columns: list[str]) -> list[dict[str, Any]]:
    """Stored candidates of some units; a column an earlier release did not write is null."""
    if not unit_ids:
        return []
    wanted = [("unit_id", "in", sorted(unit_ids))]
    names = ["unit_id", "partner_id", *columns]
    table = pq.read_table(folder / CANDIDATES_FILE, columns=names, filters=wanted, schema=CANDIDATE_SCHEMA)
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def read_loads(folder: Path) -> dict[str, Load]:
    """partner_id -> slots free when the batch was made, and units it was given then."""
    rows = pq.read_table(folder / PARTNERS_FILE).to_pylist()
    return _added_up((row["partner_id"], row) for row in rows)


def read_area_loads(folder: Path) -> dict[Area, Load]:
    """The same of territories with a capacity of their own; none in a batch made by hand."""
    path = folder / AREAS_FILE
    rows = pq.read_table(path).to_pylist() if path.is_file() else []
    return _added_up(((row["partner_id"], row["area"]), row) for row in rows)


def _added_up(rows: Iterable[tuple[Key, Mapping[str, Any]]]) -> dict[Key, Load]:
    """A row for each mode the batch was placed in: the first had all the slots."""
    loads: dict[Key, Load] = {}
    for key, row in rows:
        earlier = loads.get(key, Load(0, 0))
        loads[key] = Load(max(earlier.capacity, row["capacity"]), earlier.assigned + row["assigned"])
    return loads


def moved_loads(loads: Mapping[str, Load], proposed: pa.Table, standing: pa.Table) -> dict[str, Load]:
    """`loads` with each unit that people moved counted at its new partner. Held units keep their slot."""
    return _with_moves(loads, [(partner, step) for _unit, partner, step in _moves(proposed, standing)])


def moved_area_loads(folder: Path, proposed: pa.Table, standing: pa.Table) -> dict[Area, Load]:
    """The same of territories: each unit counts in the one that limits its partner there, as stored by the run."""
    moves = _moves(proposed, standing)
    rows = _candidates_of(folder, {unit for unit, _partner, _step in moves}, ["area"])
    areas = {(row["unit_id"], row["partner_id"]): row["area"] for row in rows}
    found = [((partner, areas.get((unit, partner))), step) for unit, partner, step in moves]
    return _with_moves(
        read_area_loads(folder), [((partner, area), step) for (partner, area), step in found if area is not None]
    )


def _moves(proposed: pa.Table, standing: pa.Table) -> list[tuple[str, str, int]]:
    """(unit, partner, -1 or 1) for each unit that left or came to a partner by hand.

    Units that take no slot count nowhere; in a batch from before that was noted, all take one.
    """
    moved = pc.fill_null(pc.not_equal(proposed["partner_id"], standing["partner_id"]), True)
    if "holds_slot" in proposed.column_names:
        moved = pc.and_(moved, pc.fill_null(proposed["holds_slot"], True))
    steps = []
    for frame, step in ((proposed, -1), (standing, 1)):
        pairs = frame.filter(moved).group_by(["unit_id", "partner_id"]).aggregate([]).to_pylist()
        steps += [(row["unit_id"], row["partner_id"], step) for row in pairs if row["partner_id"] is not None]
    return steps


def _with_moves(loads: Mapping[Key, Load], moves: Iterable[tuple[Key, int]]) -> dict[Key, Load]:
    found = dict(loads)
    for key, step in moves:
        load = found.get(key, Load(0, 0))
        found[key] = Load(load.capacity, load.assigned + step)
    return found


def broken_rules(
    folder: Path, proposed: pa.Table, standing: pa.Table, lead_ids: list[str], partner_id: str
) -> list[str]:
    """Why these leads cannot go to this partner; [] if they can. Precedence is no hindrance: a person may decide it.

    `standing` are the lines as they would be. Checked: eligibility as stored, the partner's slots and those of its
    territories, one partner per account and product line, one partner per identity.
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
    problems += [
        f"{partner_id} would have {load.assigned} units of this batch in {area}, its limit there is {load.capacity}"
        for (partner, area), load in sorted(moved_area_loads(folder, proposed, standing).items())
        if partner == partner_id and load.assigned > load.capacity
    ]
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
