"""How a number moved against the period before, in words, and whether that is good news.

A change of a share whose interval holds 0 is no news: it is said so, with the interval.
"""

from routing_jobs.publish.report.content import Change
from routing_jobs.publish.report.intervals import Rate, difference
from routing_jobs.publish.report.wording import MINUS, NONE

UNKNOWN = Change("nothing before to compare with", "unknown", NONE)
UP, DOWN = "▲", "▼"


def change_of_rate(now: Rate, before: Rate, *, up_is_good: bool = True) -> Change:
    """▲ 2.1 points (0.4 to 3.8), or no clear change."""
    found = difference(now, before)
    if found is None:
        return UNKNOWN
    gap, lower, upper = (100 * part for part in found)
    ends = f"{_points(lower)} to {_points(upper)}"
    if lower <= 0 <= upper:
        return Change(f"no clear change ({ends} points)", "even", f"unclear ({ends})")
    tone = "better" if (gap > 0) == up_is_good else "worse"
    size = f"{UP if gap > 0 else DOWN} {abs(gap):.1f}"
    return Change(f"{size} points ({ends})", tone, f"{size} ({ends})")


def change_of_amount(now: float, before: float, *, up_is_good: bool | None = True) -> Change:
    """▲ 12%; ▲ 3.4 times as much where it more than tripled. With `up_is_good` None it is neither good nor bad."""
    if not before:
        return UNKNOWN if not now else Change("none in the period before", "unknown", "from 0")
    factor = now / before
    if abs(factor - 1) < 0.005:
        return Change("unchanged", "even")
    size = f"{factor:.1f} times as much" if factor >= 3 else f"{abs(factor - 1) * 100:.0f}%"
    if up_is_good is None:
        return Change(f"{UP if factor > 1 else DOWN} {size}", "even")
    tone = "better" if (factor > 1) == up_is_good else "worse"
    return Change(f"{UP if factor > 1 else DOWN} {size}", tone)


def against(change: Change, what: str) -> Change:
    """The same change, saying what it is measured against."""
    return change if change.tone == "unknown" else Change(f"{change.text} against {what}", change.tone)


def _points(number: float) -> str:
    return f"{MINUS if number < -0.05 else '+' if number >= 0.05 else ''}{abs(number):.1f}"
