-- One row per account, product line and partner it is reserved for (`direct`: the vendor's own team) on the day of
-- as_of. Product null means all; a row for a product line outranks one for all.
with settings as (
    select * from {{ ref('stg_program__settings') }}
)

select distinct
    accounts.account_id,
    coalesce(products.product_line, lower(trim(named.product))) as product,
    case when lower(trim(named.partner_id)) = 'direct' then 'direct' else named.partner_id end as partner_id
from {{ ref('stg_feeds__named_accounts') }} as named
cross join settings
inner join {{ ref('int_accounts__resolved') }} as accounts
    on accounts.entity = 'named_accounts' and named.record_key = accounts.record_key
left join {{ ref('stg_program__products') }} as products on lower(trim(named.product)) = products.product
where
    accounts.account_id is not null
    and {{ local_date('settings.as_of', 'settings.timezone') }}
    between coalesce(named.valid_from, date '0001-01-01') and coalesce(named.valid_to, date '9999-12-31')
