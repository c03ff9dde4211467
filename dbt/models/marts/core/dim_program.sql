-- One row: the program the marts are about. What an amount in minor units is in money, when "now" is, whose days count,
-- and the rules its numbers rest on.
select
    settings.program_name,
    settings.currency,
    cast(coalesce(exponents.exponent, 2) as integer) as currency_exponent,
    settings.timezone,
    cast(settings.fiscal_year_starts as integer) as fiscal_year_starts,
    settings.as_of,
    settings.qualified_at as qualifying_score,
    settings.default_value_minor,
    settings.age_half_life_days,
    settings.stalled_after_days,
    settings.max_hops,
    settings.cool_down_days,
    settings.report_grace_days,
    settings.duplicate_window_days,
    settings.lookback_days,
    settings.protection_days,
    settings.decision_hours,
    cast(json_extract(rulebooks.body, '$.performance.newcomer_offers') as integer) as newcomer_offers,
    cast(json_extract(rulebooks.body, '$.performance.half_life_days') as double) as performance_half_life_days,
    cast(json_extract(rulebooks.body, '$.performance.floor') as double) as performance_floor,
    cast(json_extract(rulebooks.body, '$.performance.cap') as double) as performance_cap
from {{ ref('stg_program__settings') }} as settings
inner join {{ ref('stg_program__rulebooks') }} as rulebooks on rulebooks.file = 'routing'
left join {{ ref('stg_program__currency_exponents') }} as exponents on settings.currency = exponents.currency
