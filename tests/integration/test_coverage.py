"""What the coverage report of the sample counts are the partners that routing had before it that day."""

import duckdb
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sample")]

# Pairs in which routing found no fault with the partner: what remains is a single lead's history, a claim, or a slot.
ROUTED = """
select distinct leads.cell_id, candidate.partner_id
from routing.candidate as candidate
inner join intermediate.int_coverage__leads as leads on candidate.lead_id = leads.lead_id
where
    candidate.exclusion_reason is null
    or candidate.exclusion_reason in ('DECLINED', 'COOL_DOWN', 'PRECEDENCE', 'DISTRIBUTOR', 'AT_LIMIT')
"""
# Cells of which routing looked at every lead: there nobody else may be counted either.
WHOLE = """
select cell_id from intermediate.int_coverage__leads group by cell_id
having bool_and(lead_id in (select lead_id from routing.candidate_unit))
"""
COUNTED = "select cell_id, partner_id from intermediate.int_coverage__partners"


def test_a_covered_combination_has_a_partner_routing_would_take_and_the_other_way_round(sample_run):
    workspace, _ = sample_run
    with duckdb.connect(str(workspace / "state" / "warehouse.duckdb"), read_only=True) as warehouse:
        routed = set(warehouse.execute(ROUTED).fetchall())
        counted = set(warehouse.execute(COUNTED).fetchall())
        whole = {row[0] for row in warehouse.execute(WHOLE).fetchall()}
        uncovered, cells = warehouse.execute(
            "select count(*) filter (where is_uncovered), count(*) from marts.rpt_coverage"
        ).fetchall()[0]
    assert routed <= counted
    assert {pair for pair in counted if pair[0] in whole} == {pair for pair in routed if pair[0] in whole}
    assert len(routed) > 100 and len(whole) > 20
    assert 0 < uncovered < cells
