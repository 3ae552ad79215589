"""Codes: what may be one, which of now fits, and that none fits twice."""

from __future__ import annotations

import datetime as dt
from urllib.parse import parse_qs, urlsplit

import pytest

from clinic.rules.factors import app_address, code_fault, fitting_step, in_fours, plain_code

AT = dt.datetime(2026, 11, 24, 15, 0, 10, tzinfo=dt.UTC)
NOW = int(AT.timestamp()) // 30
APP = "Enter the 6 digits that the app shows now."
EITHER = "Enter the 6 digits that the app shows now, or a recovery code of 8 digits."


def code_of(step: int) -> str:
    return f"{step % 1_000_000:06}"


@pytest.mark.parametrize(
    ("typed", "app_alone", "either"),
    [
        ("123456", None, None),
        ("123 456", None, None),
        (" 123-456 ", None, None),
        ("1234 5678", APP, None),
        ("1234567", APP, EITHER),
        ("abcdef", APP, EITHER),
        ("12345", APP, EITHER),
        ("", APP, EITHER),
        ("١٢٣٤٥٦", APP, EITHER),
        ("12345６", APP, EITHER),
        ("²²²²²²", APP, EITHER),
        ("123456789", APP, EITHER),
        ("-12345", APP, EITHER),
    ],
)
def test_what_may_be_a_code(typed: str, app_alone: str | None, either: str | None) -> None:
    assert code_fault(typed, recovery=False) == app_alone
    assert code_fault(typed) == either


@pytest.mark.rule("P19")
@pytest.mark.parametrize(
    ("step", "after", "fits"),
    [
        (NOW, 0, True),
        (NOW - 1, 0, True),
        (NOW + 1, 0, True),
        (NOW - 2, 0, False),
        (NOW + 2, 0, False),
        (NOW, NOW - 1, True),
        (NOW, NOW, False),
        (NOW - 1, NOW, False),
        (NOW + 1, NOW, True),
    ],
    ids=lambda one: str(one - NOW) if isinstance(one, int) and one > 1 else str(one),
)
def test_a_code_fits_for_half_a_minute_around_and_never_again(
    step: int, after: int, fits: bool
) -> None:
    found = fitting_step(code_of(step), at=AT, after=after, code_of=code_of)
    assert found == (step if fits else None)


def test_spaces_in_a_code_are_for_the_eye() -> None:
    assert plain_code(" 12 34-56 ") == "123456"
    assert in_fours("ABCDEFGHIJ") == "ABCD EFGH IJ"


def test_an_app_is_told_whose_account_it_is() -> None:
    address = urlsplit(app_address(issuer="Stratum & Co", account="a+b@x.example", secret="ABC"))
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert address.path == "/Stratum%20%26%20Co%3Aa%2Bb@x.example"
    assert parse_qs(address.query) == {"secret": ["ABC"], "issuer": ["Stratum & Co"]}
