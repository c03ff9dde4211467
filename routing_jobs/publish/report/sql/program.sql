select
    program_name,
    currency,
    currency_exponent,
    timezone,
    fiscal_year_starts,
    as_of
from marts.dim_program
