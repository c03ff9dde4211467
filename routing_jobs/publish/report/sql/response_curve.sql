select
    wait,
    clock,
    minutes,
    share_rate,
    share_rate_lower,
    share_rate_upper
from marts.rpt_response_curve
where wait in ('answer', 'follow_up')
order by wait, clock, minutes
