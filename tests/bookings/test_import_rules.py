"""How a file is read: its encoding, separator and rows, its columns, dates and people."""

from __future__ import annotations

import csv
import datetime as dt
import io
from time import monotonic
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookings.rules.importing import (
    APPOINTMENTS,
    MOST_ROWS,
    PATIENTS,
    PRESETS,
    NotReadable,
    Wrong,
    best_preset,
    guess,
    guess_order,
    mapping_fault,
    phone_of,
    preset_columns,
    read_day,
    read_person,
    read_sheet,
    read_visit,
    reading,
    same_names,
    unguarded,
)
from bookings.rules.importing.reading import MOST_LINES, _records
from clinic.rules import LOCALES, spreadsheet_safe, written_as

TODAY = dt.date(2026, 11, 24)
AT = dt.datetime(2026, 11, 24, 15, tzinfo=dt.UTC)
CHICAGO = ZoneInfo("America/Chicago")
TEXT = 'Name,Born\r\n"Łęcka, Sió",3/4/1990\r\n'


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        pytest.param(TEXT.encode(), "UTF-8", id="utf-8"),
        pytest.param(TEXT.encode("utf-8-sig"), "UTF-8", id="with a BOM"),
        pytest.param(TEXT.encode("utf-16"), "UTF-16", id="utf-16"),
        pytest.param(TEXT.encode("utf-16-le"), "UTF-16", id="utf-16 without a BOM"),
        pytest.param(TEXT.encode("utf-16-be"), "UTF-16", id="the other way round"),
    ],
)
def test_the_encoding_is_recognized(content: bytes, encoding: str) -> None:
    sheet = read_sheet(content)
    assert (sheet.encoding, sheet.heads) == (encoding, ["Name", "Born"])
    assert [line.cells for line in sheet.lines] == [["Łęcka, Sió", "3/4/1990"]]


