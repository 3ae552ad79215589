"""A file as another system wrote it: its encoding, its separator, its rows."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from clinic.rules import spreadsheet_safe

MOST_BYTES = 20_000_000
MOST_ROWS = 100_000
MOST_COLUMNS = 100
MOST_CELL = 5_000
# A text in quotation marks may go over so many lines before the marks are taken for a slip.
MOST_LINES = 50
# Empty lines and those inside of texts counted.
MOST_LINES_IN_ALL = 1_000_000
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
AS_CSV = "Open it in the program it comes from and save it as CSV."
NO_TEXT = f"This is not a text file. {AS_CSV}"
# How files begin that are called CSV and are something else.
SIGNS = (
    (b"%PDF", "This is a PDF, not a table."),
    (b"PK\x03\x04", "This is an Excel workbook or a ZIP file, not CSV."),
    (b"\xd0\xcf\x11\xe0", "This is an old Excel workbook, not CSV."),
    (b"\x89PNG", "This is a picture, not a table."),
    (b"\xff\xd8\xff", "This is a picture, not a table."),
    (b"\x1f\x8b", "This is a compressed file, not CSV."),
)
UNMATCHED = "The quotation marks in this row do not match."
TOO_LONG = f"A cell of this row has over {MOST_CELL:,} characters."
TOO_MANY_LINES = (
    f"The file has over {MOST_LINES_IN_ALL:,} lines. Take the empty ones out, or divide it into "
    "several files, each with the column names."
)
# How a line ends, as far as quotation marks go.
OPEN, CLOSED, BROKEN = "open", "closed", "broken"
CONTROLS = frozenset(range(32)) - {9, 10, 11, 12, 13}


class NotReadable(Exception):
    """A whole file that cannot be imported; says why in one sentence, and what would work."""


@dataclass(frozen=True, repr=False)
class FileGiven:
    """A file as it was given; two are told apart by their digests, also where they are printed.

    `prepared` does what takes seconds with a large one: before the act, which holds a lock.
    """

    name: str
    content: bytes

    @cached_property
    def digest(self) -> str:
        """What no other content has."""
        return hashlib.sha256(self.content).hexdigest()

    @cached_property
    def sheet(self) -> Sheet | str:
        """The file taken apart, once; or the sentence that says why it cannot be."""
        try:
            return read_sheet(self.content)
        except NotReadable as no:
            return str(no)

    @cached_property
    def packed(self) -> bytes:
        """The file as it is kept."""
        return zlib.compress(self.content, 6)

    def prepared(self) -> FileGiven:
        """The same file, taken apart and packed."""
        if not isinstance(self.sheet, str):
            self.packed  # noqa: B018 - kept for the act
        return self

    def __repr__(self) -> str:
        return f"{self.name} {self.digest}"


@dataclass(frozen=True)
class Line:
    """One row: where it begins in the file, its cells, and why it cannot be taken apart."""

    number: int
    cells: list[str]
    fault: str = ""


@dataclass(frozen=True)
class Sheet:
    """A file taken apart. `heads` are the names of its columns, as they stand."""

    encoding: str
    separator: str
    heads: list[str]
    lines: list[Line]

    @property
    def says(self) -> str:
        """How the file was read, in words."""
        return f"Read as {self.encoding}, separated by {SEPARATORS[self.separator]}."


def same_names(heads: Sequence[str]) -> list[str]:
    """The names that more than one column has, as the first of them is written."""
    first: dict[str, str] = {}
    count = Counter(head.casefold() for head in heads if head)
    for head in heads:
        first.setdefault(head.casefold(), head)
    return [first[key] for key, times in count.items() if times > 1]


def read_sheet(content: bytes) -> Sheet:
    """Take a file apart; what is wrong with a single row stands in that row.

    Raises NotReadable where the whole file is no table, or larger than one import may be.
    """
    text, encoding = _decode(content)
    separator = _separator(text)
    records = _records(text, separator)
    try:
        first = next(records)
    except StopIteration:
        raise NotReadable("The file is empty. Export it again, with its column names.") from None
    heads = [unguarded(one.strip()) for one in first.cells]
    if first.fault or len(heads) < 2:
        raise NotReadable(
            "The first line does not name two columns or more. The columns need their names in "
            "the first line, separated by commas, semicolons, tabs or vertical bars."
        )
    if len(heads) > MOST_COLUMNS:
        raise NotReadable(f"The file has {len(heads)} columns; an import takes {MOST_COLUMNS}.")
    lines = [_judged(line, len(heads)) for line in islice(records, MOST_ROWS)]
    if next(records, None) is not None:
        raise NotReadable(
            f"The file has over {MOST_ROWS:,} rows; an import takes {MOST_ROWS:,}. "
            "Divide it into several files, each with the column names."
        )
    if not lines:
        raise NotReadable("The file has column names and no rows. Export it again.")
    return Sheet(encoding, separator, heads, lines)


def unguarded(text: str) -> str:
    """A cell without the mark by which our own files keep a spreadsheet from running it."""
    bare = text[1:]
    return bare if text.startswith("'") and spreadsheet_safe(bare) == text else text


def _decode(content: bytes) -> tuple[str, str]:
    if len(content) > MOST_BYTES:
        raise NotReadable(
            f"The file has {len(content) / 1e6:,.1f} MB; an import takes "
            f"{MOST_BYTES // 1_000_000}. Divide it into several files."
        )
    if not content.strip(b"\x00 \t\r\n\xef\xbb\xbf\xfe\xff"):
        raise NotReadable("The file is empty. Export it again, with its column names.")
    for sign, says in SIGNS:
        if content.startswith(sign):
            raise NotReadable(f"{says} {AS_CSV}")
    if content[:200].lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith((b"<!doctype", b"<html")):
        raise NotReadable(f"This is a web page, not CSV. {AS_CSV}")
    text, encoding = _as_text(content)
    if _is_binary(text):
        raise NotReadable(NO_TEXT)
    return text.removeprefix("\ufeff"), encoding


def _is_binary(text: str) -> bool:
    """Whether it was never a text. A NUL in one cell is that row's fault, not the file's."""
    sample = text[:20_000]
    return sum(ord(c) in CONTROLS for c in sample) > max(10, len(sample) // 50)


def _as_text(content: bytes) -> tuple[str, str]:
    try:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return content.decode("utf-16"), "UTF-16"
        even, odd = content[:2000:2].count(0), content[1:2000:2].count(0)
        half = min(len(content), 2000) // 2
        if odd > half * 0.6 and even < half * 0.2:
            return content.decode("utf-16-le"), "UTF-16"
        if even > half * 0.6 and odd < half * 0.2:
            return content.decode("utf-16-be"), "UTF-16"
    except UnicodeDecodeError as error:
        raise NotReadable(f"The file breaks off in the middle of a character. {AS_CSV}") from error
    try:
        return content.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        try:
            return content.decode("cp1252"), "Windows-1252"
        except UnicodeDecodeError as error:
            if _is_binary(content.decode("latin-1")):
                raise NotReadable(NO_TEXT) from error
            raise NotReadable(
                "The letters of this file cannot be read. Save it as CSV in UTF-8."
            ) from error


def _separator(text: str) -> str:
    """The separator by which most of the first rows have as many cells as the first."""
    start = [line for line in text[:50_000].splitlines() if line.strip()][:30]

    def score(separator: str) -> tuple[float, int]:
        widths = [len(cells) for cells in csv.reader(start, delimiter=separator)]
        if not widths or widths[0] < 2:
            return (0.0, 0)
        return (sum(width == widths[0] for width in widths) / len(widths), widths[0])

    return max(SEPARATORS, key=score)


def _records(text: str, separator: str) -> Iterator[Line]:
    """The rows in order, without the empty ones. One that cannot be read costs only its line."""
    lines = _Lines(text, separator)
    at = 0
    while at < len(lines.texts):
        line, taken = lines.record(at)
        at += taken
        if line.fault or any(cell.strip() for cell in line.cells):
            yield line


class _Lines:
    """The lines of a file, each looked into once, or twice where texts go over several."""

    def __init__(self, text: str, separator: str) -> None:
        if text.count("\n") + text.count("\r") > 2 * MOST_LINES_IN_ALL:
            raise NotReadable(TOO_MANY_LINES)
        self.texts = list(io.StringIO(text, newline=""))
        if len(self.texts) > MOST_LINES_IN_ALL:
            raise NotReadable(TOO_MANY_LINES)
        self.separator = separator
        # Where a line begins inside of quotation marks: how it ends.
        self._inside: dict[int, str] = {}

    def record(self, at: int) -> tuple[Line, int]:
        """The row that begins in this line, and how many lines it takes."""
        text = self.texts[at]
        if '"' not in text:
            return Line(at + 1, text.rstrip("\r\n").split(self.separator)), 1
        ends, last = self._end(text), at
        while ends == OPEN and last + 1 < len(self.texts) and last - at + 1 < MOST_LINES:
            last += 1
            if last not in self._inside:
                # As if it had the mark with which the text before it began.
                self._inside[last] = self._end('"' + self.texts[last])
            ends = self._inside[last]
        if ends != CLOSED:
            return Line(at + 1, [text.rstrip("\r\n")[:MOST_CELL]], UNMATCHED), 1
        taken = self.texts[at : last + 1]
        try:
            cells = next(csv.reader(taken, delimiter=self.separator, strict=True))
        except csv.Error:  # the one fault that only shows in the whole: what stands in a cell
            return Line(at + 1, [text.rstrip("\r\n")[:MOST_CELL]], TOO_LONG), len(taken)
        return Line(at + 1, cells), len(taken)

    def _end(self, text: str) -> str:
        """Whether quotation marks are open at the end of a line, closed, or do not match."""
        try:
            next(csv.reader([text], delimiter=self.separator, strict=True))
        except csv.Error as error:
            said = str(error)
            if "unexpected end" in said:
                return OPEN
            return CLOSED if "field limit" in said else BROKEN
        return CLOSED


def _judged(line: Line, width: int) -> Line:
    if line.fault:
        return line
    cells = [unguarded(cell.strip(" \t")) for cell in line.cells]
    if any(cells[width:]):
        says = f"This row has {len(cells)} cells, and there are {width} columns."
        return Line(line.number, cells, f"{says} Perhaps a separator stands inside a text.")
    if any(len(cell) > MOST_CELL for cell in cells):
        cut = [cell[:MOST_CELL] for cell in cells[:width]]
        return Line(line.number, cut, TOO_LONG)
    return Line(line.number, (cells + [""] * width)[:width])
