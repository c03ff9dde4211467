"""Countries and currencies as ISO codes: by code, by name, by what people write, by the program's own aliases.

What is not recognised has no code; its text stays as it came.
"""

import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

# What ISO's list does not say, but forms and exports do.
_ALSO_COUNTRIES = {
    "GB": ("uk", "great britain", "england", "scotland", "wales", "northern ireland", "britain"),
    "US": ("us of america", "america", "united states america"),
    "AE": ("uae", "emirates"),
    "AT": ("osterreich",),
    "BE": ("belgie", "belgique", "belgien"),
    "BR": ("brasil",),
    "CH": ("schweiz", "suisse", "svizzera"),
    "CI": ("ivory coast",),
    "CZ": ("czech republic", "cesko", "ceska republika", "tschechien"),
    "DE": ("deutschland", "allemagne", "alemania"),
    "DK": ("danmark",),
    "ES": ("espana", "spanien", "espagne"),
    "FI": ("suomi",),
    "FR": ("frankreich", "francia"),
    "GR": ("hellas", "ellada"),
    "HK": ("hong kong sar",),
    "HU": ("magyarorszag",),
    "IE": ("republic of ireland", "eire"),
    "IT": ("italia", "italien", "italie"),
    "KR": ("south korea", "korea"),
    "LU": ("luxemburg",),
    "MK": ("macedonia",),
    "MX": ("mejico",),
    "NL": ("holland", "the netherlands", "nederland", "niederlande", "pays bas"),
    "NO": ("norge",),
    "PL": ("polska", "polen"),
    "RO": ("rumania",),
    "RU": ("russia",),
    "SE": ("sverige", "schweden"),
    "TR": ("turkey", "turkei"),
    "VN": ("vietnam",),
}
_CURRENCY_SIGNS = {"€": "EUR", "£": "GBP", "US$": "USD", "A$": "AUD", "C$": "CAD", "ZŁ": "PLN", "₹": "INR"}


def country_codes(countries: pa.ChunkedArray, aliases: Mapping[str, str]) -> pa.Array:
    """ISO 3166-1 alpha-2 codes aligned with `countries`.

    Args:
        countries: Text as it came.
        aliases: The program's own names, to a code or a name this module knows.
    """
    own = {_folded(alias): country_code(country) for alias, country in aliases.items()}
    return _by_distinct(countries, lambda text: own.get(_folded(text)) or country_code(text))


def country_code(text: str) -> str | None:
    """The alpha-2 code of one country, None if it is not recognised. NA is Namibia."""
    return _countries().get(_folded(text))


def currency_codes(currencies: pa.ChunkedArray) -> pa.Array:
    """ISO 4217 codes aligned with `currencies`; a sign that several currencies share has none."""
    return _by_distinct(currencies, _currency)


def _currency(text: str) -> str | None:
    written = text.strip().upper()
    return _CURRENCY_SIGNS.get(written) or (written if written in _currencies() else None)


def _by_distinct(texts: pa.ChunkedArray, code: Callable[[str], str | None]) -> pa.Array:
    distinct = pc.unique(texts)
    codes = [None if text is None else code(text) for text in distinct.to_pylist()]
    return pa.array(codes, pa.string()).take(pc.index_in(texts, distinct))


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    import pycountry

    known: dict[str, str] = {}
    short: dict[str, set[str]] = {}  # Bolivia of "Bolivia, Plurinational State of": only where it is one country's
    for country in pycountry.countries:
        for attribute in ("common_name", "official_name", "name", "alpha_3", "alpha_2"):
            name = getattr(country, attribute, "")
            known[_folded(name)] = country.alpha_2
            short.setdefault(_folded(name.partition(",")[0]), set()).add(country.alpha_2)
    known |= {name: codes.pop() for name, codes in short.items() if len(codes) == 1 and name not in known}
    known |= {_folded(name): code for code, names in _ALSO_COUNTRIES.items() for name in names}
    return {name: code for name, code in known.items() if name}


@lru_cache(maxsize=1)
def _currencies() -> frozenset[str]:
    import pycountry

    return frozenset(currency.alpha_3 for currency in pycountry.currencies)


def _folded(name: str) -> str:
    """A name without case, accents, dots and doubled blanks."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", name) if not unicodedata.combining(char))
    return " ".join(plain.casefold().replace(".", "").replace("-", " ").replace("&", "and").split())
