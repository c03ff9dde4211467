-- Offers by tier and period of their follow-up deadline, those left out of the rate aside.
with tiers as (
    select
        tier,
        min(tier_order) as tier_order
    from marts.dim_partner
    group by tier
)

select
    coalesce(offers.tier_at_release, 'none') as tier,
    offers.follow_up_due_at >= $period_start as is_current,
    count(*) as counted_count,
    count(*) filter (where offers.is_followed_up_in_time) as in_time_count,
    count(*) filter (where offers.first_follow_up_at is null) as never_count
from marts.fct_assignment as offers
left join tiers on offers.tier_at_release = tiers.tier
where
    offers.is_followed_up_in_time is not null
    and not offers.is_left_out
    and offers.follow_up_due_at >= $previous_start
    and offers.follow_up_due_at < $period_end
group by offers.tier_at_release, is_current, tiers.tier_order
order by tiers.tier_order nulls last, tier, is_current
