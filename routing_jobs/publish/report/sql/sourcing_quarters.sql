select
    fiscal_quarter,
    sourcing,
    won_minor
from marts.rpt_sourcing
where fiscal_quarter >= $first_quarter
order by fiscal_quarter, sourcing
