-- One row per amount a lead, registration or opportunity carries, in minor units of the program currency at the
-- newest rate known on its day: capture, submission, close; open opportunities at as_of. No currency means the
-- program's. Without a rate there is no amount but a problem, and the gate fails.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

amounts as (
    select
        'leads' as entity,
        record_key,
        estimated_value as amount,
        currency,
        currency_code,
        captured_at as valued_at
    from {{ ref('stg_feeds__leads') }}
    union all
    select
        'deal_registrations' as entity,
        record_key,
        amount,
        currency,
        currency_code,
        submitted_at as valued_at
    from {{ ref('stg_feeds__deal_registrations') }}
    union all
    select
        'opportunities' as entity,
        record_key,
        amount,
        currency,
        currency_code,
        case when is_won is not null then closed_at end as valued_at
    from {{ ref('stg_feeds__opportunities') }}
),

valued as (
    select
        amounts.entity,
        amounts.record_key,
        amounts.amount,
        coalesce(amounts.currency_code, case when amounts.currency is null then settings.currency end) as currency,
        cast(least(coalesce(amounts.valued_at, settings.as_of), settings.as_of) as date) as valued_on,
        exponents.exponent
    from amounts
    cross join settings
    inner join {{ ref('stg_program__currency_exponents') }} as exponents on settings.currency = exponents.currency
    where amounts.amount is not null
)

select
    valued.entity,
    valued.record_key,
    valued.amount,
    valued.currency,
    valued.valued_on,
    rates.rate,
    {{ to_minor('valued.amount', 'rates.rate', 'valued.exponent') }} as amount_minor,
    case
        when valued.currency is null then 'UNKNOWN_CURRENCY'
        when rates.rate is null then 'MISSING_RATE'
    end as problem
from valued
asof left join {{ ref('stg_program__exchange_rates') }} as rates
    on valued.currency = rates.currency and valued.valued_on >= rates.rate_date
