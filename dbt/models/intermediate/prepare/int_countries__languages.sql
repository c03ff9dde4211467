-- One row per country with exactly one official language: only there does the country tell a lead's language.
-- Feeds carry no language, so a lead from any other country (CH, BE, CA, IN...) counts as having none.
with languages (country, language) as (
    values
    ('AE', 'ar'), ('AR', 'es'), ('AT', 'de'), ('AU', 'en'), ('BG', 'bg'), ('BR', 'pt'), ('CL', 'es'), ('CO', 'es'),
    ('CR', 'es'), ('CZ', 'cs'), ('DE', 'de'), ('DK', 'da'), ('EC', 'es'), ('EE', 'et'), ('EG', 'ar'), ('ES', 'es'),
    ('FR', 'fr'), ('GB', 'en'), ('GR', 'el'), ('HR', 'hr'), ('HU', 'hu'), ('ID', 'id'), ('IS', 'is'), ('IT', 'it'),
    ('JO', 'ar'), ('JP', 'ja'), ('KR', 'ko'), ('KW', 'ar'), ('LI', 'de'), ('LT', 'lt'), ('LV', 'lv'), ('MX', 'es'),
    ('MY', 'ms'), ('NL', 'nl'), ('NO', 'no'), ('OM', 'ar'), ('PE', 'es'), ('PL', 'pl'), ('PT', 'pt'), ('QA', 'ar'),
    ('RO', 'ro'), ('SA', 'ar'), ('SE', 'sv'), ('SI', 'sl'), ('SK', 'sk'), ('TH', 'th'), ('TR', 'tr'), ('UA', 'uk'),
    ('US', 'en'), ('UY', 'es'), ('VN', 'vi')
)

select
    country,
    language
from languages
