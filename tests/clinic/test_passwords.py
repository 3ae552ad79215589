"""Which new passwords are refused, and in which words."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from clinic.rules import password_fault
from tests.cast import PASSWORD, Cast

CHANGE = "/accounts/password/change/"
SAME = "This password is the same few characters again and again. Use at least 4 different ones."
RUN = "This password only goes along the alphabet or the keyboard. Use words of your own."
LONG = "This password is too long. Use at most 128 characters."


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("x" * 5000, LONG),
        ("a quiet room " * 10, LONG),
        ("x" * 12, SAME),
        ("Xx" * 30, SAME),
        ("121212121212", SAME),
        ("abcabcabcabc", SAME),
        ("            ", SAME),
        ("abcdefghijkl", RUN),
        ("LKJIHGFEDCBA", RUN),
        ("yzabcdefghij", RUN),
        ("123456789012", RUN),
        ("QwertyuiopAsdf", RUN),
        ("1qaz2wsx3edc", RUN),
        ("abcdefghijklmnopqrstuvwxyz" * 4, RUN),
    ],
)
def test_a_password_that_is_guessed_first_is_refused(password: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as no:
        validate_password(password)
    assert sentence in no.value.messages


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "another quiet room",
        "demo-only-change-me",
        "abcdefghijkl and more",
        "王小明 likes quiet",
        "a quiet room" * 10,
        "🙂🙃😉😊 four faces",
    ],
)
def test_a_password_of_ones_own_will_do(password: str) -> None:
    validate_password(password)


@given(st.text(max_size=300))
def test_any_password_is_judged(password: str) -> None:
    assert (password_fault(password) == LONG) == (len(password) > 128)


def test_the_page_says_it_beside_the_field_and_beforehand(cast: Cast, enter: Any) -> None:
    desk = enter(cast.reception)
    assert "It can have up to 128 characters" in desk.get(CHANGE).content.decode()
    typed = {"oldpassword": PASSWORD, "password1": "x" * 5000, "password2": "x" * 5000}
    answer = desk.post(CHANGE, typed)
    assert LONG in answer.content.decode()
    cast.reception.refresh_from_db()
    assert cast.reception.check_password(PASSWORD)
