"""One row per company name as written: the key under which spellings of one company meet.

A name read by the run before keeps its key; only names written since are read.
"""

import pandas as pd

from routing_jobs.identity import company_keys
from routing_jobs.warehouse.kept import kept_rows


def model(dbt, session):
    """Company text -> company_key, null for names that name nobody."""
    written = dbt.ref("int_companies__written").set_alias("written")
    kept = kept_rows(dbt, session)
    if kept is None:
        return _read(written)
    known = kept.set_alias("known")
    new = session.from_df(_read(written.join(known, "company", how="anti")))
    return known.join(written, "company", how="semi").union(new)


def _read(written):
    companies = written.df()["company"]
    return pd.DataFrame({"company": companies, "company_key": company_keys(companies)}, dtype="str")
