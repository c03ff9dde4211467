-- One row per cell of demand and active partner that could take it: it covers the country or part of it for the product
-- line, has the certification and vertical routing.yaml requires, and somebody who can receive a lead. A partner
-- without verticals is a generalist; a distributor could take what nobody else does.
with rules as (
    select
        coalesce(json_extract_string(body, '$.criteria.product_certification.rule') = 'require', false)
            as needs_certification,
        coalesce(json_extract_string(body, '$.criteria.vertical.rule') = 'require', false) as needs_vertical,
        from_json(json_extract(body, '$.regulated_verticals'), '["varchar"]') as regulated_verticals
    from {{ ref('stg_program__rulebooks') }}
    where file = 'routing'
),

certified as (
    select distinct
        specializations.partner_id,
        coalesce(products.product_line, specializations.code) as product
    from {{ ref('int_routing__specializations') }} as specializations
    left join {{ ref('stg_program__products') }} as products on specializations.code = products.product
    where specializations.kind = 'product_certification'
),

verticals as (
    select
        partner_id,
        list(code) as codes
    from {{ ref('int_routing__specializations') }}
    where kind = 'vertical'
    group by partner_id
)

select distinct
    demand.cell_id,
    partners.partner_id,
    limits.free_slots
from {{ ref('int_coverage__demand') }} as demand
cross join rules
inner join {{ ref('int_routing__territories') }} as territories
    on
        (territories.country is null or demand.country = territories.country)
        and (territories.product is null or demand.product = territories.product)
inner join {{ ref('int_routing__partners') }} as partners
    on territories.partner_id = partners.partner_id and partners.is_active_now and partners.has_valid_contact
inner join {{ ref('int_partners__limits') }} as limits on partners.partner_id = limits.partner_id
left join verticals on partners.partner_id = verticals.partner_id
left join certified on partners.partner_id = certified.partner_id and demand.product = certified.product
where
    (not rules.needs_certification or demand.product is null or certified.partner_id is not null)
    and (
        verticals.partner_id is null
        or list_contains(verticals.codes, demand.industry)
        or not (rules.needs_vertical or coalesce(list_contains(rules.regulated_verticals, demand.industry), false))
    )
