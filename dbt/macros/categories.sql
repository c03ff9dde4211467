{#- A reason as marts may show it: short category text is kept in lower case, anything that reads like a sentence or an
    address becomes `other`. Free text may hold names. -#}
{% macro category(reason) -%}
    case
        when nullif(trim({{ reason }}), '') is null then null
        when regexp_matches(lower(trim({{ reason }})), '^[a-z][a-z0-9_/-]*( [a-z0-9_/-]+){0,2}$')
            and length(trim({{ reason }})) <= 40
            then replace(lower(trim({{ reason }})), ' ', '_')
        else 'other'
    end
{%- endmacro %}
