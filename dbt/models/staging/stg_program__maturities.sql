select
    stage,
    matures_after_days
from {{ source('program', 'maturity') }}
