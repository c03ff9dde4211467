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


def _number_pattern(decimal_sign: str) -> str:
    """The pattern of a number: grouped or not, signed or in parentheses, with a currency sign or without."""
    marks = ("," if decimal_sign == "." else ".", *_GROUP_MARKS)
    grouped = "|".join(rf"\d{{1,3}}({re.escape(mark)}\d{{3}})+" for mark in marks)
    sign = re.escape(decimal_sign)
    digits = rf"(({grouped}|\d+)({sign}\d*)?|{sign}\d+)"
    pattern = rf"[-+]?{_CURRENCY} ?[-+]?{digits} ?{_CURRENCY}|\({_CURRENCY} ?{digits} ?{_CURRENCY}\)"
    return pattern.replace("'", "''")


def _plain_number(name: str, decimal_sign: str) -> str:
    """Digits with a decimal point: the pattern has judged the other marks, so they can go."""
    return f"""
    create macro {name}(t) as case
        when regexp_full_match(t, '[+-]?\\d+(\\.\\d*)?') and (not contains(t, '.') or '{decimal_sign}' = '.') then t
        when regexp_full_match(t, '{_number_pattern(decimal_sign)}') then
            case when starts_with(t, '(') then '-' else '' end
            || replace(regexp_replace(t, '[^0-9{decimal_sign}-]', '', 'g'), '{decimal_sign}', '.')
    end
    """


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
        when regexp_full_match(t, '[1-9]\\d{3}-\\d{2}-\\d{2}[T ]([01]\\d|2[0-3]):\\d{2}:\\d{2}Z')
            then try_cast(t as timestamp)
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
    _plain_number("plain_number_point", "."),
    _plain_number("plain_number_comma", ","),
    # number: what plain_number_... makes. Decimals of 19 digits and more are read a hundred times slower.
    """
    create macro read_decimal(number) as coalesce(
        cast(try_cast(number as decimal(18, 4)) as decimal(20, 4)), try_cast(number as decimal(20, 4))
    )
    """,
    """
    create macro read_integer(number) as
        case when regexp_full_match(number, '[+-]?\\d+(\\.0*)?') then try_cast(split_part(number, '.', 1) as bigint) end
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
    create macro read_entries(t, separator) as
        list_filter(
            list_transform(string_split(t, separator), lambda entry: trim(entry)), lambda entry: entry <> ''
        )
    """,
    "create macro as_word(t) as regexp_replace(lower(t), '[ -]+', '_', 'g')",
)
