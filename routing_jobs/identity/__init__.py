"""Who is who: normal forms of what names a person or a company, matchers, and the clusters they add up to.

Pure. Here lives everything that decides whether two records are one buyer; which offers are open, consent and what a
lead becomes live in dbt's `prepare` models.
"""

from routing_jobs.identity.clusters import cluster, connected_components, merge_unless_contested
from routing_jobs.identity.companies import company_keys, registrable_domains
from routing_jobs.identity.match import EXACT_MATCHERS, MATCHERS, Matcher, Pairs, matched_pairs
from routing_jobs.identity.normalise import normalised_records
from routing_jobs.identity.shared_domains import FREE_MAIL_DOMAINS, HOST_DOMAINS

__all__ = [
    "EXACT_MATCHERS",
    "FREE_MAIL_DOMAINS",
    "HOST_DOMAINS",
    "MATCHERS",
    "Matcher",
    "Pairs",
    "cluster",
    "company_keys",
    "connected_components",
    "matched_pairs",
    "merge_unless_contested",
    "normalised_records",
    "registrable_domains",
]