def test_windows_1252_is_read_as_windows_writes_it() -> None:
    sheet = read_sheet("Name;Born\nO’Brien–Müller;3/4/1990\n".encode("cp1252"))
    assert sheet.says == "Read as Windows-1252, separated by semicolons."
    assert sheet.lines[0].cells[0] == "O’Brien–Müller"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_recognized(separator: str) -> None:
    rows = [["Name", "Born", "Address"], ["Lee, Mia", "3/4/1990", "1; Main | St"]]
    text = "\n".join(separator.join(f'"{cell}"' for cell in row) for row in rows)
    sheet = read_sheet(text.encode())
    assert sheet.separator == separator
    assert sheet.lines[0].cells == rows[1]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"", "The file is empty.", id="empty"),
        pytest.param(b"\xef\xbb\xbf \r\n", "The file is empty.", id="a mark and nothing else"),
        pytest.param(b"Name,Born\n\n", "The file has column names and no rows.", id="no rows"),
        pytest.param(b"Name\nMia\n", "The first line does not name two columns", id="one column"),
        pytest.param(b"%PDF-1.7\n1 0 obj", "This is a PDF, not a table.", id="pdf"),
        pytest.param(b"PK\x03\x04\x14\x00", "This is an Excel workbook or a ZIP", id="xlsx"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1", "This is an old Excel workbook", id="xls"),
        pytest.param(b"<!DOCTYPE html><p>a,b", "This is a web page, not CSV.", id="html"),
        pytest.param(bytes(range(256)) * 4, "This is not a text file.", id="binary"),
        pytest.param(b"a,b\n\x81\x8d,x\n", "The letters of this file cannot be read.", id="bytes"),
        pytest.param(b"\xff\xfea\x00,\x00b", "The file breaks off in the middle", id="half"),
        pytest.param(b"x" * 20_000_001, "The file has 20.0 MB; an import takes 20.", id="huge"),
        pytest.param(b",".join([b"a"] * 101) + b"\n1", "The file has 101 columns", id="wide"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(content: bytes, says: str) -> None:
    with pytest.raises(NotReadable) as no:
        read_sheet(content)
    assert str(no.value).startswith(says)
    assert str(no.value).endswith(".")


def test_two_hundred_thousand_rows_are_too_many_and_said_to_be() -> None:
    with pytest.raises(NotReadable, match=f"has over {MOST_ROWS:,} rows; an import takes"):
        read_sheet(b"a,b\n" + b"1,2\n" * 200_000)
    assert len(read_sheet(b"a,b\n" + b"1,2\n" * MOST_ROWS).lines) == MOST_ROWS


@pytest.mark.parametrize(
    ("row", "cells", "fault"),
    [
        ('"Mia ""Mimi"" Lee",x', ['Mia "Mimi" Lee', "x"], ""),
        ('Mia "Mimi" Lee,x', ['Mia "Mimi" Lee', "x"], ""),
        ('"1 Main\nApt 3",x', ["1 Main\nApt 3", "x"], ""),
        ('"Mia "Mimi" Lee",x', None, "The quotation marks in this row do not match."),
        ('"never closed,x', None, "The quotation marks in this row do not match."),
        ("a,b,c", ["a", "b", "c"], "This row has 3 cells, and there are 2 columns."),
        ("a,b,,", ["a", "b"], ""),
        ("a", ["a", ""], ""),
    ],
)
def test_a_row_that_cannot_be_taken_apart_costs_no_other(
    row: str, cells: list[str] | None, fault: str
) -> None:
    sheet = read_sheet(f"Name,Born\n{row}\nIda,3/4/1990\n".encode())
    first, *_rest, last = sheet.lines
    assert first.fault.startswith(fault)
    assert bool(first.fault) is bool(fault)
    assert cells is None or first.cells == cells
    assert last.cells == ["Ida", "3/4/1990"]


def _as_csv_says(lines: list[str], at: int) -> tuple[list[str] | None, int]:
    """The row by trying ever more lines, as the library reads them: slow, and sure."""
    for taken in range(1, min(MOST_LINES, len(lines) - at) + 1):
        try:
            return next(csv.reader(lines[at : at + taken], strict=True)), taken
        except csv.Error as error:
            if "unexpected end" not in str(error):
                break
    return None, 1


@given(st.lists(st.text(alphabet='ab",\n', max_size=12), max_size=12))
def test_rows_are_taken_apart_as_the_library_takes_them(parts: list[str]) -> None:
    text = "\n".join(parts) + "\n"
    lines, at, wanted = list(io.StringIO(text, newline="")), 0, []
    while at < len(lines):
        cells, taken = _as_csv_says(lines, at)
        at += taken
        if cells is None or any(cell.strip() for cell in cells):
            wanted.append(cells)
    found = [None if line.fault else line.cells for line in _records(text, ",")]
    assert found == wanted


@pytest.mark.rule("P33")
def test_marks_that_never_match_cost_each_line_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []

    def counted(lines: list[str], **given: Any) -> Any:
        read.extend(lines)
        return csv.reader(lines, **given)

    monkeypatch.setattr(reading, "csv", SimpleNamespace(reader=counted, Error=csv.Error))
    sheet = read_sheet(b"a,b\n" + b'b",x,"y\n' * 5_000)
    assert {line.fault for line in sheet.lines} == {"The quotation marks in this row do not match."}
    assert len(read) < 3 * 5_000


def test_a_file_of_endless_lines_is_refused() -> None:
    with pytest.raises(NotReadable, match="over 1,000,000 lines"):
        read_sheet(b"a,b\n1,2\n" + b"\n" * 1_000_001)


def test_a_text_over_many_lines_that_is_too_long_is_one_row() -> None:
    long = "\n".join(["x" * 4_000] * 40)
    first, last = read_sheet(f'a,b\n"{long}",1\n2,3\n'.encode()).lines
    assert first.fault == "A cell of this row has over 5,000 characters."
    assert last.cells == ["2", "3"]


@pytest.mark.rule("P33")
@pytest.mark.parametrize("tail", ["T", "T ", " ", "1:", "T1:00", " 1:00 a", "/1"])
def test_a_date_with_an_endless_tail_is_none_at_once(tail: str) -> None:
    cell = "1/1/2000" + tail * (5_000 // len(tail))
    began = monotonic()
    for _ in range(20):
        assert read_day(cell, "mdy", latest=TODAY) != dt.date(1999, 1, 1)
    assert monotonic() - began < 0.5


@pytest.mark.rule("P37")
@given(st.text(max_size=20))
def test_our_own_files_come_back_as_they_were(text: str) -> None:
    assert unguarded(spreadsheet_safe(text)) == text or text.startswith("'")


def test_two_columns_of_one_name_are_told() -> None:
    assert same_names(["Phone", "Name", "phone", ""]) == ["Phone"]
    assert guess(PATIENTS, ["Phone", "Name", "phone"]) == ["phone", "full_name", ""]


@pytest.mark.parametrize("kind", [PATIENTS, APPOINTMENTS])
def test_each_shape_is_known_by_its_columns_and_complete(kind: str) -> None:
    for name, (_label, columns) in PRESETS[kind].items():
        heads = [*columns, "Something else"]
        assert best_preset(kind, heads) == name
        assert preset_columns(kind, name, heads) == [*columns.values(), ""]
        assert mapping_fault(kind, preset_columns(kind, name, heads)) is None
    assert best_preset(kind, ["a", "b"]) == ""


@pytest.mark.parametrize(
    ("kind", "columns", "says", "beside"),
    [
        (PATIENTS, ["phone", "", "phone"], "Phone is chosen for two columns.", 2),
        (PATIENTS, ["first_name", "birth_date"], "Choose the columns of the first and the", None),
        (PATIENTS, ["full_name", "phone"], "Choose the column of the birth date", None),
        (PATIENTS, ["full_name", "birth_date"], "Choose a column by which patients are", None),
        (APPOINTMENTS, ["full_name", "starts", "service"], "Choose a column that says who", None),
        (APPOINTMENTS, ["outside", "day", "service"], "Choose the columns of the date and", None),
        (APPOINTMENTS, ["outside", "starts"], "Choose the column of the service.", None),
        (APPOINTMENTS, ["outside", "day", "starts", "service"], "A visit starts by “Date”", 2),
        (APPOINTMENTS, ["outside", "starts", "time", "service"], "A visit starts by “Date”", 1),
        # Two faults at once: what is said first stands where it belongs.
        (APPOINTMENTS, ["outside", "day", "day", "starts", "service"], "Date is chosen for two", 2),
        (APPOINTMENTS, ["starts", "day", "service"], "Choose a column that says who comes", None),
    ],
)
def test_columns_that_do_not_do_are_refused(
    kind: str, columns: list[str], says: str, beside: int | None
) -> None:
    fault = mapping_fault(kind, columns)
    assert fault is not None
    assert fault.says.startswith(says)
    assert fault.at == beside


@pytest.mark.parametrize(
    ("heads", "cells", "means"),
    [
        (["Date", "Start"], ["11/24/2026", "3:00 PM"], ["day", "time"]),
        (["Date", "Start"], ["", ""], ["day", "time"]),
        (["Start", "Date"], ["15:00:00", "2026-11-24"], ["time", "day"]),
        (["Date", "Start"], ["2026-11-24", "15:00:00.000"], ["day", "time"]),
        (["Date", "Start"], ["2026-11-24", "15:00:00.0000000"], ["day", "time"]),
        (["Date", "Start"], ["2026-11-24", " 3:00:00.000 PM"], ["day", "time"]),
        (["Date", "Start"], ["2026-11-24", "2026-11-24 15:00:00.000"], ["", "starts"]),
        (["Date", "Start"], ["11/24/2026", "11/24/2026 3:00 PM"], ["", "starts"]),
        (["Date", "Time", "Start"], ["11/24/2026", "3 PM", "3 PM"], ["day", "time", ""]),
        (["Start", "Time"], ["11/24/2026", "3:00 PM"], ["day", "time"]),
        (["Start", "Time"], ["2026-11-24T15:00", "45"], ["starts", ""]),
        (["Date", "Start time"], ["11/24/2026", "3 PM"], ["day", "time"]),
        (["Start"], ["3:00 PM"], ["starts"]),
    ],
)
def test_a_start_beside_a_date_is_what_stands_in_it(
    heads: list[str], cells: list[str], means: list[str]
) -> None:
    samples = [[one] for one in cells]
    assert guess(APPOINTMENTS, heads, samples) == means
    assert preset_columns(APPOINTMENTS, "jane", heads, samples) == means


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("3/4/1990", "mdy", dt.date(1990, 3, 4)),
        ("3/4/1990", "dmy", dt.date(1990, 4, 3)),
        ("03.04.1990", "dmy", dt.date(1990, 4, 3)),
        ("1990-03-04", "mdy", dt.date(1990, 3, 4)),
        ("1990/3/4", "ymd", dt.date(1990, 3, 4)),
        ("3/4/90", "mdy", dt.date(1990, 3, 4)),
        ("3/4/25", "mdy", dt.date(2025, 3, 4)),
        ("12/4/26", "mdy", dt.date(1926, 12, 4)),
        ("1990-03-04T00:00:00", "ymd", dt.date(1990, 3, 4)),
        ("3/4/1990 12:00:00 AM", "mdy", dt.date(1990, 3, 4)),
        ("Mar 4, 1990", "dmy", dt.date(1990, 3, 4)),
        ("2/29/1992", "mdy", dt.date(1992, 2, 29)),
    ],
)
def test_dates_are_read_in_the_chosen_order(text: str, order: str, day: dt.date) -> None:
    assert read_day(text, order, latest=TODAY) == day


@pytest.mark.parametrize(
    ("text", "order", "says"),
    [
        ("2/31/1990", "mdy", "“2/31/1990” is not a date: February 1990 has no day 31."),
        ("2/29/1990", "mdy", "“2/29/1990” is not a date: February 1990 has no day 29."),
        ("14/3/1990", "mdy", "in the order that was chosen: no month is 14."),
        ("3/14/190", "mdy", "in the order that was chosen."),
        ("0000-01-01", "ymd", "is not a date: January 0 has no day 1."),
        ("soon", "mdy", "“soon” is not a date."),
        ("", "mdy", "“” is not a date."),
        ("٣/٤/١٩٩٠", "mdy", "is not a date."),
    ],
)
def test_what_is_no_date_is_said_to_be_none(text: str, order: str, says: str) -> None:
    found = read_day(text, order, latest=TODAY)
    assert isinstance(found, str)
    assert says in found


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["3/14/1990", "4/5/1991"], "mdy"),
        (["14/3/1990", "5/4/1991"], "dmy"),
        (["1990-03-14"], "ymd"),
        (["Mia", ""], "mdy"),
    ],
)
def test_the_order_of_dates_is_proposed_from_what_stands_there(
    cells: list[str], order: str
) -> None:
    assert guess_order(cells, day_first=False) == order


