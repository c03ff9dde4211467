"""Gate *routing input*: what routing reads is whole, consistent with the ledger, and nothing that waits was left out."""

from expectations.declare import Dataset, Gate, between, holds, not_null, unique

_REPORT = "`leadroute rebuild`, then report it: the tables routing reads disagree"
_RATES = "add the rate to reference/exchange_rates.csv, or correct the currency in the feed"

# Consent and open assignments are looked up where they come from, not in the models that routing itself relies on.
_LEADS = """
with open_assignments as (
    select identity_id, account_id, coalesce(product, '') as product
    from ledger.assignment
    where status in ('open', 'accepted')
)

select
    leads.lead_id,
    leads.unit_id,
    leads.identity_id,
    leads.account_id,
    leads.score,
    leads.hop,
    leads.age_days,
    enriched.has_consent,
    not exists (
        select 1 from open_assignments
        where
            leads.identity_exception is null
            and open_assignments.identity_id = leads.identity_id
    ) as buyer_has_no_open_assignment,
    leads.hop <= settings.max_hops or leads.identity_exception is not null as is_within_max_hops
from intermediate.int_routing__leads as leads
cross join program.setting as settings
left join intermediate.int_leads__enriched as enriched on leads.lead_id = enriched.lead_id
order by leads.lead_id
"""

# Every qualified lead is either routed now or kept for a named reason: the difference is what should be here.
_LEADS_COUNT = """
select
    (select count(distinct lead_id) from intermediate.int_leads__qualified where qualification = 'qualified')
    - (
        select count(distinct lead_id) from intermediate.int_leads__routability
        where routability <> 'routable' and routability <> upper(routability)
    )
"""

_PARTNERS = """
select
    partner_id,
    free_slots,
    capacity,
    slots_used,
    free_slots <= greatest(0, capacity - slots_used) as free_slots_fit_capacity,
    is_active_now,
    has_valid_contact
from intermediate.int_routing__partners
order by partner_id
"""

_AMOUNTS = """
select
    entity || ':' || md5(record_key) as amount_key,
    coalesce(problem, '') <> 'MISSING_RATE' as has_rate
from intermediate.int_amounts__converted
where entity = 'leads'
order by amount_key
"""

ROUTING_INPUT = Gate(
    name="routing_input",
    subject=(
        "intermediate.int_routing__leads",
        "intermediate.int_routing__partners",
        "intermediate.int_routing__territories",
        "intermediate.int_routing__specializations",
        "intermediate.int_routing__refusals",
        "intermediate.int_routing__incumbents",
        "intermediate.int_routing__live_registrations",
        "intermediate.int_routing__named_accounts",
        "program.rulebook",
    ),
    datasets=(
        Dataset(
            name="leads",
            rows=_LEADS,
            count=_LEADS_COUNT,
            key="lead_id",
            floor_remedy=_REPORT,
            checks=(
                unique("lead_id", _REPORT),
                not_null("unit_id", _REPORT),
                not_null("identity_id", _REPORT),
                not_null("account_id", _REPORT),
                between("score", 0, 100, "correct the points in rulebook/scoring.yaml"),
                between("hop", 1, 10_000, _REPORT),
                between("age_days", -1, 100_000, "correct captured_at in the feed, or its timezone"),
                holds("has_consent", "a lead without consent to share would be routed", _REPORT),
                holds(
                    "buyer_has_no_open_assignment", "a lead of a buyer with an open assignment would be routed", _REPORT
                ),
                holds("is_within_max_hops", "a lead would be offered more often than max_hops allows", _REPORT),
            ),
        ),
        Dataset(
            name="partners",
            rows=_PARTNERS,  # with those gone from the roster, as terminated
            count="select count(distinct partner_id) from raw.partners where is_current",
            key="partner_id",
            minimum_rows=1,
            floor_remedy="land a partner roster: without one no lead can be routed",
            checks=(
                unique("partner_id", _REPORT),
                between("capacity", 0, 10**9, "correct capacity in the roster: 0 or more, blank for the default"),
                between("free_slots", 0, 10**9, _REPORT),
                holds("free_slots_fit_capacity", "a partner would get more than its capacity", _REPORT),
                not_null("is_active_now", _REPORT),
                not_null("has_valid_contact", _REPORT),
            ),
        ),
        Dataset(
            name="amounts",
            rows=_AMOUNTS,
            count="select count(*) from raw.leads where is_current and not is_closed and estimated_value is not null",
            key="amount_key",
            checks=(holds("has_rate", "an estimated value has no exchange rate on its day", _RATES),),
        ),
    ),
)
