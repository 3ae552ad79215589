"""What a parser read, before anyone asks whether it is complete and believable."""

from dataclasses import dataclass

from treatments.rules.intake.dates import PrintedDate
from treatments.rules.intake.faults import SENTENCES, Fault
from treatments.rules.intake.verdict import Caution, Scheme


@dataclass(frozen=True, slots=True)
class Reading:
    """The fields of one code. Each is well formed by itself or None."""

    scheme: Scheme
    di: str
    lot: str | None = None
    expiry: PrintedDate | None = None
    made: PrintedDate | None = None
    serial: str | None = None
    warnings: tuple[Caution, ...] = ()

    @property
    def names_product_only(self) -> bool:
        return (self.lot, self.expiry, self.made, self.serial) == (None, None, None, None)


class Unreadable(Exception):
    """Raised by the parsers of this package, and caught by `read_scan` alone."""

    def __init__(self, fault: Fault, *, reading: Reading | None = None, **detail: object) -> None:
        super().__init__(fault)
        self.fault = fault
        self.reading = reading
        said = SENTENCES[fault]
        self.what = said.what.format(**detail)
        self.sentence = f"{self.what} {said.way_out}"
