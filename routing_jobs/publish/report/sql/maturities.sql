select
    stage,
    matures_after_days
from marts.dim_stage
where matures_after_days is not null
order by funnel_order
