"""How names and phone numbers are folded: whatever way it is typed, it is found."""

from __future__ import annotations

import pytest

from clinic.rules import digit_keys, name_keys, phone_keys, read_search, word_keys
from clinic.rules.finding import LONGEST, MOST_WORDS, read_digits


def finds(typed: str, first: str, last: str, preferred: str = "") -> bool:
    """Whether every word typed begins a key of the name."""
    keys = name_keys(first, last, preferred)
    words = word_keys(typed)
    return bool(words) and all(
        any(key.startswith(way) for way in ways for key in keys) for ways in words
    )


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("lecka", "Anna", "Łęcka"),
        ("Łęcka", "Anna", "Lecka"),
        ("lec an", "Anna", "Łęcka"),
        ("anna łę", "Anna", "Łęcka"),
        ("LECKA, ANNA", "Anna", "Łęcka"),
        ("strasse", "Uwe", "Straße"),
        ("straß", "Uwe", "Strasse"),
        ("muller", "Eva", "Müller"),
        ("mueller", "Eva", "Müller"),
        ("Müller", "Eva", "Mueller"),
        ("soren", "Søren", "Ørsted"),
        ("oersted", "Søren", "Ørsted"),
        ("ísgunnr aeg", "Ægir", "Isgunnr"),
        ("王小明", "小明", "王"),
        ("王小", "小明", "王"),
        ("小明 王", "小明", "王"),
        ("欧阳子", "子涵", "欧阳"),
        ("やまだ", "Ken", "ヤマダ"),
        ("ﾔﾏﾀﾞ", "Ken", "やまだ"),
        ("박서준", "서준", "박"),
        ("Ｌｅｅ", "Mia", "Lee"),
        ("королев", "Сергей", "Королёв"),
        ("КОРОЛЁВ", "Сергей", "Королев"),
        ("korolev sergey", "Сергей", "Королёв"),
        ("Иванова", "Anna", "Ivanova"),
        ("papadopoulos", "Νίκος", "Παπαδόπουλος"),
        ("gevorg", "Գևորգ", "Սարգսյան"),
        ("priya", "प्रिया", "शर्मा"),
        ("xiaoming", "小明", "王"),
        ("wang xiao", "小明", "王"),
        ("giorgi", "გიორგი", "მაისურაძე"),
        ("ywsf", "يوسف", "حداد"),
        ("서준박", "서준", "박"),
        ("娜娜歐陽", "娜娜", "歐陽"),
        ("محمد", "مُحَمَّد", "حداد"),
        ("احمد", "أحمد", "حداد"),
        ("فاطمه", "فاطمة", "حداد"),
        ("محمد", "محـــمد", "حداد"),
        ("שלום", "שָׁלוֹם", "כהן"),
        ("\u200fכהן\u200e", "דוד", "כהן"),
        ("כהנ", "דוד", "כהן"),
        ("\u202bcohen\u202c", "David", "Cohen"),
        ("obrien", "Siobhán", "O'Brien-Łęcka"),
        ("o'brien", "Siobhán", "O’Brien"),
        ("oʼbrien", "Siobhán", "O'Brien"),
        ("brien", "Siobhán", "O'Brien"),
        ("brien lecka siob", "Siobhán", "O'Brien-Łęcka"),
        ("van der berg", "Jo", "Van der Berg"),
        ("vanderb", "Jo", "van der Berg"),
        ("nguyen", "Thị Mai", "Nguyễn"),
        ("thi mai", "Thị Mai", "Nguyễn"),
        ("diyarbakir", "Işıl", "Diyarbakır"),
        ("ISIL", "Işıl", "Diyarbakır"),
        ("istanbul", "Ali", "İstanbul"),
    ],
)
def test_a_name_is_found_however_it_is_written(typed, first, last):
    assert finds(typed, first, last)


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("ecka", "Anna", "Łęcka"),
        ("anna b", "Anna", "Łęcka"),
        ("annalecka", "Ann", "Lee"),
        ("   ", "Anna", "Łęcka"),
        ("", "Anna", "Łęcka"),
        ("....", "Anna", "Łęcka"),
        ("\u200f\u202e", "Anna", "Łęcka"),
        ("🙂", "Anna", "Łęcka"),
        ("🙂", "Anna", "Slight"),
        ("\x00", "Anna", "Łęcka"),
        ("a" * 100_000, "Anna", "Łęcka"),
        ("%", "Anna", "Łęcka"),
        ("_nna", "Anna", "Łęcka"),
    ],
)
def test_what_is_no_beginning_of_her_name_finds_nobody(typed, first, last):
    assert not finds(typed, first, last)


def test_her_preferred_name_finds_her_too():
    assert finds("shiv obr", "Siobhán", "O'Brien", "Shiv")


@pytest.mark.parametrize(
    ("typed", "phone", "national", "found"),
    [
        ("(512) 555-0123", "+15125550123", "5125550123", True),
        ("+1 512 555 0123", "+15125550123", "5125550123", True),
        ("1-512-555", "+15125550123", "5125550123", True),
        ("512555", "+15125550123", "5125550123", True),
        ("555 01", "+15125550123", "5125550123", True),
        ("0123", "+15125550123", "5125550123", True),
        ("50123", "+15125550123", "5125550123", True),
        ("00151 0123", "+15125550123", "5125550123", False),
        ("9999", "+15125550123", "5125550123", False),
        ("0151 2345 6789", "+4915123456789", "15123456789", True),
        ("0049 151 2345", "+4915123456789", "15123456789", True),
        ("+49 (0)151 2345", "+4915123456789", "15123456789", True),
        ("6789", "+4915123456789", "15123456789", True),
        ("٠١٢٣", "+15125550123", "5125550123", True),
    ],
)
def test_a_phone_is_found_with_its_prefix_without_and_by_its_end(typed, phone, national, found):
    keys = phone_keys(phone, national)
    ways = digit_keys(read_digits(typed))
    assert any(key.startswith(way) for key in keys for way in ways) is found


def test_no_key_is_longer_than_its_column_and_no_search_has_more_words_than_are_looked_up():
    long = "ß" * 80
    keys = name_keys(long, f"{long} {long}", "x" * 80) | phone_keys("+" + "1" * 60, "1" * 59)
    assert max(map(len, keys)) == LONGEST
    words = word_keys(" ".join(f"word{n}" for n in range(50)))
    assert len(words) == MOST_WORDS
    assert {len(way) <= LONGEST for ways in word_keys("y" * 100_000) for way in ways} == {True}


def test_words_that_say_the_same_are_looked_up_once():
    assert word_keys("Lee lee LEE mia") == [["lee"], ["mia"]]


@pytest.mark.parametrize("typed", ["lee 3/14/1991", "3/14/1991 Lee", "Lee Mar 14, 1991"])
def test_a_birth_date_stands_beside_a_name(typed):
    read = read_search(typed)
    assert (read.kind, read.name, str(read.birth_date)) == (
        "name",
        typed.split()[0 if typed.lower().startswith("l") else -1],
        "1991-03-14",
    )


@pytest.mark.parametrize("typed", ["x" * 100_000, "\x00", "  ", "1" * 100_000, "\u202e" * 9])
def test_any_text_can_be_read(typed):
    read_search(typed)