def test_where_nothing_says_more_dates_are_proposed_as_it_is_told() -> None:
    assert guess_order(["3/4/1990", "5/4/1991"], day_first=True) == "dmy"
    assert guess_order(["3/14/1990", "5/4/1991"], day_first=True) == "mdy"


@pytest.mark.rule("P4")
@pytest.mark.parametrize("way", LOCALES)
@pytest.mark.parametrize(
    "cells",
    [
        {"day": "12/1/2026", "time": "1:30"},
        {"day": "Dec 1, 2026", "time": "130"},
        {"starts": "12/1/2026 1:30"},
        {"starts": "2026-12-01T13:30:00.000"},
    ],
)
def test_a_file_says_the_same_whatever_its_clinic_likes_to_see(
    cells: dict[str, str], way: str
) -> None:
    with written_as(way):
        visit = read_visit({"service": "Face", **cells}, order="mdy", zone=CHICAGO, at=AT)
        dates = [read_day("3/4/1990", order, latest=TODAY) for order in ("mdy", "dmy")]
        order = guess_order(["3/4/1990"], day_first=False)
    assert visit.starts_at == dt.datetime(2026, 12, 1, 19, 30, tzinfo=dt.UTC)
    assert dates == [dt.date(1990, 3, 4), dt.date(1990, 4, 3)]
    assert order == "mdy"


