"""The ten models behind one function. Not here: the models themselves, journeys, rounding."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from routing_jobs.attribution.journeys import Floats, Journeys, read_journeys
from routing_jobs.attribution.markov import removal_effects, shared_by_removal_effect
from routing_jobs.attribution.rules import SHARES, decayed_by_time, shared_by_milestones
from routing_jobs.attribution.shapley import shared_by_channels

MODELS = (
    "first_touch",
    "last_touch",
    "linear",
    "u_shaped",
    "w_shaped",
    "full_path",
    "time_decay",
    "position_based",
    "markov",
    "shapley",
)
HALF_LIFE_HOURS = 168.0


def attribute(
    touches: pd.DataFrame,
    model: str,
    *,
    lookback_days: float | None = None,
    half_life_hours: float = HALF_LIFE_HOURS,
    weights: Mapping[str, float] | None = None,
    order: int = 1,
) -> pd.DataFrame:
    """The touches with what each of them earned of its journey's conversion.

    Credit sums to 1 per converting journey and is 0 in the others. Touches after the conversion, or before the
    lookback, earn nothing; a converting journey left with no touch by that has nobody to credit and sums to 0.

    - first_touch, last_touch, linear (a channel touched twice counts twice)
    - u_shaped, position_based: first 40, last 40, the middle 20; two touches 50 each
    - w_shaped: first, lead, opportunity 30 each, the rest 10; full_path: first, lead, opportunity, won 22.5 each, the
      rest 10. A milestone's touch is the last at or before it; one at two milestones earns both; where a milestone is
      absent the other shares grow in proportion.
    - time_decay: 0.5 ** (hours before conversion / half_life_hours)
    - markov: in proportion to the touches' removal effects; `.attrs["channels"]` holds the classic result
    - shapley: an equal split over the journey's distinct channels, each channel's part evenly over its touches

    Args:
        touches: One row per touch: journey_id, touched_at, channel, is_converting and converted_at (both the same on
            all rows of a journey; converted_at may be missing where nothing converted), optionally lead_created_at,
            opportunity_at, and touch_id, which orders touches of the same instant. Instants without zone are UTC.
        model: One of `MODELS`.
        lookback_days: How long before the conversion a touch may lie; None for no limit.
        half_life_hours: Of time_decay.
        weights: Other shares for u_shaped, position_based, w_shaped, full_path, by milestone: first, last, lead,
            opportunity, won, rest. They count in proportion.
        order: Of markov: how many channels back a step remembers.

    Returns:
        A copy of `touches` with a float column `credit`. For markov, `.attrs["channels"]` is a frame of channel,
        removal_effect, credit: removal effects shared out over all conversions.

    Raises:
        ValueError: The model is unknown, a setting is out of range, a column is missing or a row is wrong; row and
            value are named.
    """
    _check_model(model)
    journeys = read_journeys(touches, lookback_days)
    credit, channels = credit_touches(journeys, model, half_life_hours=half_life_hours, weights=weights, order=order)
    credited = touches.copy()
    credited["credit"] = credit
    if channels is not None:
        credited.attrs["channels"] = channels
    return credited


def credit_touches(
    journeys: Journeys,
    model: str,
    *,
    half_life_hours: float = HALF_LIFE_HOURS,
    weights: Mapping[str, float] | None = None,
    order: int = 1,
) -> tuple[Floats, pd.DataFrame | None]:
    """`attribute` for journeys already read, so that ten models check and sort their touches once.

    Args:
        journeys: From `read_journeys`, which also applied the lookback.
        model: As for `attribute`, as are the settings.
        half_life_hours: See there.
        weights: See there.
        order: See there.

    Returns:
        The credit of each row of the touches that were read, in their order, and for markov the frame of channels.

    Raises:
        ValueError: As for `attribute`.
    """
    _check_model(model)
    converting = journeys.converting()
    channels = None
    if model == "markov":
        channels = removal_effects(journeys, order)
        weight = shared_by_removal_effect(converting, channels)
    elif model == "shapley":
        weight = shared_by_channels(converting)
    elif model == "time_decay":
        weight = decayed_by_time(converting, half_life_hours)
    else:
        weight = shared_by_milestones(converting, model, weights if len(SHARES[model]) > 2 else None)
    credit = np.zeros(journeys.rows)
    credit[converting.row] = weight / converting.total(weight)[converting.journey]
    return credit, channels


def _check_model(model: str) -> None:
    if model not in MODELS:
        raise ValueError(f"model {model!r}: expected one of {', '.join(MODELS)}")
