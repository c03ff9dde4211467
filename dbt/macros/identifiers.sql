{#- Surrogate ids, made in one place: equal inputs give equal ids on every machine and in every run. -#}

{% macro lead_id(source_system, source_record_id) -%}
    'lead-' || substr(md5({{ source_system }} || chr(31) || {{ source_record_id }}), 1, 20)
{%- endmacro %}

{#- The public reference partners see; not reversible to the source's own id. -#}
{% macro lead_ref(source_system, source_record_id) -%}
    'LR-' || upper(substr(md5('lead_ref' || {{ lead_id(source_system, source_record_id) }}), 1, 14))
{%- endmacro %}

{% macro history_assignment_id(record_key) -%}
    'his-' || substr(md5({{ record_key }}), 1, 20)
{%- endmacro %}

{% macro unit_id(account_id, product) -%}
    'unit-' || substr(md5({{ account_id }} || chr(31) || coalesce({{ product }}, '')), 1, 20)
{%- endmacro %}

{#- `kind` says what names the account: domain, name, identity or registration. -#}
{% macro account_id(kind, key) -%}
    'acct-' || substr(md5({{ kind }} || chr(31) || {{ key }}), 1, 20)
{%- endmacro %}

{#- An identity carries the name of its earliest lead. -#}
{% macro identity_id(lead_id) -%}
    'idn-' || substr({{ lead_id }}, 6)
{%- endmacro %}

{#- Stable id of a partner's reported activity, the same whether page, API or file brought it. -#}
{% macro activity_event_id(source_system, activity_id) -%}
    'act-' || substr(sha256({{ source_system }} || chr(31) || {{ activity_id }}), 1, 20)
{%- endmacro %}

{% macro spend_id(record_key) -%}
    'spend-' || substr(md5({{ record_key }}), 1, 20)
{%- endmacro %}
