{#- The stages of a lead in order of precedence: of all that are true of it, the first is its current stage.
    (name, order on the way of a lead or none when the stage lies beside it, whether it ends the lead) -#}
{% macro stages() %}
    {{ return([
        ('won', 10, true),
        ('opportunity', 9, false),
        ('lost', none, true),
        ('registered', 8, false),
        ('exception', none, false),
        ('partner_qualified', 7, false),
        ('worked', 6, false),
        ('accepted', 5, false),
        ('released', 4, false),
        ('suppressed', none, true),
        ('duplicate', none, true),
        ('direct', none, false),
        ('routed', 3, false),
        ('disqualified', none, true),
        ('exhausted', none, true),
        ('declined', none, false),
        ('expired', none, false),
        ('recalled', none, false),
        ('qualified', 2, false),
        ('captured', 1, false),
    ]) }}
{% endmacro %}

{#- The order of a stage on the way of a lead. -#}
{% macro funnel_order(stage) -%}
    {%- for name, order, is_final in stages() if name == stage -%}{{ order }}{%- endfor -%}
{%- endmacro %}
