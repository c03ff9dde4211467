-- One row per pair of domains of one company. Two of three must agree: a record carries both domains (website and
-- e-mail), both have the same label (acme.com, acme.de), records of both carry the same company name (and, where
-- only label and name agree, the same country).
with evidence as (
    select
        evidence.*,
        labels.label
    from {{ ref('int_accounts__evidence') }} as evidence
    left join {{ ref('int_domains__parsed') }} as labels on evidence.domain = labels.domain
    where evidence.domain is not null
),

carried as (
    select distinct
        evidence.website_domain,
        evidence.mail_domain,
        evidence.company_key,
        evidence.country,
        evidence.label,
        mails.label as mail_label
    from evidence
    left join {{ ref('int_domains__parsed') }} as mails on evidence.mail_domain = mails.domain
    where evidence.website_domain != evidence.mail_domain
),

-- domains whose records carry one company name only: an agency writes the names of many
names as (
    select
        domain,
        min(company_key) as company_key
    from evidence
    where company_key is not null
    group by domain
    having count(distinct company_key) = 1
),

alike as (
    select distinct
        domain,
        min(domain) over (partition by label, company_key, country) as other_domain
    from evidence
    where company_key is not null and label is not null
)

select
    website_domain as domain,
    mail_domain as other_domain
from carried
where label = mail_label
union
select
    carried.website_domain,
    carried.mail_domain
from carried
inner join names
    on
        carried.mail_domain = names.domain
        and carried.company_key = names.company_key
union
select
    domain,
    other_domain
from alike
where domain != other_domain
