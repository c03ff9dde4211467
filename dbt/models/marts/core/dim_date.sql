-- One row per calendar day of the program's own time zone, from the year of its first event to the end of the year
-- after as_of.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

first_events as (
    select min(captured_at) as first_at from {{ ref('int_leads__enriched') }}
    union all
    select min(released_at) from {{ ref('int_offers') }}
    union all
    select min(created_at) from {{ ref('int_opportunities__resolved') }}
    union all
    select min(touched_at) from {{ ref('int_touches__resolved') }}
    union all
    select cast(min(spend_date) as timestamp) from {{ ref('stg_feeds__campaign_spend') }}
),

bounds as (
    select
        settings.fiscal_year_starts,
        {{ local_date('settings.as_of', 'settings.timezone') }} as today,
        year({{ local_date('settings.as_of', 'settings.timezone') }}) as last_year,
        coalesce(
            year(min({{ local_date('first_events.first_at', 'settings.timezone') }})),
            year({{ local_date('settings.as_of', 'settings.timezone') }})
        ) as first_year
    from settings
    cross join first_events
    group by settings.fiscal_year_starts, settings.as_of, settings.timezone
),

days as (
    select
        fiscal_year_starts,
        today,
        make_date(first_year, 1, 1) + cast(unnest(
            range(0, cast(make_date(last_year + 2, 1, 1) - make_date(first_year, 1, 1) as bigint))
        ) as integer) as date_day
    from bounds
)

select
    date_day,
    cast(date_trunc('week', date_day) as date) as week_start_date,
    cast(date_trunc('month', date_day) as date) as month_start_date,
    cast(year(date_day) as integer) as calendar_year,
    cast(quarter(date_day) as integer) as calendar_quarter,
    cast(isodow(date_day) as integer) as iso_weekday,
    cast({{ fiscal_year('date_day', 'fiscal_year_starts') }} as integer) as fiscal_year,
    cast({{ fiscal_quarter_number('date_day', 'fiscal_year_starts') }} as integer) as fiscal_quarter_number,
    {{ fiscal_quarter('date_day', 'fiscal_year_starts') }} as fiscal_quarter,
    {{ fiscal_quarter('date_day', 'fiscal_year_starts') }} = {{ fiscal_quarter('today', 'fiscal_year_starts') }}
        as is_running_quarter
from days
