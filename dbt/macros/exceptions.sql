{#- The closed list of exception codes (SPEC section 6), in order. -#}
{% macro exception_codes() %}
    {{ return([
        'NO_COUNTRY', 'NEEDS_REGION', 'NO_TERRITORY_MATCH', 'NO_VERTICAL_MATCH', 'NO_CERTIFIED_PARTNER', 'ALL_AT_LIMIT',
        'ALL_PAUSED', 'ALL_DECLINED', 'NO_VALID_CONTACT', 'REGISTRATION_CONFLICT', 'PRECEDENCE_CONFLICT',
        'EXCLUSIVE_UNAVAILABLE', 'AMBIGUOUS_IDENTITY', 'STALLED_NO_UPDATE', 'CONTESTED_AFTER_RECALL', 'OVERRIDE_INVALID',
    ]) }}
{% endmacro %}

{% macro exception_count_columns() %}
    {% set columns = [] %}
    {% for code in exception_codes() %}{% do columns.append('exception_' ~ code | lower ~ '_count') %}{% endfor %}
    {{ return(columns) }}
{% endmacro %}
