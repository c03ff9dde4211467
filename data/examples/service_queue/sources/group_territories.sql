select distinct 'group-' || assignment_group as partner_id
from records
where assignment_group <> '?'
