{#- Spans of days and months on integers (DuckDB mixes up different INTERVALs in one SELECT). -#}

{#- The instant so many times 24 hours after another. -#}
{% macro plus_days(instant, days) -%}
    make_timestamp(epoch_us({{ instant }}) + cast({{ days }} as bigint) * 86400000000)
{%- endmacro %}

{#- Whether `later` is at or after `earlier` and at most so many times 24 hours after it. -#}
{% macro is_within_days(earlier, later, days) -%}
    (
        {{ earlier }} <= {{ later }}
        and epoch_us({{ later }}) - epoch_us({{ earlier }}) <= cast({{ days }} as bigint) * 86400000000
    )
{%- endmacro %}

{#- A date as an integer in which months can be added: compare month_key(a) + 32 * months with month_key(b). -#}
{% macro month_key(day) -%}
    ((year({{ day }}) * 12 + month({{ day }})) * 32 + day({{ day }}))
{%- endmacro %}
