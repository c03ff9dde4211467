"""One row per domain as written or as registered: the registrable domain and its label.

A domain read by the run before keeps its reading; only those written since are read.
"""

import pandas as pd

from routing_jobs.identity import registrable_domains
from routing_jobs.warehouse.kept import kept_rows


def model(dbt, session):
    """Domain -> registrable_domain (what a firm registers) and label (that without its public suffix)."""
    written = dbt.ref("int_domains__written").project("domain").set_alias("written")
    kept = kept_rows(dbt, session)
    if kept is None:
        return _read(written.df()["domain"])
    known = kept.set_alias("known")
    still_written = known.join(written, "domain", how="semi")
    registered = still_written.project("registrable_domain as domain").distinct().set_alias("registered")
    still_registered = known.join(registered, "domain", how="semi")
    read = _read(written.join(known, "domain", how="anti").df()["domain"])
    return still_written.union(still_registered).union(session.from_df(read)).distinct()


def _read(written):
    """These domains, and those under which they are registered."""
    registered = registrable_domains(written)["registrable_domain"]
    domains = pd.Series(pd.concat([written, registered]).dropna().unique(), name="domain", dtype="str")
    return pd.concat([domains, registrable_domains(domains)], axis="columns").astype("str")
