-- The landing files of a program with $leads leads by its first day of record, ten touches a lead, and of the eleven
-- days after, in which 1 % more comes. Drawn from hashes: the same numbers give the same rows in one version of DuckDB.
-- Most leads are old: offered before leadroute did, and closed; those of the last ten days wait for a partner.
create macro chance(number, salt) as (hash(xor(hash(number), hash(salt))) >> 11) / 9007199254740992.0;
create macro pick(number, salt, choices) as
    choices[1 + cast(floor(chance(number, salt) * len(choices)) as integer)];
create macro later(instant, days) as instant + to_seconds(cast(floor(days * 86400) as bigint));
create macro first_day() as timestamp '2026-03-02 09:00:00';
create macro second_day() as timestamp '2026-03-13 09:00:00';

create table partner as
select
    number,
    'partner-' || lpad(cast(number as varchar), 4, '0') as partner_id,
    pick(number, 'home', ['DE', 'FR', 'US', 'GB', 'IT', 'ES', 'NL', 'PL']) as country
from range(500) as partners (number);

-- one in twenty comes from the buyer before it, four leads a company, one address in ten is a free one
create table lead as
with drawn as (
    select
        number,
        case when chance(number, 'again') < 0.05 and number > 0 then number - 1 else number end as buyer,
        later(first_day(), -1095 + 1095 * (number + chance(number, 'moment')) / $leads) as captured_at
    from range(cast($leads * 1.07 as bigint)) as leads (number)
)

