"""Slots of a partner after people moved units: what takes no slot neither takes nor frees one."""

import pyarrow as pa
import pytest

from routing_jobs.ledger.hard_rules import Load, moved_loads


def lines(partner_id, **facts):
    return pa.table({"unit_id": ["U1"], "partner_id": [partner_id], **facts})


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"holds_slot": [True]}, {"P1": Load(2, 1), "P2": Load(2, 2)}),
        ({"holds_slot": [False]}, {"P1": Load(2, 2), "P2": Load(2, 1)}),
        ({"holds_slot": pa.array([None], pa.bool_())}, {"P1": Load(2, 1), "P2": Load(2, 2)}),
        ({}, {"P1": Load(2, 1), "P2": Load(2, 2)}),  # lines from before it was noted
    ],
)
def test_a_unit_without_a_slot_is_moved_without_one(facts, expected):
    before = {"P1": Load(2, 2), "P2": Load(2, 1)}
    assert moved_loads(before, lines("P1", **facts), lines("P2", **facts)) == expected
