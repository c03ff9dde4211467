"""Phones, e-mails, websites, countries, currencies: the fast paths against the libraries, and hand-made cases."""

import phonenumbers
import pyarrow as pa
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneMetadata
from tldextract import TLDExtract

from routing_jobs.intake.codes import country_codes, currency_codes
from routing_jobs.intake.emails import PLACEHOLDER_DOMAINS, PLACEHOLDER_NAMES, normalized_emails
from routing_jobs.intake.phone_rules import extent
from routing_jobs.intake.phones import by_library, e164, number_of
from routing_jobs.intake.websites import registered_domain

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
KINDS = (
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE,
    phonenumbers.PhoneNumberType.TOLL_FREE,
)


@st.composite
def dialled(draw: st.DrawFn) -> tuple[str, str | None]:
    """A phone close to a real one, written in one of many ways, and the region it is read in."""
    region = draw(st.sampled_from(REGIONS))
    example = phonenumbers.example_number_for_type(region, draw(st.sampled_from(KINDS))) or phonenumbers.example_number(
        region
    )
    national = phonenumbers.national_significant_number(example)
    changed = draw(st.integers(0, len(national)))
    national = national[: len(national) - changed] + draw(st.text("0123456789", min_size=changed, max_size=changed))
    national = draw(st.sampled_from([national, national, national + "7", national[:-1]]))
    code = str(example.country_code)
    prefix = PhoneMetadata.metadata_for_region(region).national_prefix or ""
    written = draw(st.sampled_from([
        f"+{code} {national}", f"+{code} ({prefix}){national}", f"{prefix}{national}", national, f"00{code}{national}",
        f"011 {code} {national}", f"{code}{national}", f"{code}{prefix}{national}", f"+{national}",
        f"{national[:3]}-{national[3:]}", f"({prefix}{national[:3]}) {national[3:]}", f"00{national}",
        f"{prefix}{national} ext. 12", f"tel: {national}",
    ]))  # fmt: skip
    return written, draw(st.sampled_from([region, region, None, *REGIONS]))


@settings(deadline=None, max_examples=400)
@given(st.lists(dialled(), min_size=5, max_size=20))
def test_phones_are_what_phonenumbers_says(phones: list[tuple[str, str | None]]) -> None:
    written, places = (pa.chunked_array([pa.array(column, pa.string())]) for column in zip(*phones, strict=True))
    found = e164(written, places).to_pylist()
    for (phone, place), number in zip(phones, found, strict=True):
        digits = {char for char in phone if char.isdigit()}
        assert number == (by_library(phone, place) if len(digits) > 1 else None), (phone, place)


@pytest.mark.parametrize(
    ("phone", "place", "expected"),
    [
        ("+49 30 1234567", None, "+49301234567"),
        ("0049 (30) 123-4567", "DE", "+49301234567"),
        ("030 1234567", "DE", "+49301234567"),
        ("030 1234567", None, None),
        ("(212) 555-0123", "US", "+12125550123"),
        ("1 212 555 0123", "US", "+12125550123"),
        ("+44 (0)20 7946 0018", None, "+442079460018"),
        ("06 12345678", "IT", "+390612345678"),  # Italy keeps the zero
        ("(02) 5550 1234 x89", "AU", "+61255501234"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("\u0663\u0660", "DE", None),
        ("0000000000", "DE", None),
        ("n/a", "DE", None),
        ("12", "DE", None),
        ("", "DE", None),
        ("+999 123456789", None, None),
    ],
)
def test_phones_written_by_hand(phone: str, place: str | None, expected: str | None) -> None:
    assert number_of(phone, place) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [(r"49[1-6]\d{10}", (13, 3)), (r"(?:12|3)\d{2,4}[05]", (7, 7)), (r"1?\d", (2, 1)), (r"\d{7}", (7, 0)), ("", (0, 0)),
     (r"2(?:34?|5{3})\d", (5, 4))],
)  # fmt: skip
def test_the_extent_of_a_pattern(pattern: str, expected: tuple[int, int]) -> None:
    assert extent(pattern) == expected


def emails(*texts: str | None) -> list[tuple[str | None, str | None]]:
    addresses, domains = normalized_emails(pa.chunked_array([pa.array(texts, pa.string())]))
    return list(zip(addresses.to_pylist(), domains.to_pylist(), strict=True))


