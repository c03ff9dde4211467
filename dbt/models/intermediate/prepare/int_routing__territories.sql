-- One row per territory a partner serves on the day of as_of; null covers everything of its kind.
with settings as (
    select * from {{ ref('stg_program__settings') }}
)

select distinct
    territories.partner_id,
    territories.country_code as country,
    lower(trim(territories.region)) as region,
    upper(replace(territories.postal_prefix, ' ', '')) as postal_prefix,
    coalesce(products.product_line, lower(trim(territories.product))) as product,
    coalesce(territories.is_exclusive, false) as is_exclusive,
    territories.capacity
from {{ ref('stg_feeds__partner_territories') }} as territories
cross join settings
left join {{ ref('stg_program__products') }} as products on lower(trim(territories.product)) = products.product
where
    -- a country that is written but not known covers nothing, rather than everything
    (territories.country is null or territories.country_code is not null)
    and {{ local_date('settings.as_of', 'settings.timezone') }}
    between coalesce(territories.valid_from, date '0001-01-01') and coalesce(territories.valid_to, date '9999-12-31')
