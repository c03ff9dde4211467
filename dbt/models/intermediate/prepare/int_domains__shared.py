"""One row per domain many unrelated people share, so that it never names a company."""

import pandas as pd

from routing_jobs.identity import FREE_MAIL_DOMAINS, HOST_DOMAINS


def model(dbt, session):
    """Domain and kind: free_mail or host."""
    kinds = {domain: "host" for domain in HOST_DOMAINS} | {domain: "free_mail" for domain in FREE_MAIL_DOMAINS}
    return pd.DataFrame(sorted(kinds.items()), columns=["domain", "kind"], dtype="str")
