"""Marketing touches of leads: most before the lead was captured, some after, a few by people never seen again."""

import numpy as np
import pyarrow as pa

from routing_jobs.generator.campaigns import Campaigns
from routing_jobs.generator.draws import Integers
from routing_jobs.generator.leads import BUSINESS, FREE_MAIL, Leads
from routing_jobs.generator.mess import Flaw
from routing_jobs.generator.plan import Plan
from routing_jobs.generator.text import DAY, chosen, instants, joined, number, shown, taken
from routing_jobs.generator.vocabulary import TOUCH_CHANNELS
from routing_jobs.generator.wording import Wording

BEFORE_DAYS, AFTER_DAYS = 75, 20
_MOST = 1000  # touches one lead can have: its touches are numbered within that
FLAWS = (
    Flaw("INVALID_INSTANT", "at", "01.02.2026"),
    Flaw("MISSING_REQUIRED", "touch_id", ""),
    Flaw("RAGGED_ROW", cut=3),
)


def touch_times(plan: Plan, leads: Leads) -> tuple[Integers, Integers, Integers]:
    """Row of the lead, number of the touch and instant, for every touch of a chunk."""
    most = min(_MOST, round(2 * plan.touches_per_lead) + 1)
    count = plan.draws.below("touches", leads.index, most)
    row = np.repeat(np.arange(len(leads)), count)
    number_of = leads.index[row] * _MOST + (np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count))
    fraction = plan.draws.uniform("touched", number_of)
    is_before = plan.draws.chance("touched before", number_of, 0.8)
    before = leads.captured[row] - (fraction * fraction * BEFORE_DAYS * DAY).astype(np.int64) - 60
    room = np.minimum(plan.end - 60 - leads.captured[row], AFTER_DAYS * DAY)
    after = leads.captured[row] + (fraction * room).astype(np.int64)
    return row, number_of, np.where(is_before, before, after)


def touch_columns(
    plan: Plan, campaigns: Campaigns, words: Wording, row: Integers, number_of: Integers, touched: Integers
) -> dict[str, pa.Array]:
    """The touches as the web analytics export has them: by e-mail where there is one, else by the lead's own id."""
    leads, draws = words.leads, plan.draws
    at = pa.array(row)
    campaign = np.where(draws.chance("of campaign", number_of, 0.45), leads.campaign[row], -1)
    channel = draws.below("touch channel", number_of, len(TOUCH_CHANNELS))
    by_email = np.isin(leads.email, (BUSINESS, FREE_MAIL))[row] & draws.chance("by email", number_of, 0.75)
    is_stranger = draws.chance("stranger", number_of, 0.02)
    email = shown(by_email, words.email_key.take(at))
    email = chosen(is_stranger, joined("visitor.", number(number_of), "@example.net"), email)
    by_id = ~by_email & ~is_stranger
    own_channel = taken(campaigns.channels, campaign)
    return {
        "touch_id": joined("T", number(number_of, 10)),
        "at": instants(touched),
        "visitor": email,
        "lead_system": shown(by_id, words.system.take(at)),
        "lead_id": shown(by_id, words.record_id.take(at)),
        "channel": chosen(campaign >= 0, own_channel, taken(TOUCH_CHANNELS, channel)),
        "campaign": taken(campaigns.ids, campaign),
    }
