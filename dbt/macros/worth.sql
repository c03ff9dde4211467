{#- What a lead is still worth at an instant: its value, halved every `half_life_days` since capture. -#}
{% macro worth_at(value_minor, captured_at, at, half_life_days) -%}
    cast(round(
        {{ value_minor }} * power(
            0.5, greatest(epoch_us({{ at }}) - epoch_us({{ captured_at }}), 0) / ({{ half_life_days }} * 86400000000.0)
        )
    ) as bigint)
{%- endmacro %}
