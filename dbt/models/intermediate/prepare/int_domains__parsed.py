"""One row per domain as written or as registered: the registrable domain and its label."""

import pandas as pd

from routing_jobs.identity import registrable_domains


def model(dbt, session):
    """Domain -> registrable_domain (what a firm registers) and label (that without its public suffix)."""
    written = dbt.ref("int_domains__written").df()["domain"]
    registered = registrable_domains(written)["registrable_domain"]
    domains = pd.Series(pd.concat([written, registered]).dropna().unique(), name="domain", dtype="str")
    return pd.concat([domains, registrable_domains(domains)], axis="columns").astype("str")
