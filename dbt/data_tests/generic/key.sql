{#- The columns together name a row: none is null (but for those in `nullable`), none comes twice. Rows are first told
    apart by a hash, which takes a fraction of the memory; only rows whose hash comes twice are then compared. -#}
{% test key(model, columns, nullable=[]) %}

with marked as (
    select
        hash({{ columns | join(', ') }}) as row_mark,
        {% for column in columns if column not in nullable %}{{ column }} is null or {% endfor %}false as lacks_column
    from {{ model }}
),

suspects as (
    select row_mark
    from marked
    group by row_mark
    having count(*) > 1 or bool_or(lacks_column)
)

select
    {{ columns | join(', ') }},
    count(*) as row_count
from {{ model }}
where hash({{ columns | join(', ') }}) in (select row_mark from suspects)
group by {{ columns | join(', ') }}
having
    count(*) > 1
    {% for column in columns if column not in nullable -%}
    or {{ column }} is null
    {% endfor %}

{% endtest %}
