select
    grade,
    lowest_score
from {{ source('program', 'grade') }}
