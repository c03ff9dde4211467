-- A program drawn by hash. Facts are drawn; reports follow from them as far as the look of the page needs it.
create macro draw(key, salt) as ('0x' || substr(md5(key || salt), 1, 8))::bigint / 4294967296.0;

create macro later(moment, seconds) as make_timestamp(epoch_us(moment) + cast(seconds * 1000000.0 as bigint));

create macro month_of(moment) as cast(date_trunc('month', moment) as date);

insert into marts.dim_partner by name
select
    'p' || n as partner_id,
    ['Alder', 'Beacon', 'Cobalt', 'Dune', 'Ember'][n % 5 + 1]
    || ' ' || ['Systems', 'Networks <&> Söhne', 'IT'][n % 3 + 1] || ' ' || n as partner_name,
    ['Gold', 'Silver', 'Registered'][n % 3 + 1] as tier,
    n % 3 + 1 as tier_order,
    'active' as status,
    true as is_in_roster
from range(30) as numbers (n);

create temp table drawn as
select
    'l' || n as lead_id,
    later(timestamp '2025-06-10 08:00', 31900000 * draw('l' || n, 'at')) as captured_at,
    ['web_form', 'event', 'campaign', 'partner_referral'][cast(floor(4 * draw('l' || n, 'channel')) as bigint) + 1]
        as lead_channel,
    'p' || cast(floor(30 * power(draw('l' || n, 'partner'), 2)) as bigint) as partner_id,
    floor(11 * power(draw('l' || n, 'way'), 0.6)) as furthest,
    draw('l' || n, 'speed') as speed,
    cast(100000 + 9900000 * power(draw('l' || n, 'worth'), 4) as bigint) as worth_minor,
    draw('l' || n, 'fate') as fate
from range(getvariable('leads')) as numbers (n);

insert into marts.fct_lead by name
select
    lead_id,
    captured_at,
    lead_channel,
    if(lead_channel = 'partner_referral', 'partner', 'vendor') as direction,
    if(furthest >= 4, partner_id, null) as partner_id,
    if(furthest >= 2, captured_at, null) as qualified_at,
    case
        when furthest < 2 then 'disqualified'
        when furthest = 2 then 'exception'
        when furthest >= 10 then 'won'
        else 'worked'
    end as current_stage,
    if(furthest = 2, if(fate < 0.6, 'ALL_AT_LIMIT', 'NO_TERRITORY_MATCH'), null) as exception_code,
    if(furthest >= 4, later(captured_at, 21600), null) as first_released_at,
    if(furthest >= 5, later(captured_at, 43200), null) as accepted_at,
    if(furthest >= 6, later(captured_at, 36000 + 700000 * speed), null) as first_follow_up_at,
    if(furthest >= 6, (36000 + 700000 * speed) / 60, null) as capture_to_follow_up_minutes,
    if(furthest >= 9, later(captured_at, 86400 * (10 + 50 * speed)), null) as opportunity_at,
    if(furthest >= 10, later(captured_at, 86400 * (40 + 70 * speed)), null) as won_at,
    cast(greatest(1, least(furthest, 10)) as integer) as furthest_order
from drawn;

insert into marts.fct_assignment by name
select
    'a-' || leads.lead_id as assignment_id,
    leads.lead_id,
    leads.partner_id,
    partners.tier as tier_at_release,
    1 as hop,
    'routed' as source,
    leads.first_released_at as released_at,
    later(leads.first_released_at, 172800) as accept_due_at,
    later(leads.first_released_at, 345600) as follow_up_due_at,
    leads.accepted_at as responded_at,
    leads.first_follow_up_at,
    case
        when leads.accepted_at is null then 'expired'
        when leads.furthest_order >= 10 then 'won'
        else 'accepted'
    end as status,
    leads.accepted_at is not null and leads.furthest_order < 10 as is_open,
    if(leads.accepted_at is null, later(leads.first_released_at, 172800), leads.won_at) as closed_at,
    coalesce(leads.first_follow_up_at <= later(leads.first_released_at, 345600), false) as is_followed_up_in_time,
    false as is_left_out,
    leads.furthest_order
from marts.fct_lead as leads
inner join marts.dim_partner as partners on leads.partner_id = partners.partner_id
where leads.first_released_at < timestamp '2026-06-15 12:00';

