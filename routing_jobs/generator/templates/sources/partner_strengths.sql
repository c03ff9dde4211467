with listed as (
    select "Partner ID" as partner_id, 'vertical' as kind, "Verticals" as codes from records
    union all
    select "Partner ID", 'segment', "Segments" from records
    union all
    select "Partner ID", 'language', "Languages" from records
)
select partner_id, kind, unnest(string_split(codes, '|')) as code
from listed
where codes <> ''
