"""Business seconds of a million intervals beside plain timestamp subtraction, in one run.

Prints the time of each and their ratio: what knowing weekends, holidays and clock changes costs. Fails above
`AT_MOST` times the subtraction.
"""

import time
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np

from routing_jobs.sla import Calendar, add_business_seconds_many, business_seconds_many

ROWS = 1_000_000
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo")
AT_MOST = 150


def fastest(work: Callable[[], object], runs: int = 5) -> float:
    """Seconds of the fastest of some runs: the one least disturbed."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def main() -> None:
    """Measures one calendar, fifty calendars at once, and deadlines."""
    generator = np.random.default_rng(1)
    starts = np.datetime64("2019-01-01", "us") + generator.integers(0, 6 * 365 * 86_400, ROWS).astype("timedelta64[s]")
    ends = starts + generator.integers(0, 30 * 86_400, ROWS).astype("timedelta64[s]")
    newyears = {date(year, 1, 1) + timedelta(days=day) for year in range(2019, 2026) for day in range(10)}
    calendars = [
        Calendar(zone, {1, 2, 3, 4, 5}, f"{hour:02d}:00", f"{hour + 9:02d}:30", newyears)
        for zone in ZONES
        for hour in range(10)
    ]
    which = generator.integers(0, len(calendars), ROWS)

    plain = fastest(lambda: ends - starts)
    results = {
        "one calendar": fastest(lambda: business_seconds_many(starts, ends, calendars[0])),
        "50 calendars": fastest(lambda: business_seconds_many(starts, ends, calendars, which)),
        "deadlines, 50 calendars": fastest(lambda: add_business_seconds_many(starts, 16 * 3600, calendars, which)),
    }
    print(f"{ROWS:,} intervals; plain subtraction {plain * 1e3:.1f} ms")
    for name, seconds in results.items():
        print(f"{name:>24}: {seconds * 1e3:6.0f} ms, {seconds / plain:5.1f} x plain subtraction")
    worst = max(results.values()) / plain
    if worst > AT_MOST:
        raise SystemExit(f"{worst:.0f} times plain subtraction: expected at most {AT_MOST}")


if __name__ == "__main__":
    main()
