-- The vendor's qualified leads by period of capture, in steps of $step_minutes from capture to first follow-up; null for
-- those not followed up within the time every one of them could be watched. Contradictory times are left out.
select
    captured_at >= $period_start as is_current,
    case
        when capture_to_follow_up_minutes <= $watched_minutes
            then cast(ceil(capture_to_follow_up_minutes / $step_minutes) as integer)
    end as step,
    count(*) as lead_count
from marts.fct_lead
where
    direction = 'vendor'
    and qualified_at is not null
    and current_stage not in ('direct', 'duplicate', 'suppressed')
    and (first_follow_up_at is null or capture_to_follow_up_minutes is not null)
    and captured_at >= $previous_start
    and captured_at < $period_end
group by all
order by is_current, step nulls last
