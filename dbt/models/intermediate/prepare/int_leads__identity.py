"""One row per lead: the buyer it belongs to, named by the buyer's earliest lead, and whether a merge waits.

A merge that would join what different partners hold open waits: the leads stay apart until a person decides.
"""

import pandas as pd

from routing_jobs.identity import MATCHERS, matched_pairs, merge_unless_contested, normalised_records


def model(dbt, session):
    """Lead -> first_lead_id, is_contested."""
    evidence = dbt.ref("int_leads__identity_evidence").order("captured_at, lead_id").df()
    held = dbt.ref("int_offers__folded").filter("is_open").project("lead_id, partner_id").distinct().df()
    leads = pd.Index(evidence["lead_id"])
    holders = pd.Series(held["partner_id"].to_numpy(), index=leads.get_indexer(held["lead_id"]), dtype="str")
    left, right = matched_pairs(normalised_records(evidence), MATCHERS)
    first, is_contested = merge_unless_contested(len(leads), left, right, holders)
    identities = pd.DataFrame({"lead_id": leads, "first_lead_id": leads[first], "is_contested": is_contested})
    return identities.astype({"lead_id": "str", "first_lead_id": "str"})
