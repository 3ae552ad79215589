"""How far a backup or a restore has come, for whoever waits at the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Tell = Callable[[str], None]
T = TypeVar("T")
EVERY = 50_000


class Progress:
    """Tells how many of the rows are done, now and then and at the end."""

    def __init__(self, tell: Tell, total: int) -> None:
        self._tell, self._total, self._done = tell, total, 0

    def along(self, rows: Iterable[T]) -> Iterator[T]:
        """The same rows, counted as they pass."""
        for row in rows:
            yield row
            self._done += 1
            if self._done % EVERY == 0:
                self.end()

    def end(self) -> None:
        """Tell where it stands."""
        self._tell(f"  {self._done:,} of {self._total:,} rows")
