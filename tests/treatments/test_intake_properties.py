"""What must hold for every text that a scanner, a keyboard or an attacker can send."""

import re
from datetime import date, timedelta
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from treatments.rules.intake import CatalogEntry, Fault, Kind, Level, Precision, Verdict, read_scan
from treatments.rules.intake.dates import day_of_year, printed_date
from treatments.rules.intake.hibc import check_character

TODAY = date(2026, 6, 15)
GS = "\x1d"
CSET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"

# Whole Unicode, lone surrogates included: hypothesis leaves them out unless asked.
anything = st.text(st.characters(exclude_categories=()))
fragments = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *("]d2", "]C1", "]Q3", "]e0", "]J1", "]E0", "]d1", "]", "]\ud800"),
                *("0109521234543213", "0119521234543210", "17280630", "10LOT42A", "2177"),
                *("11260115", "3712", "0209521234543213", "17", "10", "01", "(01)", "(10)", "()"),
                *(GS, "~", "<GS>", " ", "\r\n", "\x00", "%", "%2", "%ED%A0%80", "&", "=", "?"),
                *("https://", "HTTP://[", "/01/", "09521234543213", "/10/", "?17=280630"),
                *("+", "$$", "$", "/14D", "/16D", "$$+", "A999SPCART10/", "3280630", "=/"),
                *("C-000123", "C-", "٣", "³", "é", "\ud800"),
            ]
        ),
        st.text(st.characters(exclude_categories=()), max_size=3),
        st.text("0123456789", max_size=14),
    ),
    max_size=14,
).map("".join)
texts = anything | fragments
days = st.dates() | st.dates(date(2020, 1, 1), date(2040, 1, 1))


def known(di: str) -> CatalogEntry:
    return CatalogEntry(di, "Demo cartridge", Level.UNIT, 1)


def scan(text: str) -> Verdict:
    return read_scan(text, today=TODAY, catalog=known)


@given(texts, days, st.booleans())
@example("]", TODAY, True)
@example("\x00", date.min, True)
@example("+A999SPCART10/$$3280630LOT42AA", date.max, False)
@example("01095212345432131799123110L1", date.max, True)
@example("010952123454321311000100" + "1700010010L1", date.min, True)
def test_no_text_on_no_day_raises_and_each_answer_is_whole(
    text: str, today: date, with_catalog: bool
) -> None:
    verdict = read_scan(text, today=today, catalog=known if with_catalog else None)

    assert len(verdict.raw) <= 200
    assert verdict.sentence.isprintable()
    if verdict.accepted:
        assert (verdict.fault, verdict.sentence) == (None, "")
        assert verdict.di is not None
        assert re.fullmatch(r"[0-9]{14}|[A-Z][0-9A-Z]{4,21}[0-9]", verdict.di, re.ASCII)
        assert verdict.lot
        assert set(verdict.lot) <= set(CSET_82)
        assert set(verdict.serial or "") <= set(CSET_82)
        assert verdict.expires_on is not None
        assert verdict.expiry_precision is not None
        assert 2020 <= verdict.expires_on.year <= today.year + 10
        assert verdict.raw.isascii()
    elif verdict.kind is Kind.UNIT_CODE:
        assert (verdict.fault, verdict.sentence) == (None, "")
        assert re.fullmatch(r"C-[0-9]{6,12}", verdict.unit_code or "", re.ASCII)
    else:
        assert verdict.fault is not None
        assert verdict.sentence
        assert verdict.unit_code is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("7" * 100_000, Fault.TOO_LONG),
        ("\x00" * 100_000, Fault.TOO_LONG),
        ("(01)" * 25_000, Fault.TOO_LONG),
        ("%" * 100_000, Fault.TOO_LONG),
        ("\ud800" * 100_000, Fault.TOO_LONG),
        (" " * 100_000, Fault.EMPTY),
        (f"{GS}~ \r\n" * 20_000, Fault.EMPTY),
    ],
    ids=["digits", "NUL", "brackets", "percent", "surrogates", "blanks", "separators"],
)
@pytest.mark.timeout(5)
def test_a_hundred_thousand_characters_are_refused_at_once(text: str, fault: Fault) -> None:
    verdict = scan(text)

    assert (verdict.kind, verdict.fault) == (Kind.REFUSED, fault)
    assert len(verdict.raw) <= 200


def gtin(body: str) -> str:
    """The 13 digits with their check digit: weights 3, 1, 3, 1…"""
    total = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(body))
    return f"{body}{-total % 10}"


gtins = st.from_regex(r"\A[0-9]{13}\Z").filter(lambda body: body.strip("0") != "").map(gtin)
lots = st.text(CSET_82, min_size=1, max_size=20).filter(lambda lot: "<gs>" not in lot.lower())
expiries = st.dates(date(2020, 1, 1), date(2036, 12, 31))


