select
    feed,
    reason_code,
    record_count
from marts.rpt_data_quality
where kind = 'quarantine'
order by record_count desc, feed, reason_code
