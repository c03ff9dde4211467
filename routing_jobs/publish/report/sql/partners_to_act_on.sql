-- Partners with something a person should see to, most of it first, and what their missed deadlines cost lately.
with losses as (
    select
        partner_id,
        sum(value_lost_minor) as value_lost_minor
    from marts.rpt_value_lost
    where is_deadline_missed and month >= $first_month and month < $end_month
    group by partner_id
)

select
    partners.partner_name,
    work.tier,
    work.channel_manager,
    work.status,
    work.intervention_count,
    work.open_count,
    work.accept_overdue_count,
    work.follow_up_overdue_count,
    work.stalled_count,
    work.oldest_open_days,
    work.overdue_registration_count,
    work.registration_conflict_count,
    cast(coalesce(losses.value_lost_minor, 0) as bigint) as value_lost_minor
from marts.rpt_open_work as work
inner join marts.dim_partner as partners on work.partner_id = partners.partner_id
left join losses on work.partner_id = losses.partner_id
where work.intervention_count > 0
order by work.intervention_count desc, value_lost_minor desc, work.partner_id
limit $most_partners
