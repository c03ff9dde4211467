{#- An incremental model whose rows stay for as long as they are decided as they were. `decided` is a relation of key
    columns and decided_by, a hash of all a row is worked out from; `keys` maps its key columns to expressions over the
    kept rows. -#}

{#- Before the model runs: deletes what is no longer decided so. The model appends what is then missing (`is_missing`):
    a run killed in between leaves rows missing, never wrong ones. -#}
{% macro forget_changed(decided, keys) -%}
    {%- if is_incremental() -%}
        delete from {{ this }} as kept
        where not exists (select 1 from {{ decided }} as decided where {{ _is_kept_as_decided(keys) }})
    {%- endif -%}
{%- endmacro %}

{#- Whether the model keeps no row for a row of `decided`. -#}
{% macro is_missing(keys) -%}
    {%- if is_incremental() -%}
        not exists (select 1 from {{ this }} as kept where {{ _is_kept_as_decided(keys) }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{% macro _is_kept_as_decided(keys) -%}
    decided.decided_by = kept.decided_by
    {%- for key, expression in keys.items() %} and decided.{{ key }} = {{ expression }}{% endfor %}
{%- endmacro %}