def test_a_person_is_read_as_the_desk_would_type_her() -> None:
    cells = {
        "full_name": "O'Brien-Łęcka, Siobhán",
        "birth_date": "3/3/1991",
        "phone": "n/a",
        "other_phone": "(512) 555-0123",
        "sex_at_birth": "F",
        "address": "1 Main St",
        "city": "Austin",
        "state": "TX",
        "postal_code": "78701",
    }
    assert read_person(cells, order="mdy", today=TODAY) == {
        "first_name": "Siobhán",
        "last_name": "O'Brien-Łęcka",
        "preferred_name": "",
        "birth_date": "1991-03-03",
        "sex_at_birth": "female",
        "phone": "+15125550123",
        "email": "",
        "address": "1 Main St, Austin, TX 78701",
        "emergency_contact": "",
        "language": "English",
    }


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ({"full_name": "Mia"}, "The first or the last name is missing."),
        ({"full_name": "Mia Lee"}, "The birth date is missing."),
        ({"full_name": "Mia Lee", "birth_date": "x"}, "“x” is not a date."),
        (
            {"full_name": "Mia Lee", "birth_date": "3/3/1991", "phone": "12"},
            "“12” is not a phone number.",
        ),
        ({"full_name": "Mia\x00 Lee"}, "The text has a NUL character in it."),
        ({"full_name": "\u200b \u200b"}, "The text has only spaces or signs"),
    ],
)
def test_a_person_that_cannot_be_read_is_said_why(cells: dict[str, str], says: str) -> None:
    with pytest.raises(Wrong) as no:
        read_person(cells, order="mdy", today=TODAY)
    assert str(no.value).startswith(says)


