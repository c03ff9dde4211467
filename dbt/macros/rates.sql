{#- Rates and their intervals, in one place. A rate over nothing is null, never 0. -#}

{% macro rate(successes, trials) -%}
    cast({{ successes }} as double) / nullif({{ trials }}, 0)
{%- endmacro %}

{#- 95 % Wilson score interval (Wilson 1927, without continuity correction); 1.959963984540054 = z(0.975).
    The ends for 0 and all successes are exact, which rounding would miss. -#}
{% macro wilson_lower(successes, trials) -%}
    case when {{ successes }} = 0 and {{ trials }} > 0 then 0.0
    else {{ _wilson(successes, trials, '-') }} end
{%- endmacro %}

{% macro wilson_upper(successes, trials) -%}
    case when {{ successes }} = {{ trials }} and {{ trials }} > 0 then 1.0
    else {{ _wilson(successes, trials, '+') }} end
{%- endmacro %}

{% macro _wilson(successes, trials, sign) -%}
    ({{ successes }} + 1.9207294103470627
        {{ sign }} 1.959963984540054 * sqrt(
            cast({{ successes }} as double) * ({{ trials }} - {{ successes }}) / nullif({{ trials }}, 0) + 0.96036470517353135
        )
    ) / nullif({{ trials }} + 3.8414588206941254, 3.8414588206941254)
{%- endmacro %}

{#- Money per thing, rounded to the minor unit; null where no money was spent or nothing was got for it. -#}
{% macro cost_per(money_minor, things) -%}
    cast(round(nullif({{ money_minor }}, 0) / nullif({{ things }}, 0)) as bigint)
{%- endmacro %}
