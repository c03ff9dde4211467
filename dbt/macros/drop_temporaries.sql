{#- Drops what an incremental Python model was handed over in: the adapter makes it a lasting table of schema main, and
    leaves it. Those of runs that were killed go too. -#}
{% macro drop_temporaries(relation) -%}
    {%- if execute -%}
        {%- set found = run_query(
            "select table_name from duckdb_tables() where schema_name = 'main' and starts_with(table_name, '"
            ~ relation.identifier ~ "__dbt_tmp')"
        ) -%}
        {%- for row in found.rows %}
            drop table main."{{ row[0] }}";
        {%- endfor %}
    {%- endif -%}
{%- endmacro %}
