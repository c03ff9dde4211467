select
    sales_agent,
    lower(replace(sales_agent, ' ', '.')) || '@sales.example.com' as address
from records
