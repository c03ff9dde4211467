"""The registered domain of a website: what a company buys, whatever page or host of it was typed.

Uses the public suffix list that tldextract carries; nothing is downloaded.
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from tldextract import TLDExtract

_PLAIN = re.compile(r"(?:https?://)?((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]+)/?")  # no port, no credentials
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", re.IGNORECASE)


def registered_domains(websites: pa.ChunkedArray) -> pa.Array:
    """The registered domain in ASCII, aligned with `websites`; null where there is none."""
    distinct = pc.unique(websites)
    known = pa.array([registered_domain(text) for text in distinct.to_pylist()], pa.string())
    return pc.take(known, pc.index_in(websites, distinct))


def registered_domain(website: str | None) -> str | None:
    """The registered domain of one address or host, or None: `https://www.acme.co.uk/x` is acme.co.uk."""
    if website is None or "." not in website:
        return None
    plain = _PLAIN.fullmatch(website.lower())
    domain = _below_suffix(plain[1].split(".")) if plain else None
    if domain is not None:
        return domain
    found = _extract()(website.strip())
    # The list's own rule for a suffix it does not know, such as .example: the last label is the suffix.
    labels = (found.domain, found.suffix) if found.suffix else (*tuple(found.subdomain.split(".")[-1:]), found.domain)
    if found.ipv4 or not all(labels):
        return None
    try:
        domain = ".".join(labels).encode("idna").decode("ascii")
    except UnicodeError:
        return None
    return domain.lower() if _is_host(domain) else None


def _is_host(domain: str) -> bool:
    labels = domain.split(".")
    return labels[-1].isalpha() and all(map(_LABEL.fullmatch, labels))


def _below_suffix(labels: list[str]) -> str | None:
    """The longest public suffix and the label before it; None where the list has exceptions for such names."""
    suffixes, irregular = _suffixes()
    if labels[-1] in irregular:
        return None
    for start in range(1, len(labels)):
        if ".".join(labels[start:]) in suffixes:
            return ".".join(labels[start - 1 :])
    return None


@lru_cache(maxsize=1)
def _suffixes() -> tuple[frozenset[str], frozenset[str]]:
    """(public suffixes, top-level domains below which the list has wildcards or exceptions)."""
    listed = _extract().tlds
    return frozenset(listed), frozenset(rule.rpartition(".")[2] for rule in listed if rule[0] in "*!")


@lru_cache(maxsize=1)
def _extract() -> "TLDExtract":
    from tldextract import TLDExtract

    return TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=False)
