"""Phone numbers in E.164, or null where a number cannot be one.

phonenumbers needs 25 us a number, too long for a million. Numbers of plain digits and marks go through `_plain`,
which follows phonenumbers' own parsing step by step over its own metadata, compiled once a region; whatever has
letters, extensions or a region with rewriting rules goes to the library. A property test holds the two equal.
"""

import re
from functools import cache
from typing import NamedTuple

import phonenumbers
import pyarrow as pa
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, NumberParseException, PhoneMetadata

_PLAIN = re.compile(r"[ (]*(\+?)[ ()]*([0-9][0-9 ()./-]*)")
_MARKS = str.maketrans("", "", " ()./-")
_LONGEST = 17  # digits of a national number, as phonenumbers bounds it
_KINDS = (
    "mobile", "fixed_line", "toll_free", "premium_rate", "shared_cost", "voip", "personal_number", "pager", "uan",
    "voicemail",
)  # fmt: skip
_TO_LIBRARY = object()


class _Region(NamedTuple):
    """The rules of one region, compiled."""

    calling_code: str
    leading_digits: re.Pattern[str] | None
    idd: re.Pattern[str]  # what is dialled before an international number
    prefix: re.Pattern[str] | None  # what is dialled before a national one
    rewrites: bool  # the prefix has rules that only the library follows
    general: re.Pattern[str]
    longest: int
    kinds_by_length: dict[int, tuple[re.Pattern[str], ...]]  # the patterns of mobile, fixed, ... numbers so long

    def is_number(self, national: str) -> bool:
        """Whether it is a number of one of the region's kinds."""
        for kind in self.kinds_by_length.get(len(national), ()):
            if kind.fullmatch(national):
                return self.general.fullmatch(national) is not None
        return False

    def without_prefix(self, national: str) -> str:
        """The number without its national prefix, if that leaves what can be a number."""
        match = self.prefix.match(national) if self.prefix else None
        if not match or not match.end():
            return national
        rest = national[match.end() :]
        return national if self.general.fullmatch(national) and not self.general.fullmatch(rest) else rest


def e164(phones: pa.ChunkedArray, regions: pa.ChunkedArray) -> pa.Array:
    """Each phone in E.164; null for a blank, a placeholder or an impossible number.

    Args:
        phones: Text as it came.
        regions: ISO 3166-1 alpha-2 of where a number without country code is; may be null.
    """
    known: dict[tuple[str, str | None], str | None] = {}
    result: list[str | None] = []
    for pair in zip(phones.to_pylist(), regions.to_pylist(), strict=True):
        if pair not in known:
            known[pair] = _number(*pair) if pair[0] is not None else None
        result.append(known[pair])
    return pa.array(result, pa.string())


def _number(phone: str, region: str | None) -> str | None:
    match = _PLAIN.fullmatch(phone.strip())
    if match is None:
        return _by_library(phone, region)
    digits = match[2].translate(_MARKS)
    if len(set(digits)) == 1:
        return None  # 0000000, 9999999: typed to get past a form
    number = _international(digits) if match[1] else _national(digits, region)
    return _by_library(phone, region) if number is _TO_LIBRARY else number


def _international(digits: str) -> str | object | None:
    """The number behind a plus sign or an international prefix."""
    code = _calling_code(digits)
    if code is None:
        return _TO_LIBRARY
    return _written(code, digits[len(code) :], _main_region(code))


def _national(digits: str, region_code: str | None) -> str | object | None:
    """The number as it is dialled within a region, or from there abroad."""
    region = _region(region_code) if region_code else None
    if region is None:
        return None
    abroad = region.idd.match(digits)
    if abroad and digits[abroad.end() : abroad.end() + 1] not in ("", "0"):
        return _international(digits[abroad.end() :])
    if abroad or (region.rewrites and region.prefix and region.prefix.match(digits)):
        return _TO_LIBRARY
    code = region.calling_code
    if digits.startswith(code):
        rest = region.without_prefix(digits[len(code) :])
        is_complete = not region.general.fullmatch(digits) and region.general.fullmatch(rest)
        if is_complete or len(digits) > region.longest:
            return _written(code, rest, _main_region(code))
    return _written(code, digits, region)


def _written(code: str, national: str, region: _Region) -> str | object | None:
    """The E.164 form, after the national prefix; null unless some region of the calling code has such a number."""
    if region.rewrites and region.prefix and region.prefix.match(national):
        return _TO_LIBRARY
    rest = region.without_prefix(national)
    if len(rest) in region.kinds_by_length or len(rest) > region.longest:
        national = rest
    return f"+{code}{national}" if len(national) <= _LONGEST and _exists(code, national) else None


def _exists(code: str, national: str) -> bool:
    for name in COUNTRY_CODE_TO_REGION_CODE[int(code)]:
        region = _region(name)
        if region.leading_digits:
            if region.leading_digits.match(national):
                return region.is_number(national)
        elif region.is_number(national):
            return True
    return False


def _calling_code(digits: str) -> str | None:
    """The calling code that the digits begin with; None where only the library can say."""
    for length in (1, 2, 3):
        code = digits[:length]
        if code and code[0] != "0" and int(code) in COUNTRY_CODE_TO_REGION_CODE:
            return None if COUNTRY_CODE_TO_REGION_CODE[int(code)] == ("001",) else code
    return None


@cache
def _main_region(code: str) -> _Region:
    region = _region(COUNTRY_CODE_TO_REGION_CODE[int(code)][0])
    assert region is not None
    return region


@cache
def _region(name: str) -> _Region | None:
    """The compiled rules of a region; None if phonenumbers does not know it."""
    metadata = PhoneMetadata.metadata_for_region(name, None)
    if metadata is None:
        return None
    prefix = metadata.national_prefix_for_parsing
    lengths = metadata.general_desc.possible_length
    kinds = [kind for kind in (getattr(metadata, name) for name in _KINDS) if kind and kind.national_number_pattern]
    patterns = {id(kind): re.compile(kind.national_number_pattern) for kind in kinds}
    return _Region(
        calling_code=str(metadata.country_code),
        leading_digits=_compiled(metadata.leading_digits),
        idd=re.compile(metadata.international_prefix or "$^"),
        prefix=_compiled(prefix),
        rewrites=bool(prefix and (metadata.national_prefix_transform_rule or re.search(r"\((?!\?)", prefix))),
        general=re.compile(metadata.general_desc.national_number_pattern),
        longest=max(lengths),
        kinds_by_length={
            length: tuple(patterns[id(kind)] for kind in kinds if length in (kind.possible_length or lengths))
            for length in lengths
        },
    )


def _compiled(pattern: str | None) -> re.Pattern[str] | None:
    return re.compile(pattern) if pattern else None


def _by_library(phone: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(phone, region)
    except NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
