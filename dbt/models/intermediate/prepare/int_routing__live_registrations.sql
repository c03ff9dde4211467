-- One row per live deal registration. Two of one account and product line at different partners are a conflict for a
-- person to settle.
select
    account_id,
    product,
    partner_id,
    registration_id
from {{ ref('int_registrations__resolved') }}
where is_live
