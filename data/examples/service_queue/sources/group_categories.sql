select 'group-' || assignment_group as partner_id, 'Category ' || category as category
from records
where assignment_group <> '?' and category <> '?' and ident_state in ('Active', 'Resolved', 'Closed')
group by assignment_group, category
having count(distinct number) >= 2
