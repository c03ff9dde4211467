{#- Time without INTERVAL arithmetic: differences on epoch microseconds, days of the program's own zone. -#}

{#- Elapsed time between two UTC instants; null when either is missing. -#}
{% macro elapsed_minutes(started_at, ended_at) -%}
    (epoch_us({{ ended_at }}) - epoch_us({{ started_at }})) / 60000000.0
{%- endmacro %}

{#- Whole days elapsed, rounded down. -#}
{% macro elapsed_days(started_at, ended_at) -%}
    cast(floor((epoch_us({{ ended_at }}) - epoch_us({{ started_at }})) / 86400000000.0) as integer)
{%- endmacro %}

{#- The calendar day a UTC instant falls on in a time zone. -#}
{% macro local_date(instant, zone) -%}
    cast(timezone({{ zone }}, timezone('UTC', {{ instant }})) as date)
{%- endmacro %}

{#- First day of the month a UTC instant falls in, in a time zone. -#}
{% macro local_month(instant, zone) -%}
    cast(date_trunc('month', {{ local_date(instant, zone) }}) as date)
{%- endmacro %}

{#- Monday of the ISO week a UTC instant falls in, in a time zone. -#}
{% macro local_week(instant, zone) -%}
    cast(date_trunc('week', {{ local_date(instant, zone) }}) as date)
{%- endmacro %}

{#- Fiscal year of a date, named by the calendar year it ends in; `starts` is the month it begins in. -#}
{% macro fiscal_year(day, starts) -%}
    (year({{ day }}) + case when {{ starts }} > 1 and month({{ day }}) >= {{ starts }} then 1 else 0 end)
{%- endmacro %}

{% macro fiscal_quarter_number(day, starts) -%}
    (((month({{ day }}) - {{ starts }} + 12) % 12) // 3 + 1)
{%- endmacro %}

{#- Such as FY2027-Q1. -#}
{% macro fiscal_quarter(day, starts) -%}
    'FY' || {{ fiscal_year(day, starts) }} || '-Q' || {{ fiscal_quarter_number(day, starts) }}
{%- endmacro %}
