"""One row per company name as written: the key under which spellings of one company meet."""

import pandas as pd

from routing_jobs.identity import company_keys


def model(dbt, session):
    """Company text -> company_key, null for names that name nobody."""
    companies = dbt.ref("int_companies__written").df()["company"]
    return pd.DataFrame({"company": companies, "company_key": company_keys(companies)}, dtype="str")
