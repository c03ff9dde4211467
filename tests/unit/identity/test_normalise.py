"""Normal forms: what counts as naming a person or a company, and what does not."""

import pandas as pd
import pytest

from routing_jobs.identity import company_keys, normalised_records, registrable_domains
from routing_jobs.identity.normalise import emails, person_names, phones


def texts(*values: str | None) -> pd.Series:
    return pd.Series(values, dtype="str")


def plain(values: pd.Series) -> list[str | None]:
    return [None if pd.isna(value) else value for value in values]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (" Ann.Lee@Example.COM ", "ann.lee@example.com"),
        ("o'brien+news@a-b.co.uk", "o'brien+news@a-b.co.uk"),
        ("test@acme.com", None),
        ("test12@acme.com", None),
        ("no-reply@acme.com", None),
        ("n/a", None),
        ("none@none.com", None),
        ("a@b", None),
        ("two@at@acme.com", None),
        ("blank inside@acme.com", None),
        ("", None),
        (None, None),
    ],
)
def test_an_email_is_lower_case_or_nobodys(written: str | None, expected: str | None) -> None:
    assert plain(emails(texts(written))) == [expected]


@pytest.mark.parametrize(
    ("written", "country", "expected"),
    [
        ("+493012345678", None, "+493012345678"),
        ("030 / 123 456 78", "DE", "+493012345678"),
        ("0049 30 12345678", "DE", "+493012345678"),
        ("030 12345678", None, None),  # of which country?
        ("12", "DE", None),
        ("n/a", "DE", None),
        ("+49000000000", None, None),
        (None, "DE", None),
    ],
)
def test_a_phone_is_e164_or_nobodys(written: str | None, country: str | None, expected: str | None) -> None:
    assert plain(phones(texts(written), texts(country))) == [expected]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("Søren", "Ångström-Lee", "angstrom lee soren"),
        ("Lee", "Ann", "ann lee"),
        ("ann", "LEE", "ann lee"),
        ("Christopher", "Null", "christopher null"),  # a surname
        ("Na", "Kim", "kim na"),
        ("n/a", "n/a", None),
        ("Test", "Test", None),
        ("Ann", None, None),
        (".", "Lee", None),
    ],
)
def test_a_name_needs_both_parts_and_is_no_placeholder(first: str, last: str | None, expected: str | None) -> None:
    assert plain(person_names(texts(first), texts(last))) == [expected]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Acme GmbH", "acme"),
        ("ACME G.m.b.H. & Co. KG", "acme"),
        ("Müller A.G.", "muller"),
        ("Société Générale S.A.", "societe generale"),
        ("O'Brien & Sons Ltd.", "obrien and sons"),
        ("AT&T Inc", "at and t"),
        ("GmbH", "gmbh"),  # nothing else is left
        ("株式会社日立", "株式会社日立"),
        ("n/a", None),
        ("Self-employed", None),
        ("Private", None),
        ("...", None),
        (None, None),
    ],
)
def test_a_company_is_its_name_without_legal_form(written: str | None, expected: str | None) -> None:
    assert plain(company_keys(texts(written))) == [expected]


@pytest.mark.parametrize(
    ("written", "registrable", "label"),
    [
        ("mail.acme.co.uk", "acme.co.uk", "acme"),
        ("acme.de", "acme.de", "acme"),
        ("deep.sub.rival.example", "rival.example", "rival"),  # a suffix the public list does not know
        ("co.uk", None, None),
        ("localhost", None, None),
        ("192.168.0.1", None, None),
        (None, None, None),
    ],
)
def test_a_domain_is_what_a_firm_registers(written: str | None, registrable: str | None, label: str | None) -> None:
    found = registrable_domains(texts(written))
    assert [plain(found["registrable_domain"]), plain(found["label"])] == [[registrable], [label]]


def test_a_company_comes_from_website_then_business_mail_then_name_and_country() -> None:
    records = pd.DataFrame(
        {
            "website": ["https://www.acme.com/contact?x=1", None, None, "facebook.com", None],
            "email": ["a@other.com", "b@mail.acme.com", "c@gmail.com", "d@gmail.com", None],
            "company": ["X", "X", "Acme Ltd", "Acme", None],
            "country": ["DE", "DE", "de", "FR", "DE"],
        }
    )
    found = plain(normalised_records(records)["company"])
    assert found == ["acme.com", "acme.com", "acme\x1fDE", "acme\x1fFR", None]


def test_records_without_any_naming_column_are_refused() -> None:
    with pytest.raises(ValueError, match="colour"):
        normalised_records(pd.DataFrame({"colour": ["red"]}))


def test_no_records_and_only_nulls_work() -> None:
    assert normalised_records(pd.DataFrame({"email": []})).empty
    nothing = pd.DataFrame({"email": [None, None], "phone": [None, None], "first_name": [None, None]})
    assert normalised_records(nothing)[["email", "phone", "name", "company"]].isna().all(axis=None)
