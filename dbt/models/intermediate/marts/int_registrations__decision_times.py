"""One row per month of submission and partner: minutes by which half of the registrations had been decided."""


def model(dbt, session):
    """Watched registrations -> median by Kaplan-Meier, null where not reached. The curve: routing_jobs.performance."""
    from routing_jobs.performance import survival_percentiles

    watched = dbt.ref("int_registrations__watched").order("registration_id").df()
    cell = watched.groupby(["cohort_month", "partner_id"]).ngroup()
    medians = survival_percentiles(watched["watched_minutes"], watched["is_decided"], cell, probabilities=(0.5,))
    keys = watched.assign(cell=cell).drop_duplicates("cell").set_index("cell")[["cohort_month", "partner_id"]]
    return keys.assign(decision_median_minutes=medians["p50"]).reset_index(drop=True)
