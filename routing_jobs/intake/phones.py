"""Phone numbers in E.164, or null where a number cannot be one.

phonenumbers takes 25 us a number, too long for a million. Numbers of plain digits and marks go through the tables
here, which follow phonenumbers' parsing step by step and remember what a length and first digits decide; whatever
has letters, extensions or a region with rewriting rules goes to the library. A property test holds the two equal.
"""

from collections.abc import Callable
from functools import cache

import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc
from phonenumbers import NumberParseException

from routing_jobs.intake.phone_rules import Region, calling_code_of, region, regions_of

_PLAIN = r"^\s*[ (]*\+?[ ()]*[0-9][0-9 ()./-]*$"
_INTERNATIONAL = r"^[\s(]*\+"
_PLACEHOLDER = "^(" + "|".join(f"{digit}*" for digit in range(10)) + ")$"  # 0000000: typed to get past a form
_LONGEST = 17  # digits of a national number, as phonenumbers bounds it
_MOST_REMEMBERED = 1 << 20

# What is decided of a number: (calling code, how many digits come before the national number); ("", n): what follows
# n digits is international; None: no number; _ASK: the library knows.
_Decision = tuple[str, int] | None
_ASK = ("ask the library", 0)


def e164(phones: pa.ChunkedArray, regions: pa.ChunkedArray) -> pa.Array:
    """Each phone in E.164; null for a blank, a placeholder or an impossible number.

    Args:
        phones: Text as it came.
        regions: ISO 3166-1 alpha-2 of where a number without country code is; may be null.
    """
    digits = pc.replace_substring_regex(phones, "[^0-9]", "")
    is_real = pc.invert(pc.match_substring_regex(digits, _PLACEHOLDER))
    columns = (
        phones,
        regions,
        pc.if_else(is_real, digits, None),
        pc.match_substring_regex(phones, _PLAIN),
        pc.match_substring_regex(phones, _INTERNATIONAL),
    )
    numbers = [
        None if plain is None else _number(plain, place, is_international) if is_plain else by_library(phone, place)
        for phone, place, plain, is_plain, is_international in zip(
            *(column.to_pylist() for column in columns), strict=True
        )
    ]
    return pa.array(numbers, pa.string())


class _Table:
    """The decisions for numbers dialled one way, remembered by their length and first `depth` digits."""

    def __init__(self, depth: int, decide: Callable[[str], _Decision]):
        self._depth = depth
        self._decide = decide
        self._known: dict[tuple[str, int], _Decision] = {}

    def __getitem__(self, digits: str) -> _Decision:
        key = (digits[: self._depth], len(digits))
        if key not in self._known:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            self._known[key] = self._decide(digits)
        return self._known[key]


def number_of(phone: str, place: str | None) -> str | None:
    """One phone as `e164` has it."""
    return e164(pa.chunked_array([[phone]]), pa.chunked_array([pa.array([place], pa.string())]))[0].as_py()


def _number(digits: str, place: str | None, is_international: bool) -> str | None:
    if is_international:
        decision, before = _international(digits), 0
    elif place is None or (table := _national_table(place)) is None:
        return None
    else:
        decision, before = table[digits], 0
        if decision is not None and not decision[0]:
            before = decision[1]
            decision = _international(digits[before:])
    if decision is None:
        return None
    if decision is _ASK:
        return by_library(("+" if is_international else "") + digits, place)
    return f"+{decision[0]}{digits[before + decision[1] :]}"


def _international(digits: str) -> _Decision:
    code = calling_code_of(digits)
    return _ASK if code is None else _international_table(code)[digits]


@cache
def _international_table(code: str) -> _Table:
    """Numbers behind a plus sign, with this calling code."""
    main = _main_region(code)
    depth = len(code) + main.prefix_width + _depth(code)
    return _Table(depth, lambda digits: _written(code, digits, len(code), main))


@cache
def _national_table(place: str) -> _Table | None:
    """Numbers as they are dialled within a region, or from there abroad."""
    home = region(place)
    if home is None:
        return None
    code = home.calling_code
    width = len(code) + home.prefix_width + _main_region(code).prefix_width + _depth(code)
    return _Table(max(width, home.abroad_width + 1), lambda digits: _decide_national(digits, home))


def _decide_national(digits: str, home: Region) -> _Decision:
    abroad = home.abroad.match(digits)
    if abroad and digits[abroad.end() : abroad.end() + 1] not in ("", "0"):
        return "", abroad.end()
    code = home.calling_code
    has_code = digits.startswith(code)
    if abroad or home.is_rewritten(digits) or (has_code and home.is_rewritten(digits[len(code) :])):
        return _ASK
    if has_code:
        rest = home.without_prefix(digits[len(code) :])
        is_complete = not home.general.fullmatch(digits) and home.general.fullmatch(rest)
        if is_complete or len(digits) > home.longest:
            return _written(code, digits, len(digits) - len(rest), _main_region(code))
    return _written(code, digits, 0, home)


def _written(code: str, digits: str, start: int, place: Region) -> _Decision:
    """Where the national number begins, after its prefix; None unless the calling code has such a number."""
    national = digits[start:]
    if place.is_rewritten(national):
        return _ASK
    rest = place.without_prefix(national)
    if len(rest) in place.kinds_by_length or len(rest) > place.longest:
        national = rest
    is_number = len(national) <= _LONGEST and _exists(code, national)
    return (code, len(digits) - len(national)) if is_number else None


def _exists(code: str, national: str) -> bool:
    """Whether one of the calling code's regions has the number; leading digits decide which it is."""
    for name in regions_of(code):
        place = region(name)
        assert place is not None
        if place.leading_digits:
            if place.leading_digits.match(national):
                return place.is_number(national)
        elif place.is_number(national):
            return True
    return False


def _depth(code: str) -> int:
    return max(place.depth for place in map(region, regions_of(code)) if place)


def _main_region(code: str) -> Region:
    main = region(regions_of(code)[0])
    assert main is not None
    return main


def by_library(phone: str, place: str | None) -> str | None:
    """What phonenumbers makes of a phone."""
    try:
        number = phonenumbers.parse(phone, place)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
