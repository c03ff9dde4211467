"""Each metric of the semantic layer beside the mart that gives the same number another way."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MetricCase:
    """A query: metrics, how they are grouped and filtered, and SQL over other marts that gives the same rows."""

    metrics: tuple[str, ...]
    sql: str
    group_by: tuple[str, ...] = ()
    where: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The query in one line."""
        by = f" by {', '.join(self.group_by)}" if self.group_by else ""
        return f"{', '.join(self.metrics)}{by}{' filtered' if self.where else ''}"


# A cohort funnel, the report's summary of all offers, deals by sourcing, spend and credit by source, losses by hop.
TOTALS = {
    "leads_captured": "select sum(captured_count) from marts.rpt_funnel",
    "leads_released": "select sum(released_count) from marts.rpt_funnel",
    "leads_with_opportunity": "select sum(opportunity_count) from marts.rpt_funnel",
    "leads_won": "select sum(won_count) from marts.rpt_funnel",
    "leads_unplaced": "select sum(exception_count) from marts.rpt_funnel",
    "released_to_pipeline_rate": "select sum(opportunity_count) / sum(released_count) from marts.rpt_funnel",
    "offers_made": "select offer_count from marts.rpt_response_summary where slice = 'all'",
    "answer_windows_closed": "select answer_window_closed_count from marts.rpt_response_summary where slice = 'all'",
    "offers_answered_in_time": "select answered_in_time_count from marts.rpt_response_summary where slice = 'all'",
    "answered_in_time_rate": "select answered_in_time_rate from marts.rpt_response_summary where slice = 'all'",
    "follow_up_windows_closed": "select follow_up_window_closed_count from marts.rpt_response_summary where slice = 'all'",
    "offers_followed_up_in_time": "select followed_up_in_time_count from marts.rpt_response_summary where slice = 'all'",
    "followed_up_in_time_rate": "select followed_up_in_time_rate from marts.rpt_response_summary where slice = 'all'",
    "pipeline_minor": "select sum(pipeline_minor) from marts.rpt_sourcing",
    "won_minor": "select sum(won_minor) from marts.rpt_sourcing",
    "deals_won": "select sum(won_count) from marts.rpt_sourcing",
    "deals_closed": "select sum(won_count + lost_count) from marts.rpt_sourcing",
    "win_rate": "select sum(won_count) / sum(won_count + lost_count) from marts.rpt_sourcing",
    "attribution_models": "select count(distinct model) from marts.rpt_source_roi",
    "spend_all_models_minor": "select sum(spend_minor) from marts.rpt_source_roi",
    "accepted_leads_all_models": "select sum(accepted_lead_count) from marts.rpt_source_roi",
    "spend_minor": """
        select sum(spend_minor) from marts.rpt_source_roi where model = (select min(model) from marts.rpt_source_roi)
    """,
    "accepted_leads": "select count(*) from marts.fct_lead where accepted_at is not null",
    "cost_per_accepted_lead_minor": """
        select sum(spend_minor) / (select count(*) from marts.fct_lead where accepted_at is not null)
        from marts.rpt_source_roi where model = (select min(model) from marts.rpt_source_roi)
    """,
    "credited_revenue_minor": "select sum(revenue_minor) from marts.fct_attribution_credit where is_won",
    "value_lost_minor": "select sum(value_lost_minor) from marts.rpt_recycling",
}

GROUPED = (
    MetricCase(
        ("leads_captured", "leads_won"),
        "select lead_channel, sum(captured_count), sum(won_count) from marts.rpt_funnel group by all",
        ("lead__lead_channel",),
    ),
    MetricCase(
        ("leads_captured",),
        "select cohort_month, sum(captured_count) from marts.rpt_funnel group by all",
        ("metric_time__month",),
    ),
    MetricCase(
        ("won_minor", "deals_won"),
        "select sourcing, sum(won_minor), sum(won_count) from marts.rpt_sourcing group by all",
        ("opportunity__sourcing",),
    ),
    MetricCase(
        ("offers_made", "offers_followed_up_in_time"),
        "select slice_key, offer_count, followed_up_in_time_count from marts.rpt_response_summary where slice = 'tier'",
        ("assignment__tier_at_release",),
    ),
    MetricCase(
        ("offers_made",),
        "select partner_id, partner_name, sum(offered_count) from marts.rpt_partner_funnel join marts.dim_partner using (partner_id) "
        "group by partner_id, partner_name",
        ("partner", "partner__partner_name"),
    ),
    MetricCase(
        ("won_minor",),
        "select lead_channel, sum(case when deal.is_won then deal.amount_minor else 0 end) "
        "from marts.fct_opportunity as deal left join marts.fct_lead using (lead_id) group by all",
        ("lead__lead_channel",),
    ),
    MetricCase(
        ("spend_minor", "accepted_leads"),
        "select campaign_id, sum(spend_minor), sum(accepted_lead_count) from marts.rpt_source_roi "
        "where model = (select min(model) from marts.rpt_source_roi) group by all",
        ("campaign",),
    ),
    MetricCase(
        ("spend_minor", "credited_revenue_minor"),
        "select lead_channel, sum(spend_minor), sum(revenue_minor) from marts.rpt_source_roi where model = 'linear' "
        "group by all",
        ("source__lead_channel",),
        ("{{ Dimension('source__model') }} = 'linear'",),
    ),
)
CASES = tuple(MetricCase((name,), sql) for name, sql in TOTALS.items()) + GROUPED
