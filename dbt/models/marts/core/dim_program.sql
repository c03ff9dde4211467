-- One row: the program the marts are about. What an amount in minor units is in money, when "now" is, whose days count.
select
    settings.program_name,
    settings.currency,
    cast(coalesce(exponents.exponent, 2) as integer) as currency_exponent,
    settings.timezone,
    cast(settings.fiscal_year_starts as integer) as fiscal_year_starts,
    settings.as_of
from {{ ref('stg_program__settings') }} as settings
left join {{ ref('stg_program__currency_exponents') }} as exponents on settings.currency = exponents.currency
