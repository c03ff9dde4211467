-- What prepare would leave behind for $units routing units and $partners partners, drawn from hashes: the same numbers
-- give the same rows in one version of DuckDB. Schema intermediate, columns as dbt makes them.
create schema intermediate;
create macro chance(number, salt) as (hash(xor(hash(number), hash(salt))) >> 11) / 9007199254740992.0;
create macro pick(number, salt, choices) as
    choices[1 + cast(floor(chance(number, salt) * len(choices)) as integer)];
create macro spread(number, salt) as  -- about normal, deviation 1
    2 * (chance(number, salt) + chance(number, salt || 'b') + chance(number, salt || 'c') - 1.5);

-- 8 countries of 5 regions of 10 postal areas, of Zipf size
create table area as
with ranked as (
    select
        number,
        row_number() over (order by chance(number, 'area'), number) as size_rank
    from range(400) as areas (number)
)

select
    number,
    ['DE', 'FR', 'US', 'GB', 'IT', 'ES', 'NL', 'PL'][1 + number // 50] as country,
    'region ' || number // 10 as region,
    lpad(cast(number % 50 as varchar), 2, '0') as postal_prefix,
    power(size_rank, -0.9) as size,
    sum(power(size_rank, -0.9)) over (order by number) / sum(power(size_rank, -0.9)) over () as upto
from ranked;

create table roster as
with drawn as (
    select
        number,
        'partner-' || lpad(cast(number as varchar), 5, '0') as partner_id,
        chance(number, 'home') as home,
        chance(number, 'settled') < 0.5 as is_where_demand_is,
        case when chance(number, 'width') < 0.013 then 'country' when chance(number, 'width') < 0.075 then 'region' else 'area' end
            as width
    from range($partners) as partners (number)
)

select drawn.*, area.country, area.region, area.postal_prefix, area.number as area_number
from drawn
asof join area as popular on drawn.home < popular.upto
inner join area
    on area.number = case when is_where_demand_is then popular.number else cast(floor(400 * home) as integer) end;

create table intermediate.int_routing__territories as
select
    partner_id,
    country,
    case when width <> 'country' then region end as region,
    case when width = 'area' then postal_prefix end as postal_prefix,
    case when chance(number, 'one line') < 0.3 then pick(number, 'line', ['routers', 'security', 'wireless']) end
        as product,
    chance(number, 'exclusive') < 0.002 and width = 'area' as is_exclusive,
    cast(null as bigint) as capacity
from roster;

create table intermediate.int_routing__specializations as
with kinds as (
    from (values
        ('product_certification', ['routers', 'security', 'wireless'], 0.9),
        ('vertical', ['retail', 'healthcare', 'finance', 'energy', 'logistics', 'public'], 0.35),
        ('segment', ['smb', 'midmarket', 'enterprise'], 0.5),
        ('language', ['de', 'fr', 'en', 'it', 'es', 'nl', 'pl'], 0.3)
    ) as kinds (kind, codes, share)
),

coded as (
    select kind, share, unnest(codes) as code from kinds
)

select roster.partner_id, coded.kind, coded.code
from roster
inner join coded on chance(roster.number, coded.kind || coded.code) < coded.share
where coded.kind = 'product_certification' or chance(roster.number, coded.kind) < 0.5;  -- the others are generalists

-- slots for four units in five, shared out by what a territory holds
create table intermediate.int_routing__partners as
with held as (
    select
        roster.number,
        power(sum(area.size), 0.85) * exp(0.5 * any_value(spread(roster.number, 'slots'))) as pull
    from roster
    inner join area
        on
            roster.country = area.country
            and (roster.width = 'country' or roster.region = area.region)
            and (roster.width <> 'area' or roster.postal_prefix = area.postal_prefix)
    group by roster.number
),

counted as (
    select number, cast(ceil(0.8 * $units * pull / sum(pull) over ()) as bigint) as slots from held
)

select
    roster.partner_id,
    case when chance(number, 'distributor') < 0.02 then 'distributor' else 'reseller' end as partner_type,
    cast(null as varchar) as parent_partner_id,
    case when chance(number, 'paused') < 0.03 then 'paused' else 'active' end as status,
    chance(number, 'paused') >= 0.03 as is_active_now,
    pick(number, 'tier', ['platinum', 'gold', 'silver', 'registered']) as tier,
    cast(list_position(['platinum', 'gold', 'silver', 'registered'], tier) as integer) as tier_order,
    roster.country,
    'UTC' as timezone,
    cast(null as double) as latitude,
    cast(null as double) as longitude,
    counted.slots as capacity,
    counted.slots as batch_limit,
    cast(null as bigint) as daily_limit,
    cast(null as bigint) as monthly_limit,
    cast(0 as bigint) as slots_used,
    cast(0 as bigint) as used_today,
    cast(0 as bigint) as used_this_month,
    counted.slots as free_slots,
    chance(number, 'contact') >= 0.02 as has_valid_contact,
    pick(number, 'hours', [4, 8, 24, 48, null]) as response_commitment_hours
from roster
inner join counted using (number);

-- one unit in twenty has a second lead; one area code in fifty and one region in a hundred is missing
create table intermediate.int_routing__leads as
with leads as (
    select number, number as unit from range($units) as units (number)
    union all
    select $units + number, number * 20 from range($units // 20) as seconds (number)
),

drawn as (
    select number, unit, chance(unit, 'area') as place from leads
),

placed as (
    select drawn.number, drawn.unit, area.country, area.region, area.postal_prefix
    from drawn
    asof join area on drawn.place < area.upto
)

select
    'lead-' || lpad(cast(number as varchar), 9, '0') as lead_id,
    'unit-' || substr(md5(cast(unit as varchar)), 1, 20) as unit_id,
    'identity-' || lpad(cast(number as varchar), 9, '0') as identity_id,
    'account-' || lpad(cast(unit as varchar), 9, '0') as account_id,
    pick(unit, 'line', ['routers', 'routers', 'security', 'security', 'wireless', null]) as product,
    case product
        when 'routers' then pick(number, 'product', ['edge router', 'core router'])
        when 'security' then pick(number, 'product', ['firewall', 'endpoint protection'])
        when 'wireless' then pick(number, 'product', ['access point', 'mesh kit'])
    end as product_code,
    country,
    case when chance(number, 'no region') >= 0.01 then region end as region,
    case when chance(number, 'no code') >= 0.02
        then postal_prefix || lpad(cast(cast(floor(chance(number, 'code') * 1000) as integer) as varchar), 3, '0')
    end as postal_code,
    cast(null as double) as latitude,
    cast(null as double) as longitude,
    pick(number, 'industry', ['retail', 'healthcare', 'finance', 'energy', 'logistics', 'public', null]) as industry,
    pick(number, 'segment', ['smb', 'smb', 'midmarket', 'enterprise', null]) as segment,
    case country when 'US' then 'en' when 'GB' then 'en' else lower(country) end as "language",
    cast(60 + floor(40 * chance(number, 'score')) as integer) as score,
    pick(number, 'grade', ['A', 'B', 'B', 'C']) as grade,
    timestamp '2026-03-02' - to_seconds(cast(floor(60 * 86400 * chance(number, 'age')) as bigint)) as captured_at,
    cast(floor(60 * chance(number, 'age')) as integer) as age_days,
    cast(1 as bigint) as hop,
    case when chance(number, 'valued') < 0.8
        then cast(exp(12 + spread(number, 'value')) as bigint) end as estimated_value_minor,
    'web_form' as lead_channel,
    case when chance(number, 'direction') < 0.01 then 'partner' else 'vendor' end as direction,
    cast(null as varchar) as originating_partner_id,
    cast(null as varchar) as campaign_id,
    chance(number, 'express') < 20.0 / $units as is_express,
    cast(null as varchar) as identity_exception
from placed;

-- who knows a lead or its account: a partner of the same country
create table known as
with roster_of as (
    select country, list(partner_id order by partner_id) as partners from roster group by country
)

select
    lead.lead_id, lead.account_id, lead.product, pick(lead.lead_id, 'knows', roster_of.partners) as partner_id,
    chance(lead.lead_id, 'how') as how, chance(lead.lead_id, 'age') as age
from intermediate.int_routing__leads as lead
inner join roster_of on lead.country = roster_of.country
where chance(lead.lead_id, 'how') < 0.08;

create table intermediate.int_routing__refusals as
select
    lead_id, partner_id, pick(lead_id, 'why', ['declined', 'expired']) as reason,
    timestamp '2026-03-02' - to_days(cast(floor(60 * age) as integer)) as "at"
from known where how < 0.04;

create table intermediate.int_routing__incumbents as
select account_id, product, any_value(partner_id order by lead_id) as partner_id, timestamp '2026-01-01' as since
from known where how between 0.04 and 0.06 group by account_id, product;

create table intermediate.int_routing__live_registrations as
select account_id, product, partner_id, 'registration-' || lead_id as registration_id
from known where how between 0.06 and 0.065;

create table intermediate.int_routing__named_accounts as
select account_id, cast(null as varchar) as product, case when how < 0.066 then 'direct' else partner_id end as partner_id
from known where how between 0.065 and 0.07;

update intermediate.int_routing__leads as lead set originating_partner_id = known.partner_id
from known where lead.lead_id = known.lead_id and known.how > 0.07;

create table intermediate.int_partners__offer_outcomes as
select
    partner_id, 'offer-' || number || '-' || offer as assignment_id, cast(null as varchar) as lead_id, country,
    pick(number * 100 + offer, 'segment', ['smb', 'midmarket', 'enterprise', null]) as segment,
    cast(null as varchar) as product, timestamp '2026-01-01' as released_at, cast(60 + offer as integer) as age_days,
    true as follow_up_window_closed, chance(number * 100 + offer, 'kept') < 0.3 + 0.6 * chance(number, 'keeps')
        as is_followed_up_in_time, false as is_left_out, cast(null as varchar) as left_out_reason,
    false as is_opportunity_matured, false as has_opportunity, false as is_won_matured, false as is_won
from roster
cross join range(30) as offers (offer)
where offer < 30 * chance(number, 'history');

create table intermediate.int_values__reference as
select product, segment, country, cast(median(estimated_value_minor) as bigint) as median_won_minor, count(*) as n
from intermediate.int_routing__leads group by product, segment, country;

create table intermediate.int_values__cap as
select cast(quantile_disc(estimated_value_minor, 0.95) as bigint) as cap_minor from intermediate.int_routing__leads;

create table intermediate.int_routing__fairness (
    pool varchar, partner_id varchar, credit_nanos bigint
);

create table intermediate.int_routing__open_units (
    partner_id varchar, country varchar, region varchar, postal_code varchar, product varchar, product_code varchar
);
