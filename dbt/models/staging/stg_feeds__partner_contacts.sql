select
    source_system,
    partner_id,
    contact_id,
    email,
    full_name,
    role,
    country,
    product,
    verified_at,
    bounced_at,
    is_active,
    email_normalized,
    email_domain,
    country_code,
    record_key,
    content_hash,
    feed,
    file_sha256,
    record_number,
    arrival_seq,
    arrived_at
from {{ source('raw', 'partner_contacts') }}
where is_current and not is_closed
