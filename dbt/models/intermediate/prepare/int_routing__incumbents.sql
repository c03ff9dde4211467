-- One row per account and product line: the partner with the newest won or open opportunity there in the months the
-- rulebook looks back.
with settings as (
    select * from {{ ref('stg_program__settings') }}
)

select
    opportunities.account_id,
    opportunities.product,
    opportunities.partner_id,
    coalesce(opportunities.closed_at, opportunities.created_at) as since
from {{ ref('int_opportunities__resolved') }} as opportunities
cross join settings
where
    opportunities.account_id is not null
    and opportunities.partner_id is not null
    and coalesce(opportunities.is_won, true)
    and {{ month_key(local_date('coalesce(opportunities.closed_at, opportunities.created_at)', 'settings.timezone')) }}
    + 32 * settings.incumbent_months
    >= {{ month_key(local_date('settings.as_of', 'settings.timezone')) }}
qualify row_number() over (
    partition by opportunities.account_id, opportunities.product
    order by coalesce(opportunities.closed_at, opportunities.created_at) desc, opportunities.opportunity_id desc
) = 1
