"""Shapley values of channels, in closed form.

The game: v(S) = conversions of journeys all of whose channels lie in S. A journey with m distinct channels is then a
unanimity game, whose Shapley value is 1/m for each of them, and the value of a sum of games is the sum of the values.
So no subset is ever enumerated. Source: Shapley 1953; Zhao, Mahboobi and Bagheri 2018, Shapley value methods for
attribution modeling (the simplified form for unordered channels).
"""

import numpy as np

from routing_jobs.attribution.journeys import Floats, Journeys


def shared_by_channels(journeys: Journeys) -> Floats:
    """One weight per touch: the journey's conversion split evenly over its distinct channels, each over its touches.

    Args:
        journeys: Journeys that all convert, k touches.

    Returns:
        float64[k], summing to 1 per journey.
    """
    pair = journeys.journey * max(len(journeys.channels), 1) + journeys.channel
    pairs, which, touches_of_pair = np.unique(pair, return_inverse=True, return_counts=True)
    journey_of_pair = pairs // max(len(journeys.channels), 1)
    channels_of_journey = np.bincount(journey_of_pair, minlength=len(journeys.is_converting))
    weight: Floats = 1.0 / (channels_of_journey[journeys.journey] * touches_of_pair[which])
    return weight
