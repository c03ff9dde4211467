-- The program stands at the end of May 2016, where the log's dense part ends.
select
    number,
    opened_at,
    'Caller ' || caller_id || ' case ' || number as caller,
    location,
    priority,
    'Category ' || category as category,
    last_value(made_sla) over (
        partition by number order by sys_mod_count::integer, sys_updated_at
        rows between unbounded preceding and unbounded following
    ) as made_sla
from records
where strptime(opened_at, '%d/%m/%Y %H:%M') < '2016-06-01'
qualify row_number() over (partition by number order by sys_mod_count::integer, sys_updated_at) = 1
