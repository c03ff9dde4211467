-- One row per specialization a partner has on the day of as_of, codes in lower case.
with settings as (
    select * from {{ ref('stg_program__settings') }}
)

select distinct
    specializations.partner_id,
    specializations.kind,
    lower(trim(specializations.code)) as code
from {{ ref('stg_feeds__partner_specializations') }} as specializations
cross join settings
where
    {{ local_date('settings.as_of', 'settings.timezone') }}
    between coalesce(specializations.valid_from, date '0001-01-01')
    and coalesce(specializations.valid_to, date '9999-12-31')
