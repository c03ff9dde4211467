{#- Who travels in attribution: accounts, or identities where the rulebook says so. `body` is that of attribution.yaml;
    the other two stand in a query with a relation `settings` that has is_by_identity. -#}
{% macro is_by_identity(body) -%}
    json_extract_string({{ body }}, '$.journey') = 'identity'
{%- endmacro %}

{% macro traveller_id(rows) -%}
    if(settings.is_by_identity, {{ rows }}.identity_id, {{ rows }}.account_id)
{%- endmacro %}

{#- One row per touch of a lead, with who travelled. -#}
{% macro travelled_touches() -%}
    select
        touches.*,
        {{ traveller_id('touches') }} as traveller_id
    from {{ ref('int_touches__resolved') }} as touches
    cross join settings
    where touches.lead_id is not null
{%- endmacro %}
