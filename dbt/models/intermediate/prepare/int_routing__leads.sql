-- One row per lead that routing has to place: those that may be offered now, and those that become an exception at
-- once (identity_exception).
with settings as (
    select {{ local_date('as_of', 'timezone') }} as today
    from {{ ref('stg_program__settings') }}
),

express as (
    select from_json(json_extract(body, '$.express.grades'), '["varchar"]') as grades
    from {{ ref('stg_program__rulebooks') }}
    where file = 'routing'
),

placed as (
    select
        *,
        case when routability = upper(routability) then routability end as identity_exception
    from {{ ref('int_leads__routability') }}
    where routability = 'routable' or routability = upper(routability)
)

select
    leads.lead_id,
    {{ unit_id('leads.account_id', 'leads.product') }} as unit_id,
    leads.identity_id,
    leads.account_id,
    leads.product,
    leads.product_code,
    leads.country,
    leads.region,
    upper(replace(leads.postal_code, ' ', '')) as postal_code,
    leads.latitude,
    leads.longitude,
    leads.industry,
    leads.segment,
    leads.language,
    scored.score,
    scored.grade,
    leads.captured_at,
    cast(
        date_diff(
            'day',
            leads.captured_date,
            settings.today
        ) as integer
    ) as age_days,
    placed.hops + 1 as hop,
    leads.estimated_value_minor,
    leads.lead_channel,
    leads.direction,
    leads.originating_partner_id,
    leads.campaign_id,
    coalesce(leads.asks_express and list_contains(express.grades, scored.grade), false) as is_express,
    placed.identity_exception
from placed
cross join settings
cross join express
inner join {{ ref('int_leads__enriched') }} as leads on placed.lead_id = leads.lead_id
inner join {{ ref('int_leads__scored') }} as scored on placed.lead_id = scored.lead_id
