-- Open offers past a deadline, now and at an instant before: unanswered after accept_due_at or not followed up after
-- follow_up_due_at.
with instants as (
    select unnest([$as_of, $earlier]) as at
)

select
    instants.at = $as_of as is_current,
    count(*) as overdue_count
from instants
inner join marts.fct_assignment as offers
    on
        offers.released_at <= instants.at
        and (offers.is_open or offers.closed_at > instants.at)
        and (offers.first_follow_up_at is null or offers.first_follow_up_at > instants.at)
        and (
            offers.follow_up_due_at < instants.at
            or (
                offers.accept_due_at < instants.at
                and (offers.responded_at is null or offers.responded_at > instants.at)
            )
        )
group by instants.at
order by is_current
