-- One row per kind of wait, clock and step: the share of offers answered, accepted, declined or followed up within so
-- many minutes where they are not closed first, by Kaplan-Meier (answer, follow_up) and Aalen-Johansen (accept,
-- decline: each rules the other out).
select
    cast(wait as varchar) as wait,
    cast(clock as varchar) as clock,
    cast(minutes as double) as minutes,
    cast(at_risk as bigint) as at_risk_count,
    cast(events as bigint) as event_count,
    cast(events_so_far as bigint) as cumulative_event_count,
    cast(share as double) as share_rate,
    cast(lower as double) as share_rate_lower,
    cast(upper as double) as share_rate_upper
from {{ ref('int_response__curves') }}
