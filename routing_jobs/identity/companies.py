"""Normal forms of what names a company: its name without legal form, its domain as registered."""

import re
from functools import lru_cache

import pandas as pd
import tldextract
from cleanco import clean

# Names that name no company, after folding.
_NO_COMPANY_WORDS = """
    anonymous blank company confidential consultant consulting dummy employer example freelance freelancer home
    individual keine na nil none notapplicable null private privat retired self selfemployed student tba tbd test
    unbekannt unemployed unknown x xx xxx
"""
NO_COMPANY = frozenset(_NO_COMPANY_WORDS.split())
_LONGEST_FORM = 4  # words of a legal form, such as "gmbh & co kg"


@lru_cache(maxsize=1)
def _legal_forms() -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(_words(term)) for term in clean.get_unique_terms() if 0 < len(_words(term)) <= _LONGEST_FORM)


@lru_cache(maxsize=1)
def _extractor() -> tldextract.TLDExtract:
    # the list that comes with the package: no look-up on the network, nothing written to disk
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def plain_letters(text: str) -> str:
    """Text in lower case without accents: Ångström -> angstrom, Søren -> soren."""
    letters: str = clean.normalized(text)
    return letters


def company_keys(names: pd.Series) -> pd.Series:
    """One key per company name: folded, without punctuation and legal forms; null where it names no company.

    Args:
        names: Names as written, null where unknown.

    Returns:
        Texts aligned with `names`. A name that is nothing but a legal form keeps it.
    """
    codes, distinct = pd.factorize(names)
    keys = pd.Series([_company_key(str(name)) for name in distinct] + [""], dtype="str")
    result = pd.Series(keys.to_numpy()[codes], index=names.index, dtype="str")  # code -1, null, is the last
    return result.where(result != "")


def registrable_domains(domains: pd.Series) -> pd.DataFrame:
    """What a firm registers, and its label: mail.acme.co.uk -> acme.co.uk, acme.

    Args:
        domains: Host names in lower case, null where unknown.

    Returns:
        Frame aligned with `domains`: registrable_domain, label; null where a name is no domain. Under a suffix the
        public list does not know, the last two labels count.
    """
    codes, distinct = pd.factorize(domains)
    found = [_registrable(str(domain)) for domain in distinct] + [(None, None)]
    frame = pd.DataFrame(found, columns=["registrable_domain", "label"], dtype="str")
    return frame.iloc[codes].set_axis(domains.index)


def _company_key(name: str) -> str:
    words = _words(name)
    while (size := _trailing_form(words)) and size < len(words):
        words = words[:-size]
    return "" if "".join(words) in NO_COMPANY else " ".join(words)


def _trailing_form(words: list[str]) -> int:
    """How many words at the end are a legal form; the longest that fits."""
    return next((size for size in range(_LONGEST_FORM, 0, -1) if tuple(words[-size:]) in _legal_forms()), 0)


def _words(name: str) -> list[str]:
    text = re.sub(r"(?<=\w)\.(?=\w\b)|['’`.]", "", plain_letters(name))  # s.a. -> sa, o'brien -> obrien
    return re.sub(r"[\W_]+", " ", text.replace("&", " and ").replace("+", " and ")).split()


def _registrable(domain: str) -> tuple[str | None, str | None]:
    parts = _extractor()(domain)
    if parts.suffix:
        return (f"{parts.domain}.{parts.suffix}", parts.domain) if parts.domain else (None, None)
    labels = [label for label in domain.strip(".").split(".") if label]
    if len(labels) < 2 or labels[-1].isdigit():
        return None, None
    return ".".join(labels[-2:]), labels[-2]
