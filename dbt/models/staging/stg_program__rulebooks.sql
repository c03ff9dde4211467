select
    file,
    version,
    sha256,
    body
from {{ source('program', 'rulebook') }}
