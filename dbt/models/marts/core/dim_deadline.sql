-- One row per clock of rulebook/sla.yaml and what it holds for: all offers, or those of one grade, tier or segment,
-- which come before it.
with rules as (
    select cast(body as json) as body
    from {{ ref('stg_program__rulebooks') }}
    where file = 'sla'
),

held as (
    select
        'all' as applies_to,
        'all' as applies_to_value,
        json_extract(body, '$.clocks') as clocks
    from rules
    {% for kind in ['grade', 'tier', 'segment'] %}
        union all
        select
            '{{ kind }}' as applies_to,
            overrides.key as applies_to_value,
            overrides.value as clocks
        from rules, json_each(rules.body, '$.by_{{ kind }}') as overrides
    {% endfor %}
)

{% for clock in ['capture_to_release', 'release_to_acceptance', 'release_to_follow_up', 'capture_to_follow_up'] %}
    select
        '{{ clock }}' as clock,
        applies_to,
        applies_to_value,
    {% for unit in ['business_days', 'business_hours', 'hours'] %}
        cast(json_extract(clocks, '$.{{ clock }}.{{ unit }}') as double) as {{ unit }}{{ ',' if not loop.last }}
    {% endfor %}
    from held
    where json_type(clocks, '$.{{ clock }}') = 'OBJECT'
    {% if not loop.last %}union all{% endif %}
{% endfor %}
