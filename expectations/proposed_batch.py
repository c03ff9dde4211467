"""Gate *proposed batch*: every lead has one fate, every hard rule holds when re-checked by other code, totals reconcile.

The re-check is `routing_jobs.proposal.checker`: it shares nothing with the code that made the proposal.
"""

from expectations.declare import Dataset, Gate, holds, one_of, unique
from routing_jobs.program.vocabulary import EXCEPTION_CODES
from routing_jobs.proposal.checker import AREAS, BATCHES, FIT, LINES, PARTNERS, SINGLES

_REPORT = "report it with the run id: the routing room broke its own rule; no batch was proposed"
PROPOSED = "routing.line"
CHANGED = "memory.main.line"  # the lines of a batch people changed, beside an attached serving copy

_TOTALS = """
with counted as (
    select is_express, count(partner_id) as placed, count(exception_code) as exceptions
    from routing.line
    group by is_express
)

select
    summary.content_sha256 || '/' || summary.is_express as proposal,
    summary.leads = coalesce(counted.placed, 0) + coalesce(counted.exceptions, 0) as leads_reconcile,
    summary.assigned = coalesce(counted.placed, 0) as assigned_reconcile
from routing.summary as summary
left join counted on summary.is_express = counted.is_express
order by proposal
"""


def _hard_rules(relation: str, routable: str, placed: str) -> tuple[Dataset, ...]:
    """The re-check of the lines in `relation`; `routable` and `placed` count them independently."""
    return (
        Dataset(
            name="lines",
            rows=LINES.format(lines=relation),
            count=routable,
            key="lead_id",
            floor_remedy=_REPORT,
            checks=(
                unique("lead_id", _REPORT),
                holds("is_routable", "a line names a lead that may not be routed", _REPORT),
                holds("has_one_fate", "a lead has no fate, or two", _REPORT),
                holds("exception_is_owned", "an exception has no remedy, owner or due time", _REPORT),
                one_of("exception_code", tuple(EXCEPTION_CODES), _REPORT, nullable=True),
                holds("has_consent", "a lead without consent to share was placed", _REPORT),
                holds("partner_is_active", "a partner that takes no leads now was chosen", _REPORT),
                holds("partner_can_be_reached", "a partner without a valid contact was chosen", _REPORT),
                holds("territory_covers", "a partner was chosen outside its territory", _REPORT),
                holds("was_not_refused", "a partner that declined the lead was chosen again", _REPORT),
            ),
        ),
        Dataset(
            name="fit",
            rows=FIT.format(lines=relation),
            count=placed,
            key="lead_id",
            checks=(
                holds("is_certified", "a partner without the certification was chosen", _REPORT),
                holds("serves_vertical", "a partner outside a required vertical was chosen", _REPORT),
                holds("serves_segment", "a partner outside a required segment was chosen", _REPORT),
                holds("speaks_language", "a partner without a required language was chosen", _REPORT),
                holds("has_the_tier", "a partner below the required tier was chosen", _REPORT),
                holds("commits_to_answer", "a partner that answers too slowly was chosen", _REPORT),
            ),
        ),
        Dataset(
            name="singles",
            rows=SINGLES.format(lines=relation),
            count=placed,
            key="lead_id",
            checks=(
                holds("is_only_offer_of_buyer", "one buyer would get two offers", _REPORT),
                holds("is_only_partner_of_account", "two partners would hold one account and product line", _REPORT),
            ),
        ),
        Dataset(
            name="partners",
            rows=PARTNERS.format(lines=relation),
            count=f"""
                select count(distinct line.partner_id) from {relation} as line
                left join intermediate.int_routing__leads as lead on line.lead_id = lead.lead_id
                where line.partner_id is not null and lead.direction is distinct from 'partner'
            """,  # noqa: S608 - one of the two relations named above
            key="partner_id",
            checks=(
                holds("is_on_the_roster", "a partner the roster does not know was chosen", _REPORT),
                holds("is_within_capacity", "a partner gets more than its free slots", _REPORT),
                holds("is_within_batch_limit", "a partner gets more than its batch limit", _REPORT),
                holds("is_within_daily_limit", "a partner gets more than its daily limit", _REPORT),
                holds("is_within_monthly_limit", "a partner gets more than its monthly limit", _REPORT),
            ),
        ),
        Dataset(
            name="territories",
            rows=AREAS.format(lines=relation),
            count="""
                select count(distinct (partner_id, country, region, postal_prefix, product))
                from intermediate.int_routing__territories where capacity is not null
            """,
            key="territory",
            checks=(holds("is_within_territory_capacity", "a partner gets more than a territory takes", _REPORT),),
        ),
    )


# The datasets of a batch as people changed it: its certificate is the proposal's and no longer asked for.
CHANGED_BATCH = Gate(
    name="proposed_batch",
    subject=(),
    datasets=_hard_rules(
        CHANGED,
        "select line_count from memory.main.counted",
        "select placed_count from memory.main.counted",
    ),
)

PROPOSED_BATCH = Gate(
    name="proposed_batch",
    subject=("routing.summary",),
    subject_query="select content_sha256 from routing.summary order by is_express",
    datasets=(
        *_hard_rules(
            PROPOSED,
            "select count(*) from intermediate.int_routing__leads",
            "select count(*) from routing.line where partner_id is not null",
        ),
        Dataset(
            name="certificate",
            rows=BATCHES.format(lines=PROPOSED),
            count="select count(*) from routing.summary",
            key="is_express",
            minimum_rows=1,
            checks=(
                holds("bound_holds", "the objective exceeds its upper bound", _REPORT),
                holds("certificate_adds_up", "prices and surpluses do not add up to the objective", _REPORT),
                holds("no_slot_is_wasted", "a unit is left over while an eligible partner has room", _REPORT),
            ),
        ),
        Dataset(
            name="totals",
            rows=_TOTALS,
            count="select count(*) from routing.summary",
            key="proposal",
            minimum_rows=1,
            checks=(
                holds("leads_reconcile", "leads are not assigned plus exceptions", _REPORT),
                holds("assigned_reconcile", "assigned leads are not the lines with a partner", _REPORT),
            ),
        ),
    ),
)