@pytest.mark.parametrize(
    ("cells", "starts"),
    [
        ({"day": "12/1/2026", "time": "2:30 PM"}, (2026, 12, 1, 20, 30)),
        ({"day": "12/1/26", "time": "14:30"}, (2026, 12, 1, 20, 30)),
        ({"day": "12/1/26", "time": "14:30:00.0000000"}, (2026, 12, 1, 20, 30)),
        ({"day": "12/1/26", "time": "2:30:00.000 PM"}, (2026, 12, 1, 20, 30)),
        ({"day": "12/1/26", "time": "9.30"}, (2026, 12, 1, 15, 30)),
        ({"starts": "2026-12-01 14:30"}, (2026, 12, 1, 20, 30)),
        ({"starts": "2026-12-01 14:30:00.000"}, (2026, 12, 1, 20, 30)),
        ({"starts": "2026-12-01T14:30:00"}, (2026, 12, 1, 20, 30)),
        ({"starts": "12/1/2026 2:30 PM"}, (2026, 12, 1, 20, 30)),
        ({"starts": "Dec 1, 2026 2:30 pm"}, (2026, 12, 1, 20, 30)),
    ],
)
def test_a_visit_starts_by_the_clinics_wall_clock(
    cells: dict[str, str], starts: tuple[int, ...]
) -> None:
    visit = read_visit({"service": "Face", **cells}, order="mdy", zone=CHICAGO, at=AT)
    year, month, day, hour, minute = starts
    assert visit.starts_at == dt.datetime(year, month, day, hour, minute, tzinfo=dt.UTC)


@pytest.mark.rule("P5")
@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ({"day": "3/14/2027", "time": "2:30 AM"}, "There is no Sun, Mar 14, 2027, 2:30 AM"),
        ({"day": "11/7/2027", "time": "1:30 AM"}, "Sun, Nov 7, 2027, 1:30 AM comes twice"),
        ({"day": "12/1/2026", "time": "25:00"}, "“25:00” is not a time."),
        ({"day": "12/1/2026"}, "The time is missing."),
        ({"time": "9:00"}, "The date is missing."),
        ({"day": "12/1/2026", "time": "9", "status": "Cancelled"}, "The other system calls it"),
        ({"day": "12/1/2026", "time": "9", "service": ""}, "The service is missing."),
    ],
)
def test_a_visit_that_cannot_be_read_is_said_why(cells: dict[str, str], says: str) -> None:
    with pytest.raises(Wrong) as no:
        read_visit({"service": "Face", **cells}, order="mdy", zone=CHICAGO, at=AT)
    assert str(no.value).startswith(says)


def test_phone_numbers_are_read_as_from_here() -> None:
    assert phone_of("512.555.0123") == "+15125550123"
    assert phone_of("+44 20 7946 0958") == "+442079460958"
    assert phone_of("call me") is None
    assert phone_of("000") is None
