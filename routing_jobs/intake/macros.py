"""SQL macros that read a text as an instant, a date, a number, a boolean or a list; null where it is no such thing.

`t` is always trimmed text. Created in the sandbox before it is locked; which of them a column needs is in `mapping`.
"""

import re

ISO_DATE = r"[1-9]\d{3}-\d{2}-\d{2}"
ISO_INSTANT = ISO_DATE + (
    r"([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?( ?(Z|UTC|[+-]([01]\d|2[0-3])(:?[0-5]\d)?))?)?"
)

# What separates groups of three digits, beside comma or point, whichever is not the decimal sign.
_GROUP_MARKS = (" ", "'", "\u2019", "\u00a0", "\u202f")
_CURRENCY = "[$\u20ac\u00a3\u00a5]?"


def number_pattern(decimal_sign: str) -> str:
    """The pattern of a number with this decimal sign: grouped or not, signed or in parentheses, with a currency sign."""
    marks = ("," if decimal_sign == "." else ".", *_GROUP_MARKS)
    grouped = "|".join(rf"\d{{1,3}}({re.escape(mark)}\d{{3}})+" for mark in marks)
    sign = re.escape(decimal_sign)
    digits = rf"(({grouped}|\d+)({sign}\d*)?|{sign}\d+)"
    return rf"[-+]?{_CURRENCY} ?[-+]?{digits} ?{_CURRENCY}|\({_CURRENCY} ?{digits} ?{_CURRENCY}\)"


MACROS = (
    # A naive time is in the feed's zone. One that the clocks skip counts as much later as they skip; of one that
    # they repeat, the later is meant: what ICU does.
    "create macro local_utc(moment, zone) as cast(timezone(zone, moment) as timestamp)",
    "create macro sane_year(moment) as case when year(moment) between 1000 and 9999 then moment end",
    f"create macro is_iso_instant(t) as regexp_full_match(t, '{ISO_INSTANT}')",
    # DuckDB wants seconds, and no blank before the offset.
    """
    create macro iso_spelled_out(t) as
        substr(t, 1, 16) || case when substr(t, 17, 1) = ':' then '' else ':00' end
        || replace(replace(substr(t, 17), ' ', ''), 'UTC', 'Z')
    """,
    """
    create macro iso_utc(t, zone) as case
        when not is_iso_instant(t) then null
        when length(t) = 10 then local_utc(try_cast(t as timestamp), zone)
        when regexp_matches(substr(t, 17), '[ZC+-]')
            then cast(try_cast(iso_spelled_out(t) as timestamptz) as timestamp)
        else local_utc(try_cast(iso_spelled_out(t) as timestamp), zone)
    end
    """,
    f"""
    create macro iso_date(t) as case
        when regexp_full_match(t, '{ISO_DATE}([T ]00:00(:00(\\.0+)?)?)?') then try_cast(substr(t, 1, 10) as date)
    end
    """,
    # 1.234,50 EUR and (1,234.50) alike: the pattern has judged the marks, so they can go.
    """
    create macro plain_number(t, pattern, decimal_sign) as case
        when regexp_full_match(t, '[+-]?\\d+') then t
        when regexp_full_match(t, pattern) then
            case when starts_with(t, '(') then '-' else '' end
            || replace(regexp_replace(t, '[^0-9-' || decimal_sign || ']', '', 'g'), decimal_sign, '.')
    end
    """,
    """
    create macro read_integer(t, pattern, decimal_sign) as coalesce(
        case when regexp_full_match(t, '[+-]?\\d{1,18}') then try_cast(t as bigint) end,
        case
            when try_cast(plain_number(t, pattern, decimal_sign) as decimal(38, 9))
                = trunc(try_cast(plain_number(t, pattern, decimal_sign) as decimal(38, 9)))
            then try_cast(try_cast(plain_number(t, pattern, decimal_sign) as decimal(38, 9)) as bigint)
        end
    )
    """,
    """
    create macro read_double(t, decimal_sign) as case
        when regexp_full_match(
            replace(t, decimal_sign, '.'), '[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d{1,3})?'
        )
        then nullif(try_cast(replace(t, decimal_sign, '.') as double), 'infinity')
    end
    """,
    """
    create macro read_boolean(t, true_words, false_words) as case
        when list_contains(true_words, lower(t)) then true
        when list_contains(false_words, lower(t)) then false
    end
    """,
    """
    create macro read_entries(t, separators) as
        list_filter(
            list_transform(string_split_regex(t, separators), lambda entry: trim(entry)), lambda entry: entry <> ''
        )
    """,
    "create macro as_word(t) as regexp_replace(lower(t), '[ -]+', '_', 'g')",
)