@given(gtins, lots, expiries, st.none() | lots, st.permutations(["17", "10", "21"]), st.data())
def test_what_a_label_says_is_what_is_read_in_any_order_and_form(
    number: str,
    lot: str,
    expiry: date,
    serial: str | None,
    order: list[str],
    data: st.DataObject,
) -> None:
    values = {"17": f"{expiry:%y%m%d}", "10": lot, "21": serial}
    pairs = [("01", number)] + [(ai, value) for ai in order if (value := values[ai])]
    separator = data.draw(st.sampled_from([GS, "~"]))
    element = separator.join(f"{ai}{value}" for ai, value in pairs)
    path = f"/01/{number}/10/{quote(lot, safe='')}"
    if serial:
        path += f"/21/{quote(serial, safe='')}"
    forms = [
        element,
        f"]d2{element}",
        f"]C1{separator}{element}{separator}\r\n",
        f"https://id.gs1.org{path}?17={expiry:%y%m%d}",
    ]
    if not set("()") & set(lot + (serial or "")):
        forms.append("".join(f"({ai}){value}" for ai, value in pairs))

    for form in forms:
        if len(form) > 200:
            continue
        verdict = scan(form)
        assert verdict.fault is None, (form, verdict.sentence)
        assert (verdict.di, verdict.lot, verdict.expires_on, verdict.serial) == (
            number,
            lot,
            expiry,
            serial,
        )
        assert verdict.expiry_precision is Precision.DAY


@given(gtins, lots, expiries, st.integers(0, 13), st.integers(1, 9))
def test_a_changed_digit_of_the_product_number_is_never_accepted(
    number: str, lot: str, expiry: date, place: int, step: int
) -> None:
    changed = str((int(number[place]) + step) % 10)
    wrong = number[:place] + changed + number[place + 1 :]

    verdict = scan(f"01{wrong}17{expiry:%y%m%d}10{lot}")

    assert verdict.kind is Kind.REFUSED
    assert verdict.fault in (Fault.CHECK_DIGIT, Fault.GTIN_ZERO)


@given(gtins, lots, expiries, st.none() | lots)
def test_a_separator_lost_between_lot_and_expiry_is_never_accepted(
    number: str, lot: str, expiry: date, serial: str | None
) -> None:
    """M6: with the expiry swallowed by the lot there is none left to accept."""
    rest = f"{GS}21{serial}" if serial else ""

    verdict = scan(f"01{number}10{lot}17{expiry:%y%m%d}{rest}")

    assert verdict.kind is Kind.REFUSED
    assert verdict.fault is Fault.SEPARATOR_LOST


@given(gtins, lots, expiries, st.integers(1, 40))
def test_a_code_cut_off_never_gains_an_expiry(
    number: str, lot: str, expiry: date, missing: int
) -> None:
    text = f"01{number}10{lot}{GS}17{expiry:%y%m%d}"

    verdict = scan(text[:-missing])

    assert not verdict.accepted


hibc_values = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-.", min_size=1, max_size=18)
products = st.from_regex(r"\A[A-Z][0-9A-Z]{3}[0-9A-Z]{1,18}[0-9]\Z")


@given(products, hibc_values, expiries, st.none() | hibc_values)
def test_what_a_hibc_label_says_is_what_is_read(
    product: str, lot: str, expiry: date, serial: str | None
) -> None:
    tail = f"/S{serial}" if serial else ""
    parts = [
        f"$$3{expiry:%y%m%d}{lot}",
        f"$$2{expiry:%m%d%y}{lot}",
        f"$$5{expiry:%y%j}{lot}",
        f"$${expiry:%m%y}{lot}",
        f"${lot}/14D{expiry:%Y%m%d}",
    ]

    for part in parts:
        body = f"+{product}/{part}{tail}"
        verdict = scan(body + check_character(body))
        if verdict.fault is Fault.CHECK_CHARACTER_UNSURE:
            continue
        assert (verdict.di, verdict.lot, verdict.serial, verdict.fault) == (
            product,
            lot,
            serial,
            None,
        )
        assert verdict.expires_on is not None
        if verdict.expiry_precision is Precision.DAY:
            assert verdict.expires_on == expiry
        else:
            assert verdict.expires_on.timetuple()[:2] == expiry.timetuple()[:2]
            assert (verdict.expires_on + timedelta(days=1)).day == 1


@given(texts)
def test_the_same_text_on_the_same_day_gets_the_same_answer(text: str) -> None:
    assert scan(text) == scan(text)


def test_the_calendar_ends_without_an_error() -> None:
    """The years 1 and 9999 are dates, 0 and 10000 are not."""
    assert [printed_date(year, 12, 31) is not None for year in (0, 1, 9999, 10000)] == [
        False,
        True,
        True,
        False,
    ]
    assert [day_of_year(year, 365) is not None for year in (0, 1, 9999, 10000)] == [
        False,
        True,
        True,
        False,
    ]