select
    number,
    'L' || lpad(cast(number as varchar), 9, '0') as source_record_id,
    captured_at,
    'buyer' || buyer || case when chance(buyer, 'free') < 0.1 then '@gmail.com' else '@firm' || buyer // 4 || '.com' end
        as email,
    'First' || buyer % 997 as first_name,
    'Last' || buyer % 7919 as last_name,
    'Firm ' || buyer // 4 || pick(buyer, 'form', ['', ' Ltd', ' GmbH', ', Inc.']) as company,
    case when chance(buyer, 'site') < 0.5 then 'https://www.firm' || buyer // 4 || '.com/' end as website,
    case when chance(buyer, 'phone') < 0.7 then '+49 151 2' || lpad(cast(buyer % 10000000 as varchar), 7, '0') end as phone,
    pick(buyer // 4, 'country', ['DE', 'FR', 'US', 'GB', 'IT', 'ES', 'NL', 'PL']) as country,
    'region ' || buyer // 4 % 40 as region,
    lpad(cast(buyer // 4 % 100000 as varchar), 5, '0') as postal_code,
    pick(buyer // 4, 'industry', ['retail', 'healthcare', 'finance', 'energy', 'logistics', 'manufacturing']) as industry,
    case when number < $leads * 0.99 and chance(number, 'offered') >= 0.8 then 'student'
        else pick(buyer // 4, 'segment', ['smb', 'midmarket', 'enterprise']) end as segment,
    cast(floor(1000 * chance(buyer // 4, 'size')) as integer) as employees,
    pick(number, 'product', ['Edge Router', 'Core Router', 'Firewall', 'Endpoint Protection', 'Access Point', 'Mesh Kit'])
        as product,
    case when chance(number, 'valued') < 0.6 then cast(floor(90000 * chance(number, 'value')) as integer) end as value,
    pick(number, 'currency', ['EUR', 'EUR', 'USD', 'GBP']) as currency,
    pick(number, 'channel', ['web_form', 'event', 'campaign', 'crm_import']) as channel,
    'C-' || number % 300 as campaign,
    chance(number, 'consent') < 0.98 as consent,
    captured_at as updated_at
from drawn;

-- offers made before leadroute did: one in ten was declined and made again
create table offer as
with offered as (
    select
        lead.number, lead.source_record_id, lead.captured_at, lead.country, hops.hop,
        chance(lead.number, 'fate') as fate,
        chance(lead.number, 'deal') < 0.15 as has_deal
    from lead
    cross join range(1, 3) as hops (hop)
    where
        lead.captured_at < later(first_day(), -10)
        and chance(lead.number, 'offered') < 0.8
        and (hops.hop = 1 or chance(lead.number, 'declined') < 0.1)
),

homes as (
    select country, list(partner_id order by partner_id) as partners from partner group by country
),

made as (
    select
        offered.*,
        pick(number * 10 + hop, 'partner', homes.partners) as partner_id,
        later(captured_at, 0.2 + 1.5 * chance(number, 'wait') + 4 * (hop - 1)) as assigned_at,
        hop = 1 and chance(number, 'declined') < 0.1 as is_declined
    from offered
    inner join homes on offered.country = homes.country
)

select
    *,
    later(assigned_at, 0.1 + 2 * chance(number * 10 + hop, 'answer')) as responded_at,
    case when is_declined then 'declined' else 'accepted' end as response,
    case
        when is_declined or has_deal then null
        when captured_at > later(first_day(), -60) and fate < 0.4 then 'open'
        when fate < 0.7 then 'lost'
        else 'disqualified'
    end as outcome
from made;

create table touch as
select
    'T' || lpad(cast(number as varchar), 10, '0') as touch_id,
    later(lead.captured_at, -60 + 80 * chance(numbers.number, 'moment')) as touched_at,
    case when chance(numbers.number, 'known') < 0.7
        then case when chance(numbers.number, 'nobody') < 0.03 then 'visitor' || number || '@nowhere.org' else lead.email end
    end as lead_email,
    case when chance(numbers.number, 'known') >= 0.7 then lead.source_record_id end as lead_id,
    pick(numbers.number, 'channel', ['web_form', 'event', 'campaign', 'co_marketing', 'other']) as channel,
    'C-' || cast(floor(300 * chance(numbers.number, 'campaign')) as integer) as campaign
from range(cast($leads * 1.07 as bigint) * 10) as numbers (number)
inner join (select number as lead_number, * exclude (number) from lead) as lead on numbers.number // 10 = lead.lead_number;

create table activity as
with reports as (
    select offer.*, unnest(['accepted', 'contacted', 'qualified']) as activity_type
    from offer
    where response = 'accepted'
)

select
    activity_type || '-' || number || '-' || hop as activity_id,
    partner_id,
    activity_type,
    later(
        responded_at, case activity_type when 'accepted' then 0 when 'contacted' then 3 * chance(number, 'call')
        else 5 + 60 * chance(number, 'qualify') end
    ) as occurred_at,
    later(occurred_at, 0.1) as reported_at,
    source_record_id as lead_id
from reports
where chance(number, activity_type) < case activity_type when 'accepted' then 0.3 when 'contacted' then 0.7 else 0.3 end;

create table opportunity as
select
    'O-' || number as opportunity_id,
    later(captured_at, 20 + 40 * chance(number, 'opens')) as created_at,
    case when chance(number, 'by company') < 0.8 then source_record_id end as lead_id,
    case when chance(number, 'by company') >= 0.8 then 'Firm ' || number // 4 end as account,
    partner_id,
    1000 + floor(90000 * chance(number, 'amount')) as amount,
    pick(number, 'money', ['EUR', 'EUR', 'USD', 'GBP']) as currency,
    later(created_at, 30 + 90 * chance(number, 'closes')) as closed_at,
    chance(number, 'won') < 0.35 as is_won
from offer
where has_deal and not is_declined;

create macro known_by(moment) as table
    select
        opportunity_id, created_at, lead_id, account, partner_id, amount, currency,
        case when closed_at <= moment then closed_at end as closed_at,
        case when closed_at <= moment then is_won end as is_won
    from opportunity where created_at <= moment;

copy (select partner_id, 'Partner ' || number as partner_name, 'active' as status,
    pick(number, 'tier', ['platinum', 'gold', 'silver', 'registered']) as tier, country, $leads as capacity,
    $leads as batch_limit from partner) to '$landing/partners/partners.csv';
copy (select partner_id, 'c1' as contact_id, 'desk@partner' || number || '.com' as email, 'lead_recipient' as role,
    true as is_active from partner) to '$landing/partner_contacts/contacts.csv';
copy (select partner_id, country from partner) to '$landing/partner_territories/territories.csv';
copy (select partner_id, 'product_certification' as kind, unnest(['routers', 'security', 'wireless']) as code from partner)
    to '$landing/partner_specializations/certificates.csv';
copy (select 'C-' || numbers.campaign as campaign_id, cast(later(first_day(), -30 * months.month) as date) as spend_date,
    round(5000 * chance(numbers.campaign, 'spend'), 2) as amount
    from range(300) as numbers (campaign) cross join range(36) as months (month)) to '$landing/campaign_spend/spend.csv';
copy (select source_record_id as lead_id, 'web' as lead_system, partner_id, assigned_at, responded_at, response, outcome,
    case when is_declined then 'too_busy' end as decline_reason from offer) to '$landing/assignment_history/history.csv';

copy (select * from lead where captured_at <= first_day()) to '$landing/leads/first.csv';
copy (select touch.* from touch where touched_at <= first_day()) to '$landing/touches/first.csv';
copy (select * from activity where reported_at <= first_day()) to '$landing/partner_activity/first.csv';
copy (select * from known_by(first_day())) to '$landing/opportunities/first.csv';

-- one old lead in five hundred is updated
copy (
    select * from lead where captured_at > first_day() and captured_at <= second_day()
    union all by name
    select * replace ('energy' as industry, later(first_day(), 1) as updated_at) from lead
    where captured_at <= first_day() and chance(number, 'updated') < 0.002
) to '$later/leads/second.csv';
copy (select touch.* from touch where touched_at > first_day() and touched_at <= second_day()) to '$later/touches/second.csv';
copy (select * from activity where reported_at > first_day() and reported_at <= second_day())
    to '$later/partner_activity/second.csv';
copy (select * from known_by(second_day()) except select * from known_by(first_day())) to '$later/opportunities/second.csv';
