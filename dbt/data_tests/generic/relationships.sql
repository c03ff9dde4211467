{#- Every value of the column that is not null is in the other table: dbt's own test, over the distinct values, which in
    a table of credits are a tenth of its rows. -#}
{% test relationships(model, column_name, to, field) %}

with children as (
    select distinct {{ column_name }} as value
    from {{ model }}
    where {{ column_name }} is not null
)

select children.value
from children
left join {{ to }} as parents on children.value = parents.{{ field }}
where parents.{{ field }} is null

{% endtest %}
