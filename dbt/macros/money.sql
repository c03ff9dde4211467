{#- Minor units of the program currency from an amount in major units of another, in whole numbers throughout:
    amount has 4 decimals, rate 8; halves round away from zero. -#}
{% macro to_minor(amount, rate, exponent) -%}
    cast(
        sign({{ amount }}) * (
            (
                cast(abs({{ amount }}) * 10000 as hugeint) * cast({{ rate }} * 100000000 as hugeint) * 2
                + cast(power(10, 12 - {{ exponent }}) as hugeint)
            ) // (2 * cast(power(10, 12 - {{ exponent }}) as hugeint))
        ) as bigint
    )
{%- endmacro %}
