-- One row per slice of offers: the percentiles of every wait and clock side by side, in minutes.
select
    {% for column in response_percentiles() %}
        max(cast({{ 'p90_minutes' if '_p90_' in column else 'median_minutes' }} as double)) filter (
            where wait = '{{ column.split('_median_')[0].split('_p90_')[0] }}'
            and clock = '{{ 'business' if 'business' in column else 'elapsed' }}'
        ) as {{ column }},
    {% endfor %}
    slice,
    slice_key
from {{ ref('int_response__percentiles') }}
group by slice, slice_key
