-- One row per slice of offers: the percentiles of every wait and clock side by side, in minutes.
select
    slice,
    slice_key,
    {% for wait in ['answer', 'accept', 'follow_up'] %}
    {% for percentile in ['median', 'p90'] %}
    {% for clock in ['elapsed', 'business'] %}
    max(cast({{ percentile }}_minutes as double)) filter (where wait = '{{ wait }}' and clock = '{{ clock }}')
        as {{ wait }}_{{ percentile }}_{{ 'minutes' if clock == 'elapsed' else 'business_minutes' }}{{ '' if wait == 'follow_up' and percentile == 'p90' and clock == 'business' else ',' }}
    {% endfor %}
    {% endfor %}
    {% endfor %}
from {{ ref('int_response__percentiles') }}
group by slice, slice_key
