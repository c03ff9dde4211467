select
    count(*) filter (where intervention_count > 0) as partner_count,
    cast(coalesce(sum(intervention_count), 0) as bigint) as intervention_count,
    cast(coalesce(sum(open_count), 0) as bigint) as open_count,
    cast(coalesce(sum(accept_overdue_count), 0) as bigint) as accept_overdue_count,
    cast(coalesce(sum(follow_up_overdue_count), 0) as bigint) as follow_up_overdue_count,
    cast(coalesce(sum(stalled_count), 0) as bigint) as stalled_count,
    cast(coalesce(sum(overdue_registration_count), 0) as bigint) as overdue_registration_count,
    cast(coalesce(sum(registration_conflict_count), 0) as bigint) as registration_conflict_count
from marts.rpt_open_work
