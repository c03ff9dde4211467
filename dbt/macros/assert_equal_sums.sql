{#- Rows of a conservation test: what was compared, and both sides, wherever they differ. `pairs` is a list of
    (name, query for one number, query for the number it must be). -#}
{% macro assert_equal_sums(pairs) %}
    {% for name, found, expected in pairs %}
    select
        '{{ name }}' as compared,
        coalesce(({{ found }}), 0) as found,
        coalesce(({{ expected }}), 0) as expected
    where coalesce(({{ found }}), 0) != coalesce(({{ expected }}), 0)
    {{ 'union all' if not loop.last }}
    {% endfor %}
{% endmacro %}
