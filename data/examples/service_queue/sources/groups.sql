select distinct 'group-' || assignment_group as partner_id, 'Group ' || assignment_group as partner_name
from records
where assignment_group <> '?'
