-- One row per lead: all that may tell who the buyer is, in the order of capture. A view: personal data stays where it
-- landed. account_id is what the lead's own record says of its company.
{{ config(materialized='view') }}

select
    leads.lead_id,
    leads.captured_at,
    leads.source_system,
    leads.source_record_id,
    leads.email_normalized as email,
    leads.phone_e164 as phone,
    leads.first_name,
    leads.last_name,
    accounts.account_id
from {{ ref('int_leads__captured') }} as leads
left join {{ ref('int_accounts__resolved') }} as accounts
    on
        accounts.entity = case when leads.registration_id is null then 'leads' else 'deal_registrations' end
        and leads.record_key = accounts.record_key
