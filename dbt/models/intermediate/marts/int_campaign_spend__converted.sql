-- One row per spend record up to as_of in program currency, at the newest rate known on the day; no currency means the
-- program's.
with settings as (
    select * from {{ ref('stg_program__settings') }}
),

spends as (
    select
        spends.record_key,
        spends.campaign_id,
        spends.channel,
        spends.spend_date,
        spends.amount,
        coalesce(spends.currency_code, case when spends.currency is null then settings.currency end) as currency,
        exponents.exponent
    from {{ ref('stg_feeds__campaign_spend') }} as spends
    cross join settings
    inner join {{ ref('stg_program__currency_exponents') }} as exponents on settings.currency = exponents.currency
    where spends.spend_date <= {{ local_date('settings.as_of', 'settings.timezone') }}
)

select
    spends.record_key,
    spends.campaign_id,
    spends.channel,
    spends.spend_date,
    spends.currency,
    rates.rate,
    {{ to_minor('spends.amount', 'rates.rate', 'spends.exponent') }} as amount_minor
from spends
asof left join {{ ref('stg_program__exchange_rates') }} as rates
    on spends.currency = rates.currency and spends.spend_date >= rates.rate_date
