select
    feed,
    cast(coalesce(sum(record_count) filter (where reason_code = 'accepted'), 0) as bigint) as accepted_count,
    cast(coalesce(sum(record_count) filter (where reason_code = 'duplicate'), 0) as bigint) as duplicate_count,
    cast(coalesce(sum(record_count) filter (where reason_code = 'filtered'), 0) as bigint) as filtered_count,
    cast(coalesce(sum(record_count) filter (where reason_code = 'quarantined'), 0) as bigint) as quarantined_count
from marts.rpt_data_quality
where kind = 'intake'
group by feed
order by feed
