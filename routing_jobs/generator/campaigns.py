"""Campaigns: which feed each fills, when, how good its leads are, and what it cost."""

from dataclasses import dataclass

import numpy as np

from routing_jobs.generator.draws import Integers
from routing_jobs.generator.plan import Plan
from routing_jobs.generator.text import DAY

QUARTER_DAYS = 91
# Feed -> touch channels of the campaigns that fill it, three months each. The CRM's own list has none.
CHANNELS_OF_FEED: dict[int, tuple[str, ...]] = {
    0: ("paid_search", "organic", "webinar"),
    1: ("event", "event"),
    2: ("partner_site",),
    4: ("email", "social", "display"),
}
BRAND_CHANNELS = ("display", "print")  # money spent that no lead answers to
PREFIXES = {0: "WEB", 1: "EVT", 2: "COM", 4: "MAI"}


@dataclass(frozen=True)
class Campaigns:
    """All campaigns; `first[feed, quarter]` and `count[feed]` say which a lead may come from."""

    plan: Plan
    ids: tuple[str, ...]
    channels: tuple[str, ...]
    quarters: Integers
    quality: Integers  # 0-100
    first: Integers
    count: Integers

    def chosen(self, index: Integers, feed: Integers, captured: Integers) -> Integers:
        """The campaign each lead answers, -1 for none."""
        quarter = ((captured // DAY - self.plan.first_day) // QUARTER_DAYS).clip(0, self.first.shape[1] - 1)
        count = self.count[feed]
        campaign = self.first[feed, quarter] + self.plan.draws.below("campaign", index, count)
        return np.where(count > 0, campaign, -1)


def make_campaigns(plan: Plan) -> Campaigns:
    """The campaigns of every quarter of the program."""
    quarters = -(-(plan.days + 1) // QUARTER_DAYS)
    ids: list[str] = []
    channels: list[str] = []
    quarter_of: list[int] = []
    first = np.zeros((max(CHANNELS_OF_FEED) + 1, quarters), dtype=np.int64)
    count = np.zeros(max(CHANNELS_OF_FEED) + 1, dtype=np.int64)
    for feed, feed_channels in CHANNELS_OF_FEED.items():
        count[feed] = len(feed_channels)
        for quarter in range(quarters):
            first[feed, quarter] = len(ids)
            for position, channel in enumerate(feed_channels):
                ids.append(f"{PREFIXES[feed]}-{quarter + 1:02d}{position + 1}")
                channels.append(channel)
                quarter_of.append(quarter)
    quality = 30 + plan.draws.below("campaign quality", np.arange(len(ids)), 66)
    return Campaigns(plan, tuple(ids), tuple(channels), np.array(quarter_of), quality, first, count)


def spend_rows(plan: Plan, campaigns: Campaigns) -> list[tuple[str, str, int, int, str]]:
    """(campaign, channel, day since 1970, amount in hundredths, currency), some without any lead."""
    rows = []
    currencies = ("EUR", "EUR", "USD", "GBP")
    for position, (campaign, channel, quarter) in enumerate(
        zip(campaigns.ids, campaigns.channels, campaigns.quarters.tolist(), strict=True)
    ):
        currency = currencies[int(plan.draws.below("spend currency", position, len(currencies)))]
        for month in range(3):
            day = plan.first_day + quarter * QUARTER_DAYS + month * 30
            if (day + 1) * DAY < plan.end:
                amount = 40_000 + int(plan.draws.below("spend", position * 3 + month, 400_000))
                rows.append((campaign, channel, day, amount, currency))
    for position in range(max(2, plan.days // 120)):
        day = plan.first_day + int(plan.draws.below("brand day", position, plan.days))
        amount = 500_000 + int(plan.draws.below("brand spend", position, 900_000))
        rows.append((f"BRAND-{position + 1:02d}", BRAND_CHANNELS[position % 2], day, amount, "EUR"))
    return rows
