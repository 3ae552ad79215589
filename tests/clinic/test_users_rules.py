"""How long an invitation is good, how an account stands, and what an NPI is."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest

from clinic.rules import account_standing, invitation_fault, link_digest, npi_fault

NOW = dt.datetime(2026, 11, 24, 15, 0, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


def invitation(**given: Any) -> Any:
    values = {"accepted_at": None, "withdrawn_at": None, "expires_at": NOW, "mailed": True}
    return SimpleNamespace(**values | given)


@pytest.mark.rule("P38")
@pytest.mark.parametrize(
    ("given", "at", "says"),
    [
        ({}, NOW - SECOND, None),
        ({}, NOW, "This invitation was good for 7 days"),
        ({"accepted_at": NOW}, NOW - SECOND, "This invitation has been used."),
        ({"withdrawn_at": NOW}, NOW - SECOND, "This invitation was withdrawn."),
        ({"accepted_at": NOW}, NOW + SECOND, "This invitation has been used."),
    ],
)
def test_a_link_is_good_once_and_for_seven_days(
    given: dict[str, Any], at: dt.datetime, says: str | None
) -> None:
    fault = invitation_fault(invitation(**given), at=at)
    assert (fault is None) == (says is None)
    assert says is None or str(fault).startswith(says)


def test_what_is_kept_of_a_link_is_not_the_link() -> None:
    assert link_digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert link_digest("\ud800") != link_digest("abc")


@pytest.mark.parametrize(
    ("active", "password", "one", "label"),
    [
        (True, True, None, "In use"),
        (False, True, None, "Switched off"),
        (False, False, None, "Not invited"),
        (False, False, invitation(expires_at=NOW + SECOND), "Invited"),
        (False, False, invitation(expires_at=NOW + SECOND, mailed=False), "Not sent"),
        (False, False, invitation(), "Invitation over"),
        (False, False, invitation(withdrawn_at=NOW), "Not invited"),
    ],
)
def test_an_account_stands_in_one_of_six_ways(
    active: bool, password: bool, one: Any, label: str
) -> None:
    found = account_standing(is_active=active, has_password=password, invitation=one, at=NOW)
    assert found.label == label


@pytest.mark.parametrize("npi", ["1234567893", "1245319599", "1003000126"])
def test_an_npi_proves_itself(npi: str) -> None:
    assert npi_fault(npi) is None


@pytest.mark.parametrize(
    "npi", ["1234567890", "1234567839", "2234567893", "123456789", "12345678930", "", "12345 7893",
            "１２３４５６７８９３", "123456789X", "-123456789"]
)  # fmt: skip
def test_what_is_no_npi_is_said_to_be_none(npi: str) -> None:
    assert npi_fault(npi)
