select
    (select min(captured_at) from marts.fct_lead) as captured_at,
    (select min(released_at) from marts.fct_assignment) as released_at,
    (select min(created_at) from marts.fct_opportunity) as created_at,
    (select min(month) from marts.rpt_source_attribution where spend_minor > 0) as spent_month