address_like = st.builds(
    "{}{}{}{}".format,
    st.text("abzAZ09.+_-'\" éß\t", min_size=0, max_size=12),
    st.sampled_from(["@", "@", "@", "@@", ""]),
    st.text("abzAZ09.-é_", min_size=0, max_size=12),
    st.sampled_from([".com", ".COM", ".co.uk", ".example", ".local", ".c", ".123", "", ".", ".xn--p1ai", ".test"]),
)


@settings(deadline=None, max_examples=600)
@given(address_like)
def test_addresses_are_what_email_validator_says(text: str) -> None:
    try:
        valid = validate_email(
            text.strip(),
            check_deliverability=False,
            globally_deliverable=False,
            allow_quoted_local=True,
            test_environment=True,
        )
        expected: str | None = f"{valid.local_part.lower()}@{valid.ascii_domain.lower()}"
        assume("." in valid.ascii_domain)
        assume(valid.local_part.lower() not in PLACEHOLDER_NAMES and valid.ascii_domain not in PLACEHOLDER_DOMAINS)
    except EmailNotValidError:
        expected = None
    assert emails(text)[0][0] == expected


def test_addresses_written_by_hand() -> None:
    assert emails(" Jane.Doe+x@Example.COM ", "j@müller.de", "a@b.co.uk", None, "") == [
        ("jane.doe+x@example.com", "example.com"), ("j@xn--mller-kva.de", "xn--mller-kva.de"), ("a@b.co.uk", "b.co.uk"),
        (None, None), (None, None),
    ]  # fmt: skip
    nobody = ["n/a", "none", "test@acme.com", "noreply@acme.com", "a@test.com", "a@b", "a b@c.de", "John <j@x.de>", "a@x.de.",
              "two@@x.de", "x@localhost", "no-email@x.de"]  # fmt: skip
    assert emails(*nobody) == [(None, None)] * len(nobody)


hosts = st.lists(st.text("abz09-", min_size=1, max_size=6), min_size=1, max_size=4).map(".".join)
suffixes = st.sampled_from(["com", "de", "co.uk", "uk", "jp", "kawasaki.jp", "city.kawasaki.jp", "ck", "www.ck", "br", "com.br",
                            "github.io", "tokyo.jp", "no", "bd", "x.bd"])  # fmt: skip


@settings(deadline=None, max_examples=400)
@given(
    hosts, suffixes, st.sampled_from(["", "http://", "https://www."]), st.sampled_from(["", "/", "/path?q=1", ":8080"])
)
def test_domains_are_what_the_public_suffix_list_says(host: str, suffix: str, scheme: str, rest: str) -> None:
    library = TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=False)
    assume(all(label.strip("-") == label for label in host.split(".")))
    found = library(f"{scheme}{host}.{suffix}{rest}")
    expected = f"{found.domain}.{found.suffix}" if found.domain and found.suffix else None
    assert registered_domain(f"{scheme}{host}.{suffix}{rest}") == expected


@pytest.mark.parametrize(
    ("website", "expected"),
    [("HTTPS://WWW.Acme.CO.UK/a.b", "acme.co.uk"), ("acme.example", "acme.example"), ("shop.acme.test/x", "acme.test"),
     ("www.müller.de", "xn--mller-kva.de"), ("http://127.0.0.1/", None), ("Acme GmbH", None), ("co.uk", None), ("n/a", None),
     ("a_b.com", None), ("", None), (None, None)],
)  # fmt: skip
def test_domains_written_by_hand(website: str | None, expected: str | None) -> None:
    assert registered_domain(website) == expected


def test_countries_by_code_name_and_the_programs_own_aliases() -> None:
    written = ["NA", "na", "Deutschland", "U.S.A.", "usa", "DEU", "Österreich", "Côte d'Ivoire", "UK", "South Korea", "Bolivia",
               "Virgin Islands", "Atlantis", "", None, "Philipines", "Our Land"]  # fmt: skip
    expected = ["NA", "NA", "DE", "US", "US", "DE", "AT", "CI", "GB", "KR", "BO", None, None, None, None, "PH", "CH"]
    aliases = {"philipines": "Philippines", "our land": "CH"}
    assert country_codes(pa.chunked_array([written]), aliases).to_pylist() == expected


def test_currencies_by_code_and_unambiguous_sign() -> None:
    written = ["eur", " USD ", "€", "$", "US$", "XYZ", None]
    assert currency_codes(pa.chunked_array([written])).to_pylist() == ["EUR", "USD", "EUR", None, "USD", None, None]
