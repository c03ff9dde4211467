"""Ten attribution models over a million touches beside one full DuckDB group-by over the same touches, in one run.

Prints each model's time, the total as a ratio to the group-by, and the peak memory of the process. Fails above 60 s or
2 GiB.
"""

import resource
import sys
import time

import duckdb
import numpy as np
import pandas as pd

from routing_jobs.attribution import MODELS, attribute, credit_micros, split_minor

TOUCHES, JOURNEYS, CHANNELS = 1_000_000, 150_000, 40
AT_MOST_SECONDS, AT_MOST_GIB = 60, 2
GROUP_BY = """
    select journey_id, channel, count(*), min(touched_at), max(touched_at), bool_or(is_converting)
    from touches
    group by journey_id, channel
"""


def journeys_of_an_account() -> pd.DataFrame:
    """Touches of account journeys, a fifth of which convert, in no order."""
    generator = np.random.default_rng(2)
    journey = generator.integers(0, JOURNEYS, TOUCHES)
    is_converting = generator.random(JOURNEYS) < 0.2
    converted_at = np.datetime64("2026-06-01", "us") + _days(generator, JOURNEYS, 90)
    converted_at[~is_converting] = np.datetime64("NaT")
    names = np.array([f"account-{number:06d}" for number in range(JOURNEYS)])
    channels = np.array([f"channel-{number:02d}" for number in range(CHANNELS)])
    return pd.DataFrame(
        {
            "touch_id": [f"touch-{number:07d}" for number in generator.permutation(TOUCHES)],
            "journey_id": names[journey],
            "touched_at": np.datetime64("2026-03-01", "us") + _days(generator, TOUCHES, 120),
            "channel": channels[generator.integers(0, CHANNELS, TOUCHES)],
            "is_converting": is_converting[journey],
            "converted_at": converted_at[journey],
            "lead_created_at": (converted_at - np.timedelta64(30, "D"))[journey],
            "opportunity_at": (converted_at - np.timedelta64(3, "D"))[journey],
        }
    )


def _days(generator: np.random.Generator, rows: int, days: int) -> np.ndarray:
    return generator.integers(0, days * 86_400, rows).astype("timedelta64[s]")


def main() -> None:
    """Measures every model, integer credit and revenue included."""
    touches = journeys_of_an_account()
    journey = pd.factorize(touches["journey_id"])[0]
    amount = np.random.default_rng(3).integers(0, 10**8, JOURNEYS)[journey]
    with duckdb.connect() as connection:
        connection.register("arriving", touches)
        connection.execute("create table touches as select * from arriving")
        began = time.perf_counter()
        connection.execute(GROUP_BY).fetchnumpy()
        group_by = time.perf_counter() - began
    total = 0.0
    print(f"{TOUCHES:,} touches in {JOURNEYS:,} journeys; DuckDB group-by {group_by:.2f} s")
    for model in MODELS:
        began = time.perf_counter()
        credited = attribute(touches, model, lookback_days=90)
        split_minor(amount, credit_micros(credited["credit"], journey), journey)
        seconds = time.perf_counter() - began
        total += seconds
        print(f"{model:>16}: {seconds:5.2f} s")
    gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**30 if sys.platform == "darwin" else 2**20)
    print(f"     all ten: {total:5.1f} s, {total / group_by:.0f} x one group-by, peak {gib:.2f} GiB")
    if total > AT_MOST_SECONDS or gib > AT_MOST_GIB:
        raise SystemExit(f"expected at most {AT_MOST_SECONDS} s and {AT_MOST_GIB} GiB")


if __name__ == "__main__":
    main()
