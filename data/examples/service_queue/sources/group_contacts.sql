select distinct 'group-' || assignment_group as partner_id, 'group-' || assignment_group || '@desk.example.com' as address
from records
where assignment_group <> '?'
