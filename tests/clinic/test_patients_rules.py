"""What a finder's text means, and how dates and times are read and said."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace

import pytest

from clinic.rules import (
    called,
    looks_like,
    may_be_same,
    read_date,
    read_search,
    say_span,
    text_fault,
)

MIA = {
    "first_name": "Mia",
    "last_name": "Lee",
    "preferred_name": "",
    "phone": "+15125550123",
    "code": "PT-000123",
}
AOIFE = {
    "first_name": "Siobhán",
    "last_name": "O'Brien-Łęcka",
    "preferred_name": "Shiv",
    "phone": "",
    "code": "PT-000007",
}
WANG = {
    "first_name": "小明",
    "last_name": "王",
    "preferred_name": "",
    "phone": "",
    "code": "PT-000008",
}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("3/14/1991", dt.date(1991, 3, 14)),
        (" 03-14-1991 ", dt.date(1991, 3, 14)),
        ("1991-03-14", dt.date(1991, 3, 14)),
        ("1991-3-4", dt.date(1991, 3, 4)),
        ("2/29/2024", dt.date(2024, 2, 29)),
        ("mar 3 1991", dt.date(1991, 3, 3)),
        ("3 mar 1991", dt.date(1991, 3, 3)),
        ("March 14, 1991", dt.date(1991, 3, 14)),
        ("14 Sept. 1991", dt.date(1991, 9, 14)),
        ("feb 30 1991", None),
        ("mia 3 1991", None),
        ("mar 31991", None),
        ("2/29/2023", None),
        ("14/3/1991", None),
        ("3/14/91", None),
        ("0/0/0000", None),
        ("3/14/1991x", None),
        ("٣/١٤/١٩٩١", None),
        ("", None),
    ],
)
def test_a_typed_date(text, day):
    assert read_date(text) == day


@pytest.mark.parametrize(
    ("text", "kind", "digits"),
    [
        ("Mia Lee", "name", ""),
        ("王小明", "name", ""),
        ("3/3/1991", "birth date", ""),
        ("PT-123", "number", ""),
        ("pt 000123", "number", ""),
        ("(512) 555-0123", "phone", "5125550123"),
        ("+1 512 555 0123", "phone", "15125550123"),
        ("0123", "phone", "0123"),
        ("012", "number", ""),
        ("152", "number", ""),
        ("mar 3 1991", "birth date", ""),
        ("....", "name", ""),
        ("2/30/1991", "phone", "2301991"),
    ],
)
def test_what_a_search_is_for(text, kind, digits):
    read = read_search(text)
    assert (read.kind, read.digits) == (kind, digits)


@pytest.mark.parametrize(
    ("text", "patient", "named"),
    [
        ("Mia Lee", MIA, True),
        ("lee mia", MIA, True),
        ("Lee, Mia", MIA, True),
        ("Mia", MIA, False),
        ("Mia L", MIA, False),
        ("Mia Leeds", MIA, False),
        ("PT-123", MIA, True),
        ("PT-12", MIA, False),
        ("123", MIA, False),
        ("512 555 0123", MIA, True),
        ("555 0123", MIA, False),
        ("3/3/1991", MIA, False),
        ("Siobhan O'Brien-Lecka", AOIFE, True),
        ("shiv obrien", AOIFE, False),
        ("王小明", WANG, True),
        ("小明 王", WANG, True),
        ("王", WANG, False),
        ("shiv o brien lecka", AOIFE, True),
        ("512 555 0123", AOIFE, False),
    ],
)
def test_only_a_full_name_phone_or_number_names_a_patient(text, patient, named):
    assert read_search(text).names_fully(**patient) is named


@pytest.mark.parametrize(("text", "number"), [("152", 152), ("000152", 152), ("1234567", None)])
def test_bare_digits_may_be_a_patient_s_number(text, number):
    assert read_search(text).number == number


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [
        ("Mia", "Lee", "Mia Lee"),
        ("小明", "王", "王小明"),
        ("子涵", "欧阳", "欧阳子涵"),
        ("서준", "박", "박서준"),
        ("さくら", "田中", "田中さくら"),
        ("ケン", "佐々木", "佐々木ケン"),
        ("Ken", "田中", "Ken 田中"),
        ("Thị Mai", "Nguyễn", "Thị Mai Nguyễn"),
        ("ليلى", "حداد", "ليلى حداد"),
        ("🙂", "王", "🙂 王"),
    ],
)
def test_a_name_is_called_out_in_the_order_of_its_script(first, last, name):
    assert called(first, last) == name


def known(first: str, last: str, **given: object) -> SimpleNamespace:
    """Who someone is, born on one day, without a phone."""
    day = dt.date(1991, 3, 3)
    common = {"preferred_name": "", "birth_date": day, "phone": ""}
    return SimpleNamespace(first_name=first, last_name=last, **(common | given))


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (known("Siobhán", "O'Brien-Łęcka"), True),
        (known("siobhan", "obrien lecka"), True),
        (known("O'Brien-Łęcka", "Siobhán"), True),
        (known("Shiv", "O'Brien-Łęcka"), True),
        (known("Niamh", "O'Brien-Łęcka"), False),
        (known("Niamh", "Kelly", phone="+15125550123"), True),
        (known("Niamh", "Kelly", phone="+15125550124"), False),
        (known("Siobhán", "O'Brien-Łęcka", birth_date=dt.date(1991, 3, 4)), False),
        (known("'", "-"), False),
    ],
)
def test_who_may_be_someone_already_on_file(other, same):
    one = known("Siobhán", "O'Brien-Łęcka", preferred_name="Shiv", phone="+15125550123")
    assert may_be_same(one, other) is same
    assert may_be_same(other, one) is same


@pytest.mark.parametrize("text", [" ", "\u200b", "\u202e\u00a0", "\t\n", "\ufeff"])
def test_a_text_of_which_nothing_can_be_seen_is_refused(text):
    assert text_fault(text) == (
        "The text has only spaces or signs that cannot be seen. Type it again."
    )


def test_a_character_that_was_lost_on_the_way_is_refused():
    assert text_fault("Mi\ufffda") == (
        "A character of the text was lost on its way here. Type the text again."
    )


@pytest.mark.parametrize(
    ("starts", "ends", "said"),
    [
        ((9, 30), (10, 15), "9:30–10:15 AM"),
        ((11, 30), (12, 15), "11:30 AM–12:15 PM"),
        ((12, 0), (12, 45), "12:00–12:45 PM"),
        ((23, 30), (0, 15), "11:30 PM–12:15 AM"),
    ],
)
def test_a_visit_s_time_is_said_once(starts, ends, said):
    day = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
    hour, minute = starts
    assert (
        say_span(day.replace(hour=hour, minute=minute), day.replace(hour=ends[0], minute=ends[1]))
        == said
    )


@pytest.mark.parametrize(
    ("other", "like"),
    [
        (known("Katarzyna", "Kowalska"), True),
        (known("Kowalska", "Katarzyna"), True),
        (known("Katarzina", "Kowalska"), True),
        (known("Katarzyna", "Kowlaska"), True),
        (known("Kat", "Kowalska"), True),
        (known("Kasia", "Kowalska"), False),
        (known("Katarzyna", "Kowalska-Lee"), True),
        (known("Katarzyna Maria", "Kowalska"), True),
        (known("Anna", "Kowalska"), False),
        (known("Katarzina", "Kowalska", birth_date=dt.date(1991, 3, 4)), False),
        (
            known("Katarzyna", "Kowalska", birth_date=dt.date(1991, 3, 4), phone="+15125550123"),
            True,
        ),
        (known("Anna", "Kowalska", birth_date=dt.date(1991, 3, 4), phone="+15125550123"), False),
        (known("", "Kowalska"), False),
    ],
)
def test_who_looks_like_someone_on_file(other, like):
    one = known("Katarzyna", "Kowalska", phone="+15125550123")
    assert looks_like(one, other) is like
    assert looks_like(other, one) is like


def test_a_short_name_is_no_slip_of_another():
    assert not looks_like(known("Al", "Li"), known("Bo", "Li"))
