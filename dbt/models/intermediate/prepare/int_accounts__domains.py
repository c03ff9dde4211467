"""One row per company domain: the domain that names its account, the first seen of those linked with it."""

import pandas as pd

from routing_jobs.identity import connected_components


def model(dbt, session):
    """Domain -> account_domain, over the links of int_accounts__domain_links."""
    domains = dbt.ref("int_accounts__domain_seen").df().sort_values(["seen_at", "domain"], ignore_index=True)
    links = dbt.ref("int_accounts__domain_links").df()
    position = pd.Index(domains["domain"])
    first = connected_components(
        len(domains), position.get_indexer(links["domain"]), position.get_indexer(links["other_domain"])
    )
    named = pd.DataFrame({"domain": domains["domain"], "account_domain": domains["domain"].to_numpy()[first]})
    return named.astype("str")
