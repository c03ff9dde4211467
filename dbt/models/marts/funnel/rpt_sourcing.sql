-- One row per fiscal quarter and sourcing: opportunities created in the quarter and their open value, deals closed in
-- the quarter, win rate of those with its interval, and the days the won ones took.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

opportunities as (
    select
        opportunities.*,
        settings.fiscal_year_starts
    from {{ ref('fct_opportunity') }} as opportunities
    cross join settings
),

created as (
    select
        {{ fiscal_quarter('created_date', 'fiscal_year_starts') }} as fiscal_quarter,
        sourcing,
        count(*) as opportunity_count,
        count(*) filter (where is_won is null) as open_count,
        cast(coalesce(sum(amount_minor) filter (where is_won is null), 0) as bigint) as pipeline_minor
    from opportunities
    group by all
),

closed as (
    select
        {{ fiscal_quarter('closed_date', 'fiscal_year_starts') }} as fiscal_quarter,
        sourcing,
        count(*) filter (where is_won) as won_count,
        count(*) filter (where not is_won) as lost_count,
        cast(coalesce(sum(amount_minor) filter (where is_won), 0) as bigint) as won_minor,
        median(cycle_days) filter (where is_won) as median_cycle_days
    from opportunities
    where is_won is not null
    group by all
)

select
    coalesce(created.fiscal_quarter, closed.fiscal_quarter) as fiscal_quarter,
    coalesce(created.sourcing, closed.sourcing) as sourcing,
    coalesce(created.opportunity_count, 0) as opportunity_count,
    coalesce(created.open_count, 0) as open_count,
    coalesce(created.pipeline_minor, 0) as pipeline_minor,
    coalesce(closed.won_count, 0) as won_count,
    coalesce(closed.lost_count, 0) as lost_count,
    coalesce(closed.won_minor, 0) as won_minor,
    {{ rate('coalesce(closed.won_count, 0)', '(coalesce(closed.won_count, 0) + coalesce(closed.lost_count, 0))') }}
        as win_rate,
    {{ wilson_lower('closed.won_count', '(closed.won_count + closed.lost_count)') }} as win_rate_lower,
    {{ wilson_upper('closed.won_count', '(closed.won_count + closed.lost_count)') }} as win_rate_upper,
    closed.median_cycle_days,
    coalesce(created.fiscal_quarter, closed.fiscal_quarter)
    = {{ fiscal_quarter(local_date('settings.as_of', 'settings.timezone'), 'settings.fiscal_year_starts') }}
        as is_running_quarter
from created
full join closed
    on created.fiscal_quarter = closed.fiscal_quarter and created.sourcing = closed.sourcing
cross join settings
