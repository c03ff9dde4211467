-- One row per attribution model the rulebook asks for.
select unnest(from_json(json_extract(body, '$.models'), '["varchar"]')) as model
from {{ ref('stg_program__rulebooks') }}
where file = 'attribution'