insert into marts.fct_opportunity by name
select
    'o-' || leads.lead_id as opportunity_id,
    leads.lead_id,
    leads.partner_id,
    case
        when leads.lead_channel = 'partner_referral' then 'partner_sourced'
        when drawn.fate < 0.2 then 'partner_influenced'
        else 'vendor_sourced'
    end as sourcing,
    leads.opportunity_at as created_at,
    coalesce(leads.won_at, if(drawn.fate > 0.7, later(leads.opportunity_at, 1728000), null)) as closed_at,
    case when leads.won_at is not null then true when drawn.fate > 0.7 then false end as is_won,
    drawn.worth_minor as amount_minor,
    cast(30 + 70 * drawn.speed as integer) as cycle_days
from marts.fct_lead as leads
inner join drawn on leads.lead_id = drawn.lead_id
where
    leads.opportunity_at < timestamp '2026-06-15'
    and (leads.won_at is null or leads.won_at < timestamp '2026-06-15');

insert into marts.rpt_sourcing by name
select
    'FY' || (year(closed_at) + if(month(closed_at) >= 2, 1, 0)) || '-Q' || ((month(closed_at) + 10) % 12 // 3 + 1)
        as fiscal_quarter,
    sourcing,
    count(*) as won_count,
    sum(amount_minor) as won_minor
from marts.fct_opportunity
where is_won
group by all;

insert into marts.rpt_source_attribution by name
select
    month_of(drawn.captured_at) as month,
    models.model,
    ['search', 'email', 'event', 'unattributed'][
        cast(floor(if(models.model = 'linear', 3.5, 4) * draw(drawn.lead_id, models.model)) as bigint) + 1
    ] as lead_channel,
    sum(if(drawn.furthest >= 10, drawn.worth_minor, 0)) as revenue_minor,
    sum(if(drawn.furthest = 9, drawn.worth_minor, 0)) as pipeline_minor,
    sum(cast(4000 + 9000 * drawn.speed as bigint)) as spend_minor,
    count(*) filter (where drawn.furthest >= 5) as accepted_lead_count
from drawn
cross join (select unnest(['first_touch', 'linear', 'shapley']) as model) as models
group by all;

insert into marts.rpt_value_lost by name
select
    month_of(offers.closed_at) as month,
    offers.partner_id,
    offers.status,
    true as is_deadline_missed,
    count(*) as offer_count,
    sum(drawn.worth_minor) // 40 as value_lost_minor
from marts.fct_assignment as offers
inner join drawn on offers.lead_id = drawn.lead_id
where offers.status = 'expired'
group by all;

insert into marts.rpt_coverage by name
select
    ['DE', 'FR', 'JP'][cast(floor(3 * fate) as bigint) + 1] as country,
    'Routers' as product,
    count(*) as exception_count,
    count(*) // 2 as exception_over_7_days_count,
    sum(worth_minor) as unplaced_value_minor,
    count(*) // 3 as waiting_without_partner_count,
    false as is_uncovered
from drawn
where furthest = 2
group by all;

insert into marts.rpt_open_work by name
select
    offers.partner_id,
    'cm-1' as channel_manager,
    partners.tier,
    'active' as status,
    count(*) as open_count,
    count(*) // 9 as accept_overdue_count,
    count(*) // 7 as follow_up_overdue_count,
    count(*) // 5 as stalled_count,
    90 as oldest_open_days,
    1 as overdue_registration_count,
    0 as registration_conflict_count,
    count(*) // 4 as intervention_count
from marts.fct_assignment as offers
inner join marts.dim_partner as partners on offers.partner_id = partners.partner_id
where offers.is_open
group by all;

insert into marts.rpt_funnel by name
select
    month_of(captured_at) as cohort_month,
    direction,
    count(*) as captured_count,
    count(*) filter (where furthest_order >= 2) as qualified_count,
    count(*) filter (where furthest_order >= 3) as routed_count,
    count(*) filter (where furthest_order >= 4) as released_count,
    count(*) filter (where furthest_order >= 5) as accepted_count,
    count(*) filter (where furthest_order >= 6) as worked_count,
    count(*) filter (where furthest_order >= 7) as partner_qualified_count,
    count(*) filter (where furthest_order >= 9) as opportunity_count,
    count(*) filter (where furthest_order >= 10) as won_count,
    count(*) filter (where current_stage = 'disqualified') as disqualified_count,
    count(*) filter (where current_stage = 'exception') as exception_count,
    0 as duplicate_count,
    0 as suppressed_count,
    0 as lost_count,
    0 as registered_count,
    count(*) as matured_for_accepted_count,
    count(*) filter (where furthest_order >= 5) as matured_accepted_count,
    count(*) as matured_for_worked_count,
    count(*) filter (where furthest_order >= 6) as matured_worked_count,
    count(*) as matured_for_partner_qualified_count,
    count(*) filter (where furthest_order >= 7) as matured_partner_qualified_count,
    count(*) as matured_for_opportunity_count,
    count(*) filter (where furthest_order >= 9) as matured_opportunity_count,
    0 as matured_for_won_count,
    0 as matured_won_count
from marts.fct_lead
group by all;

insert into marts.rpt_response_summary by name
select
    slices.slice,
    slices.slice_key,
    count(*) as offer_count,
    count(offers.responded_at) as answered_count,
    count(offers.first_follow_up_at) as followed_up_count,
    count(*) as answer_window_closed_count,
    count(offers.responded_at) as answered_in_time_count,
    count(*) - count(offers.responded_at) as never_answered_count,
    count(offers.responded_at) / count(*) as answered_in_time_rate,
    0.5 as answered_in_time_rate_lower,
    0.9 as answered_in_time_rate_upper,
    360.0 as answer_median_minutes,
    200.0 as answer_median_business_minutes,
    null as answer_p90_minutes,
    4000.0 as follow_up_median_minutes,
    20000.0 as follow_up_p90_minutes
from marts.fct_assignment as offers
cross join lateral (
    select
        unnest(['all', 'month', 'tier']) as slice,
        unnest(['all', cast(month_of(offers.released_at) as varchar), offers.tier_at_release]) as slice_key
) as slices
group by slices.slice, slices.slice_key;

insert into marts.rpt_response_curve by name
select
    waits.wait,
    clocks.clock,
    numbers.n * numbers.n * if(clocks.clock = 'business', 3.0, 8.0) as minutes,
    100 as at_risk_count,
    1 as event_count,
    waits.top * (1 - exp(-numbers.n / 14.0)) as share_rate,
    waits.top * (1 - exp(-numbers.n / 16.0)) as share_rate_lower,
    least(1, waits.top * (1.05 - exp(-numbers.n / 13.0))) as share_rate_upper
from range(1, 60) as numbers (n)
cross join (values ('answer', 0.86), ('follow_up', 0.71)) as waits (wait, top)
cross join (values ('elapsed'), ('business')) as clocks (clock);

insert into marts.rpt_partner_scorecard by name
select
    month_of(released_at) as month,
    partner_id,
    count(*) as offered_count,
    count(responded_at) as accepted_count,
    count(*) as follow_up_counted_count,
    count(*) filter (where is_followed_up_in_time) as followed_up_in_time_count,
    0.4 * count(*) as expected_follow_up_count,
    count(*) as received_lead_count,
    count(*) + 0.5 as expected_lead_count,
    count(*) filter (where furthest_order >= 9) as opportunity_count,
    count(*) * 90000 as won_minor
from marts.fct_assignment
group by all;

insert into marts.rpt_data_quality by name
select
    'intake' as kind,
    'run-2' as run_id,
    'crm_leads' as feed,
    fates.fate as reason_code,
    fates.n as record_count
from (values ('accepted', 2000), ('duplicate', 30), ('filtered', 5), ('quarantined', 25)) as fates (fate, n)
union all
select
    'quarantine',
    'run-2',
    'crm_leads',
    'INVALID_NUMBER',
    25;

insert into marts.rpt_data_quality by name
select
    'check' as kind,
    runs.run_id,
    runs.judged_at as as_of,
    gates.gate,
    gates.gate || '__rows' as check_name,
    2000 as rows_seen,
    runs.failed as rows_failed,
    if(runs.failed = 0, 'passed', 'failed') as verdict
from (
    values ('run-2', timestamp '2026-06-15 12:00', 0), ('run-1', timestamp '2026-06-14 12:00', 3)
) as runs (run_id, judged_at, failed)
cross join (select unnest(['arrivals', 'routing_input', 'proposed_batch']) as gate) as gates
