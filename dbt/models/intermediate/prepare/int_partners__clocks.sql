-- One row per partner: the zone, country and calendar its clocks run in; the program's zone and the default calendar
-- where the roster names none that exists.
with calendars as (
    select unnest(json_keys(body, '$.calendars')) as calendar
    from {{ ref('stg_program__rulebooks') }}
    where file = 'sla'
),

zones as (
    select distinct name as timezone from pg_timezone_names()
)

select
    partners.partner_id,
    coalesce(zones.timezone, settings.timezone) as timezone,
    partners.country_code as country,
    coalesce(calendars.calendar, 'default') as calendar
from {{ ref('stg_feeds__partners') }} as partners
cross join {{ ref('stg_program__settings') }} as settings
left join zones on partners.timezone = zones.timezone
left join calendars on partners.calendar = calendars.calendar
