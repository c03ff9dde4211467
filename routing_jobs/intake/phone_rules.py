"""How the numbers of each region are dialled and written, compiled from phonenumbers' metadata; no numbers are read.

Most of what decides a number is its length and its first digits: behind those the patterns only say "any digit".
`depth` is how many first digits that takes, so that a decision holds for every number that begins the same.
"""

import re
from functools import cache
from typing import NamedTuple

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

_KINDS = (
    "mobile", "fixed_line", "toll_free", "premium_rate", "shared_cost", "voip", "personal_number", "pager", "uan",
    "voicemail",
)  # fmt: skip
_NOT_GEOGRAPHIC = ("001",)


class Region(NamedTuple):
    """The rules of one region."""

    calling_code: str
    leading_digits: re.Pattern[str] | None  # what tells its numbers from others of the same calling code
    abroad: re.Pattern[str]  # what is dialled before an international number
    prefix: re.Pattern[str] | None  # what is dialled before a national one
    rewrites: bool  # the prefix comes with rules that only the library follows
    general: re.Pattern[str]
    longest: int
    kinds_by_length: dict[int, tuple[re.Pattern[str], ...]]  # the patterns of mobile, fixed, ... numbers so long
    prefix_width: int
    abroad_width: int
    depth: int  # of its national numbers

    def is_number(self, national: str) -> bool:
        """Whether it is a number of one of the region's kinds."""
        for kind in self.kinds_by_length.get(len(national), ()):
            if kind.fullmatch(national):
                return self.general.fullmatch(national) is not None
        return False

    def is_rewritten(self, national: str) -> bool:
        """Whether the library has to say what the number is without its prefix."""
        return self.rewrites and self.prefix is not None and self.prefix.match(national) is not None

    def without_prefix(self, national: str) -> str:
        """The number without its national prefix, if that leaves what can be a number."""
        match = self.prefix.match(national) if self.prefix else None
        if not match or not match.end():
            return national
        rest = national[match.end() :]
        return national if self.general.fullmatch(national) and not self.general.fullmatch(rest) else rest


@cache
def region(name: str) -> Region | None:
    """The rules of a region by its ISO code; None if phonenumbers does not know it."""
    metadata = PhoneMetadata.metadata_for_region(name, None)
    general = metadata.general_desc if metadata else None
    if metadata is None or general is None:
        return None
    prefix, abroad = metadata.national_prefix_for_parsing or "", metadata.international_prefix or "$^"
    lengths = general.possible_length
    kinds = [kind for kind in (getattr(metadata, name) for name in _KINDS) if kind and kind.national_number_pattern]
    patterns = [kind.national_number_pattern for kind in kinds] + [general.national_number_pattern]
    rewrites = bool(prefix and (metadata.national_prefix_transform_rule or re.search(r"\((?!\?)", prefix)))
    compiled = {pattern: re.compile(pattern) for pattern in patterns}
    return Region(
        calling_code=str(metadata.country_code),
        leading_digits=re.compile(metadata.leading_digits) if metadata.leading_digits else None,
        abroad=re.compile(abroad),
        prefix=re.compile(prefix) if prefix else None,
        rewrites=rewrites,
        general=compiled[patterns[-1]],
        longest=max(lengths),
        kinds_by_length={
            length: tuple(
                compiled[kind.national_number_pattern] for kind in kinds if length in (kind.possible_length or lengths)
            )
            for length in lengths
        },
        prefix_width=extent(prefix)[1 if rewrites else 0],
        abroad_width=extent(abroad)[0],
        depth=max(extent(pattern)[1] for pattern in (*patterns, metadata.leading_digits or "")),
    )


def regions_of(calling_code: str) -> tuple[str, ...]:
    """The ISO codes of the regions with this calling code, the main one first."""
    return COUNTRY_CODE_TO_REGION_CODE[int(calling_code)]


def calling_code_of(digits: str) -> str | None:
    """The calling code that international digits begin with; None where only the library can say."""
    for length in (1, 2, 3):
        code = digits[:length]
        if code and code[0] != "0" and int(code) in COUNTRY_CODE_TO_REGION_CODE:
            return None if regions_of(code) == _NOT_GEOGRAPHIC else code
    return None


def extent(pattern: str) -> tuple[int, int]:
    r"""(most digits the pattern takes, most of them before it takes any digit): 49[1-6]\d{10} is (13, 3).

    Understands what phonenumbers' patterns are made of: digits, \d, [...], groups, |, ? and {m,n}.
    """
    widest, depth, _ = _alternatives(pattern, 0)
    return widest, depth


def _alternatives(pattern: str, at: int) -> tuple[int, int, int]:
    widest = depth = 0
    while True:
        width, deep, at = _sequence(pattern, at)
        widest, depth = max(widest, width), max(depth, deep)
        if at == len(pattern) or pattern[at] != "|":
            return widest, depth, at
        at += 1


def _sequence(pattern: str, at: int) -> tuple[int, int, int]:
    width = depth = 0
    while at < len(pattern) and pattern[at] not in "|)":
        unit_width, unit_depth, at = _unit(pattern, at)
        times, at = _repeat(pattern, at)
        if unit_depth:
            depth = max(depth, width + unit_width * (times - 1) + unit_depth)
        width += unit_width * times
    return width, depth, at


def _unit(pattern: str, at: int) -> tuple[int, int, int]:
    if pattern[at] == "(":
        at += 3 if pattern.startswith("(?:", at) else 1
        width, depth, at = _alternatives(pattern, at)
        return width, depth, at + 1
    if pattern[at] == "[":
        return 1, 1, pattern.index("]", at) + 1
    if pattern.startswith(r"\d", at):
        return 1, 0, at + 2
    return (1, 1, at + 1) if pattern[at].isdigit() else (0, 0, at + 1)  # $ and ^ take no digit


def _repeat(pattern: str, at: int) -> tuple[int, int]:
    """(how often at most the unit before `at` stands, where the pattern goes on)."""
    if pattern.startswith("?", at):
        return 1, at + 1
    if pattern.startswith("{", at):
        end = pattern.index("}", at)
        return int(pattern[at + 1 : end].rpartition(",")[2]), end + 1
    return 1, at
