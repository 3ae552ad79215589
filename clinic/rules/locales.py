"""How a clinic writes dates and times: the ways there are, and the one in use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True)
class Locale:
    """One way to write them: its code, an example for people, and the tag that a browser knows."""

    code: str
    name: str
    tag: str
    day_first: bool = False
    hours_24: bool = False


LOCALES = {
    one.code: one
    for one in (
        Locale("en-US", "Tue, Nov 24, 2026, 2:30 PM", "en-US"),
        Locale("en-US-x-24", "Tue, Nov 24, 2026, 14:30", "en-US-u-hc-h23", hours_24=True),
        Locale("en-GB", "Tue, 24 Nov 2026, 14:30", "en-GB", day_first=True, hours_24=True),
    )
}
USUAL = "en-US"
# Of the page or the message that is being written: what is said on it hangs on this, and how what
# is typed into it is read. No decision does, nor how a file is read.
_in_use: ContextVar[Locale] = ContextVar("locale", default=LOCALES[USUAL])


def locale() -> Locale:
    """The way in use."""
    return _in_use.get()


def write_as(code: str) -> None:
    """From here on, to the end of the block of `written_as` in which one is."""
    _in_use.set(LOCALES[code])


@contextmanager
def written_as(code: str) -> Iterator[None]:
    """Let every date and time inside be written, and read, in the way of that code."""
    before = _in_use.set(LOCALES[code])
    try:
        yield
    finally:
        _in_use.reset(before)


def each_written_as(code: str, rows: Iterable[Row]) -> Iterator[Row]:
    """Rows that are put together one by one, long after the page that asked for them ended."""
    left = iter(rows)
    while True:
        with written_as(code):
            try:
                row = next(left)
            except StopIteration:
                return
        yield row
