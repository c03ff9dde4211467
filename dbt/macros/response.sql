{#- The figures of response time, the same in every table that shows them. -#}

{#- Counts over offers (columns of fct_assignment and int_offers__watched). -#}
{% macro response_counts() -%}
    count(*) as offer_count,
    count(*) filter (where answer_cause > 0) as answered_count,
    count(*) filter (where answer_cause = 1) as accepted_count,
    count(*) filter (where answer_cause = 2) as declined_count,
    count(*) filter (where answer_cause = 0 and not is_answered_in_time) as never_answered_count,
    count(*) filter (where not is_open and closed_at is null and not is_followed_up) as undated_ending_count,
    count(*) filter (where is_answer_counted) as answer_window_closed_count,
    count(*) filter (where is_answer_counted and is_answered_in_time) as answered_in_time_count,
    count(*) filter (where is_followed_up) as followed_up_count,
    count(*) filter (where is_follow_up_counted and not is_followed_up) as never_followed_up_count,
    count(*) filter (where is_follow_up_counted) as follow_up_window_closed_count,
    count(*) filter (where is_follow_up_counted and is_followed_up_in_time) as followed_up_in_time_count
{%- endmacro %}

{#- Counts, shares in time with intervals, and percentiles with their reached flags, from two relations. -#}
{% macro response_measures(counts, percentiles) -%}
    {% for name in ['offer', 'answered', 'accepted', 'declined', 'never_answered', 'undated_ending'] -%}
    {{ counts }}.{{ name }}_count,
    {% endfor -%}
    {% for name, window in [('answered', 'answer'), ('followed_up', 'follow_up')] -%}
    {% set done = counts ~ '.' ~ name ~ '_in_time_count' -%}
    {% set closed = counts ~ '.' ~ window ~ '_window_closed_count' -%}
    {% if name == 'followed_up' -%}
    {{ counts }}.followed_up_count,
    {{ counts }}.never_followed_up_count,
    {% endif -%}
    {{ closed }},
    {{ done }},
    {{ rate(done, closed) }} as {{ name }}_in_time_rate,
    {{ wilson_lower(done, closed) }} as {{ name }}_in_time_rate_lower,
    {{ wilson_upper(done, closed) }} as {{ name }}_in_time_rate_upper,
    {% endfor -%}
    {% for column in response_percentiles() -%}
        {{ percentiles }}.{{ column }},
    {{ percentiles }}.{{ column }} is not null as is_{{ column }}_reached{{ ',' if not loop.last }}
    {% endfor -%}
{%- endmacro %}

{#- answer_median_minutes, answer_p90_business_minutes, ...: wait, percentile, clock. -#}
{% macro response_percentiles() %}
    {% set columns = [] %}
    {% for wait in ['answer', 'accept', 'follow_up'] %}
        {% for percentile in ['median', 'p90'] %}
            {% for clock in ['minutes', 'business_minutes'] %}
                {% do columns.append(wait ~ '_' ~ percentile ~ '_' ~ clock) %}
            {% endfor %}
        {% endfor %}
    {% endfor %}
    {{ return(columns) }}
{% endmacro %}
