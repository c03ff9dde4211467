select
    product,
    product_line
from {{ source('program', 'product') }}
